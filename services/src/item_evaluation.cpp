// SPDX-License-Identifier: Apache-2.0
#include "item_expressions.hpp"

#include <algorithm>
#include <map>

namespace millrace::services {
namespace {

std::optional<json::value> value_of(const operand& wanted, const json::object& item);

std::optional<json::value> size_of_content(const json::value& attribute) {
  const std::string_view type = type_of(attribute);
  const json::value& content = content_of(attribute);
  std::size_t size = 0;
  if (type == "S")
    size = content.get_string().size();
  else if (type == "L")
    size = content.get_array().size();
  else if (type == "M")
    size = content.get_object().size();
  else
    return std::nullopt;
  return json::value(json::object{{"N", std::to_string(size)}});
}

// Of a condition.
std::optional<json::value> value_of(const operand& wanted, const json::object& item) {
  if (wanted.is == operand::kind::value)
    return wanted.value;
  const json::value* found = find(wanted.path, item);
  if (!found)
    return std::nullopt;
  return wanted.is == operand::kind::size ? size_of_content(*found) : *found;
}

bool contains(const json::value& in, const json::value& part) {
  if (type_of(in) == "S")
    return type_of(part) == "S" && text_of(in).find(text_of(part)) != std::string_view::npos;
  if (type_of(in) != "L")
    return false;
  const json::array& elements = content_of(in).get_array();
  return std::any_of(elements.begin(), elements.end(),
                     [&](const json::value& each) { return are_equal(each, part); });
}

bool is_in_order(condition::kind kind, const json::value& left, const json::value& right) {
  const auto order = order_of(left, right);
  if (!order)
    return false;
  const bool is_less = *order == std::strong_ordering::less;
  const bool is_greater = *order == std::strong_ordering::greater;
  switch (kind) {
  case condition::kind::less: return is_less;
  case condition::kind::less_or_equal: return !is_greater;
  case condition::kind::greater: return is_greater;
  default: return !is_less;
  }
}

bool compares(const condition& wanted, const json::object& item) {
  using kind = condition::kind;
  std::vector<std::optional<json::value>> values;
  for (const operand& each : wanted.operands)
    values.push_back(value_of(each, item));
  const std::optional<json::value>& first = values.front();
  // What is not there is unequal to everything and compares with nothing.
  if (wanted.is == kind::not_equal)
    return !first || !values[1] || !are_equal(*first, *values[1]);
  if (!first)
    return wanted.is == kind::attribute_not_exists;
  if (wanted.is == kind::in)
    return std::any_of(values.begin() + 1, values.end(),
                       [&](const auto& each) { return each && are_equal(*first, *each); });
  if (std::any_of(values.begin(), values.end(), [](const auto& each) { return !each; }))
    return false;
  switch (wanted.is) {
  case kind::attribute_exists: return true;
  case kind::attribute_not_exists: return false;
  case kind::equal: return are_equal(*first, *values[1]);
  case kind::between:
    return is_in_order(kind::greater_or_equal, *first, *values[1]) &&
           is_in_order(kind::less_or_equal, *first, *values[2]);
  case kind::attribute_type:
    return type_of(*values[1]) == "S" && type_of(*first) == text_of(*values[1]);
  case kind::begins_with:
    return type_of(*first) == "S" && type_of(*values[1]) == "S" &&
           text_of(*first).substr(0, text_of(*values[1]).size()) == text_of(*values[1]);
  case kind::contains: return contains(*first, *values[1]);
  default: return is_in_order(wanted.is, *first, *values[1]);
  }
}

// The elements of lists that are projected keep their order, without gaps.
struct projected {
  const json::value* whole = nullptr;
  std::map<std::string, projected> members;
  std::map<std::size_t, projected> elements;
};

void add_path(projected& to, const document_path& path, const json::value& found) {
  projected* at = &to;
  for (const path_step& step : path) {
    if (const auto* name = std::get_if<std::string>(&step))
      at = &at->members[*name];
    else
      at = &at->elements[std::get<std::size_t>(step)];
  }
  at->whole = &found;
}

json::value built(const projected& part) {
  if (part.whole)
    return *part.whole;
  if (!part.elements.empty()) {
    json::array all;
    for (const auto& each : part.elements)
      all.push_back(built(each.second));
    return json::object{{"L", std::move(all)}};
  }
  json::object all;
  for (const auto& [name, each] : part.members)
    all[name] = built(each);
  return json::object{{"M", std::move(all)}};
}

item_result<json::value> assigned(const operand& wanted, const json::object& item);

item_result<json::value> combined(const operand& wanted, const json::object& item) {
  auto left = assigned(wanted.operands[0], item);
  if (!left)
    return left;
  auto right = assigned(wanted.operands[1], item);
  if (!right)
    return right;
  const bool appends = wanted.is == operand::kind::list_append;
  const std::string_view type = appends ? "L" : "N";
  if (type_of(*left) != type || type_of(*right) != type)
    return validation_error("An operand in the update expression has an incorrect data type");
  if (!appends)
    return sum_of(*left, *right, wanted.is == operand::kind::minus);
  json::array all = content_of(*left).get_array();
  for (const json::value& each : content_of(*right).get_array())
    all.push_back(each);
  return json::value(json::object{{"L", std::move(all)}});
}

// Of an update.
item_result<json::value> assigned(const operand& wanted, const json::object& item) {
  switch (wanted.is) {
  case operand::kind::value: return wanted.value;
  case operand::kind::if_not_exists:
    if (const json::value* found = find(wanted.path, item))
      return *found;
    return assigned(wanted.operands.front(), item);
  case operand::kind::path:
  case operand::kind::size:
    if (const json::value* found = find(wanted.path, item))
      return *found;
    return validation_error(
        "The provided expression refers to an attribute that does not exist in the item");
  default: return combined(wanted, item);
  }
}

// What the first steps of a path lead to; null: nothing.
template <class Object>
auto walk(const document_path& path, std::size_t steps, Object& item) {
  auto* at = item.if_contains(std::get<std::string>(path.front()));
  for (std::size_t i = 1; at && i < steps; ++i) {
    auto& content = at->get_object().begin()->value();
    if (const auto* name = std::get_if<std::string>(&path[i])) {
      at = type_of(*at) == "M" ? content.get_object().if_contains(*name) : nullptr;
    } else {
      const std::size_t index = std::get<std::size_t>(path[i]);
      at = type_of(*at) == "L" && index < content.get_array().size() ? &content.get_array()[index]
                                                                     : nullptr;
    }
  }
  return at;
}

// What holds the last step of a path; null: there is no such thing.
json::value* parent_of(const document_path& path, json::object& item) {
  return walk(path, path.size() - 1, item);
}

step_error invalid_path() {
  return validation_error(
      "The document path provided in the update expression is invalid for update");
}

// Changes the last step of a path: `named` in an object, `numbered` in a list.
template <class Named, class Numbered>
std::optional<step_error> change(const document_path& path, json::object& item, Named named,
                                 Numbered numbered) {
  if (path.size() == 1) {
    named(item, std::get<std::string>(path.front()));
    return std::nullopt;
  }
  json::value* parent = parent_of(path, item);
  if (!parent)
    return invalid_path();
  json::value& content = parent->get_object().begin()->value();
  const auto* name = std::get_if<std::string>(&path.back());
  if (type_of(*parent) != (name ? "M" : "L"))
    return invalid_path();
  if (name)
    named(content.get_object(), *name);
  else
    numbered(content.get_array(), std::get<std::size_t>(path.back()));
  return std::nullopt;
}

std::optional<step_error> set(const document_path& path, json::value value, json::object& item) {
  return change(
      path, item,
      [&](json::object& object, const std::string& name) { object[name] = std::move(value); },
      [&](json::array& list, std::size_t index) {
        if (index < list.size())
          list[index] = std::move(value);
        else
          list.push_back(std::move(value)); // an index beyond the end appends
      });
}

std::optional<step_error> remove(const document_path& path, json::object& item) {
  return change(
      path, item, [](json::object& object, const std::string& name) { object.stable_erase(name); },
      [](json::array& list, std::size_t index) {
        if (index < list.size())
          list.erase(list.begin() + static_cast<std::ptrdiff_t>(index));
      });
}

item_result<json::value> added(const update_action& action, const json::object& item) {
  const json::value* found = find(action.path, item);
  if (!found)
    return action.value.value;
  if (type_of(*found) != "N")
    return validation_error("An operand in the update expression has an incorrect data type");
  return sum_of(*found, action.value.value, false);
}

} // namespace

const json::value* find(const document_path& path, const json::object& item) {
  return walk(path, path.size(), item);
}

bool holds(const condition& wanted, const json::object& item) {
  const auto part_holds = [&](const condition& part) { return holds(part, item); };
  switch (wanted.is) {
  case condition::kind::all:
    return std::all_of(wanted.parts.begin(), wanted.parts.end(), part_holds);
  case condition::kind::any:
    return std::any_of(wanted.parts.begin(), wanted.parts.end(), part_holds);
  case condition::kind::none: return !part_holds(wanted.parts.front());
  default: return compares(wanted, item);
  }
}

json::object project(const std::vector<document_path>& paths, const json::object& item) {
  projected wanted;
  for (const document_path& path : paths)
    if (const json::value* found = find(path, item))
      add_path(wanted, path, *found);
  json::object all;
  for (const auto& [name, part] : wanted.members)
    all[name] = built(part);
  return all;
}

item_result<json::object> updated(const std::vector<update_action>& update,
                                  const json::object& item) {
  json::object after = item;
  std::vector<const document_path*> removed;
  for (const update_action& action : update) {
    if (action.is == update_action::kind::remove) {
      removed.push_back(&action.path);
      continue;
    }
    auto value =
        action.is == update_action::kind::add ? added(action, item) : assigned(action.value, item);
    if (!value)
      return value.error();
    if (auto failure = set(action.path, std::move(*value), after))
      return std::move(*failure);
  }
  // The highest index first: indices mean the list before the update.
  const auto rank = [](const document_path* path) {
    const auto* index = std::get_if<std::size_t>(&path->back());
    return index ? *index + 1 : 0;
  };
  std::stable_sort(removed.begin(), removed.end(),
                   [&](const auto* left, const auto* right) { return rank(left) > rank(right); });
  for (const document_path* path : removed)
    if (auto failure = remove(*path, after))
      return std::move(*failure);
  return after;
}

} // namespace millrace::services
