// SPDX-License-Identifier: Apache-2.0
#include "definition_checks.hpp"

#include "shape.hpp"
#include <millrace/names.hpp>

#include <algorithm>
#include <utility>

namespace millrace::flows::definitions {

std::string child(std::string_view pointer, std::string_view name) {
  std::string result(pointer);
  result += '/';
  for (const char c : name) {
    if (c == '~') {
      result += "~0";
    } else if (c == '/') {
      result += "~1";
    } else {
      result += c;
    }
  }
  return result;
}

std::string child(std::string_view pointer, std::size_t index) {
  return std::string(pointer) + '/' + std::to_string(index);
}

void problem_list::error(std::string pointer, std::string message) {
  has_errors_ = true;
  items_.push_back({problem::severity_type::error, std::move(pointer), std::move(message)});
}

void problem_list::warning(std::string pointer, std::string message) {
  items_.push_back({problem::severity_type::warning, std::move(pointer), std::move(message)});
}

const json::value* object_reader::find(std::string_view key) const noexcept {
  return shape::find(object_, key);
}

bool object_reader::has(std::string_view key) const noexcept {
  return find(key) != nullptr;
}

object_reader object_reader::inside(std::string_view key) {
  return {find(key)->get_object(), pointer(key), problems_};
}

void object_reader::error(std::string_view key, std::string message) {
  problems_.error(pointer(key), std::move(message));
}

void object_reader::warning(std::string_view key, std::string message) {
  problems_.warning(pointer(key), std::move(message));
}

void object_reader::refuse(std::string_view key, std::string_view wanted) {
  const json::value* value = find(key);
  if (value == nullptr) {
    refuse_missing(key, wanted);
    return;
  }
  error(key, std::string(key) + " must be " + std::string(wanted) + ", but is " +
                 shape::describe(*value));
}

/// A missing member is reported at the object that lacks it: the pointer of the member itself would
/// lead nowhere.
void object_reader::refuse_missing(std::string_view key, std::string_view wanted) {
  std::string message = std::string(key) + " is missing; add it as " + std::string(wanted);
  std::vector<std::string_view> present;
  for (const auto& member : object_) {
    present.emplace_back(member.key());
  }
  if (const auto near = nearest_name(key, present)) {
    message += " (there is a member " + shape::quoted(*near) + ", which may be meant as this)";
  }
  problems_.error(pointer_, std::move(message));
}

std::optional<std::string> object_reader::read_text(std::string_view key, bool required,
                                                    bool nonempty) {
  const json::value* value = find(key);
  if (value == nullptr && !required) {
    return std::nullopt;
  }
  if (value == nullptr || !value->is_string() || (nonempty && value->get_string().empty())) {
    refuse(key, nonempty ? "a text that is not empty" : "a text");
    return std::nullopt;
  }
  return std::string(value->get_string());
}

std::optional<std::int64_t> object_reader::whole_number(std::string_view key, std::int64_t least,
                                                        std::int64_t most) {
  const json::value* value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  const auto number = shape::whole_number(*value);
  if (!number || *number < least || *number > most) {
    std::string wanted = "a whole number from " + std::to_string(least);
    wanted += most == INT64_MAX ? " up" : " to " + std::to_string(most);
    refuse(key, wanted);
    return std::nullopt;
  }
  return number;
}

std::optional<double> object_reader::number(std::string_view key, double least, double most) {
  const json::value* value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  const auto number = shape::any_number(*value);
  if (!number || *number < least || *number > most) {
    refuse(key, "a number from " + stringify(millrace::number(least)) + " to " +
                    stringify(millrace::number(most)));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> object_reader::boolean(std::string_view key) {
  const json::value* value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_bool()) {
    refuse(key, "true or false (without quotes)");
    return std::nullopt;
  }
  return value->get_bool();
}

std::optional<std::string> object_reader::choice(std::string_view key,
                                                 std::initializer_list<std::string_view> names) {
  const json::value* value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->is_string() &&
      std::find(names.begin(), names.end(), std::string_view(value->get_string())) != names.end()) {
    return std::string(value->get_string());
  }
  refuse(key, "one of " + list_names({names.begin(), names.end()}));
  return std::nullopt;
}

const json::object* object_reader::object(std::string_view key) {
  const json::value* value = find(key);
  if (value == nullptr) {
    return nullptr;
  }
  if (!value->is_object()) {
    refuse(key, "an object");
    return nullptr;
  }
  return &value->get_object();
}

const json::array* object_reader::array(std::string_view key) {
  const json::value* value = find(key);
  if (value == nullptr) {
    return nullptr;
  }
  if (!value->is_array()) {
    refuse(key, "an array");
    return nullptr;
  }
  return &value->get_array();
}

std::vector<std::string> object_reader::texts(std::string_view key) {
  std::vector<std::string> result;
  const json::array* entries = array(key);
  for (std::size_t i = 0; entries != nullptr && i < entries->size(); ++i) {
    const json::value& entry = (*entries)[i];
    if (entry.is_string()) {
      result.emplace_back(entry.get_string());
    } else {
      problems_.error(child(pointer(key), i), std::string("every entry of ") + std::string(key) +
                                                  " must be a text, but this is " +
                                                  shape::describe(entry));
    }
  }
  return result;
}

void object_reader::warn_misspelled(std::initializer_list<std::string_view> known) {
  for (const auto& member : object_) {
    const std::string_view key = member.key();
    if (std::find(known.begin(), known.end(), key) != known.end()) {
      continue;
    }
    const auto near = nearest_name(key, {known.begin(), known.end()});
    if (near && !has(*near)) {
      warning(key, "nothing reads " + shape::quoted(key) + "; write " + shape::quoted(*near) +
                       " if that is meant");
    }
  }
}

} // namespace millrace::flows::definitions
