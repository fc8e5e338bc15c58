// SPDX-License-Identifier: Apache-2.0
#include "module_input.hpp"

#include <millrace/js.hpp>

namespace millrace::steps {

namespace {

std::string wrong_type(std::string_view name, const char* wanted, const json::value* found) {
  return "'" + std::string(name) + "' must be " + wanted + " but is " + flows::js::type_name(found);
}

} // namespace

std::optional<double> as_number(const json::value& value) noexcept {
  switch (value.kind()) {
  case json::kind::int64: return static_cast<double>(value.get_int64());
  case json::kind::uint64: return static_cast<double>(value.get_uint64());
  case json::kind::double_: return value.get_double();
  default: return std::nullopt;
  }
}

const json::value* module_input::find(std::string_view name) const {
  const json::value* own = input_.if_contains(name);
  return own != nullptr ? own : defaults_.if_contains(name);
}

json::object module_input::combined() const {
  if (defaults_.empty()) {
    return input_;
  }
  json::object all = defaults_;
  for (const auto& member : input_) {
    all.insert_or_assign(member.key(), member.value());
  }
  return all;
}

const json::array* module_input::array(std::string_view name) {
  const json::value* found = find(name);
  if (found != nullptr && found->is_array()) {
    return &found->get_array();
  }
  refuse(wrong_type(name, "an array", found));
  return nullptr;
}

std::optional<double> module_input::number(std::string_view name) {
  const json::value* found = find(name);
  std::optional<double> value = found != nullptr ? as_number(*found) : std::nullopt;
  if (!value) {
    refuse(wrong_type(name, "a number", found));
  }
  return value;
}

std::optional<std::string_view> module_input::text(std::string_view name) {
  const json::value* found = find(name);
  if (found != nullptr && found->is_string()) {
    return std::string_view(found->get_string());
  }
  refuse(wrong_type(name, "a text", found));
  return std::nullopt;
}

std::optional<std::string_view> module_input::text_or(std::string_view name,
                                                      std::string_view fallback) {
  return find(name) == nullptr ? fallback : text(name);
}

std::string_view module_input::one_of(std::string_view name,
                                      std::initializer_list<std::string_view> allowed) {
  const json::value* found = find(name);
  std::string choices;
  for (const std::string_view choice : allowed) {
    if (found != nullptr && found->is_string() && found->get_string() == choice) {
      return choice;
    }
    choices.append(choices.empty() ? "" : ", ").append(choice);
  }
  const std::string given = found == nullptr ? "undefined" : stringify(*found).substr(0, 64);
  refuse("'" + std::string(name) + "' must be one of " + choices + " but is " + given);
  return {};
}

void module_input::refuse(std::string_view problem) {
  problems_.append(problems_.empty() ? "" : "; ").append(problem);
}

std::string module_input::problems(std::string_view module) const {
  return "Invalid input for " + std::string(module) + ": " + problems_ + ".";
}

} // namespace millrace::steps
