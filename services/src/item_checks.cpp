// SPDX-License-Identifier: Apache-2.0
#include "item_checks.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace::services {
namespace {

using refusal = std::optional<std::string>;

// "[a, [0], b]".
std::string listed(const document_path& path) {
  std::string text = "[";
  for (const path_step& step : path) {
    text += text.size() > 1 ? ", " : "";
    if (const auto* name = std::get_if<std::string>(&step))
      text += *name;
    else
      text += '[' + std::to_string(std::get<std::size_t>(step)) + ']';
  }
  return text + ']';
}

// The type that an operand has whatever the item is; empty: the item decides.
std::string fixed_type(const operand& each) {
  if (each.is == operand::kind::value)
    return std::string(type_of(each.value));
  return each.is == operand::kind::size ? "N" : "";
}

std::string shown_operand(const operand& each) {
  const json::value& value = each.value.get_object().begin()->value();
  return "AttributeValue: {" + fixed_type(each) + ':' +
         (value.is_string() ? std::string(value.get_string()) : stringify(value)) + '}';
}

std::string wrong_type(std::string_view name, std::string_view type) {
  return "Incorrect operand type for operator or function; operator or function: " +
         std::string(name) + ", operand type: " + std::string(type);
}

refusal same_operands(const condition& each) {
  const auto is_path = [](const operand& side) { return side.is == operand::kind::path; };
  if (each.operands.size() != 2 || each.is == condition::kind::in || !is_path(each.operands[0]) ||
      !is_path(each.operands[1]) || each.operands[0].path != each.operands[1].path)
    return std::nullopt;
  return "The first operand must be distinct from the remaining operands for this operator or "
         "function; operator: " +
         std::string(name_of(each.is)) + ", first operand: " + listed(each.operands[0].path);
}

refusal wrong_prefix(const condition& each) {
  for (const operand& side : each.operands)
    if (const std::string type = fixed_type(side); !type.empty() && type != "S")
      return wrong_type("begins_with", type);
  return std::nullopt;
}

refusal wrong_type_name(const condition& each) {
  constexpr std::array<std::string_view, 10> all{"B",  "NULL", "SS", "BOOL", "L",
                                                 "BS", "N",    "NS", "S",    "M"};
  const operand& wanted = each.operands[1];
  const std::string type = fixed_type(wanted);
  if (type != "S")
    return wrong_type("attribute_type", type.empty() ? "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}" : type);
  const std::string name(wanted.value.at("S").as_string());
  if (std::find(all.begin(), all.end(), name) == all.end())
    return "Invalid attribute type name found; type: " + name +
           ", valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}";
  return std::nullopt;
}

refusal wrong_bounds(const condition& each) {
  const operand& lower = each.operands[1];
  const operand& upper = each.operands[2];
  if (lower.is != operand::kind::value || upper.is != operand::kind::value)
    return std::nullopt;
  const std::string bounds = "lower bound operand: " + shown_operand(lower) +
                             ", upper bound operand: " + shown_operand(upper);
  if (fixed_type(lower) != fixed_type(upper))
    return "The BETWEEN operator requires same data type for lower and upper bounds; " + bounds;
  if (order_of(lower.value, upper.value) == std::strong_ordering::greater)
    return "The BETWEEN operator requires upper bound to be greater than or equal to lower "
           "bound; " +
           bounds;
  return std::nullopt;
}

refusal of_one(const condition& each) {
  if (auto why = same_operands(each))
    return why;
  switch (each.is) {
  case condition::kind::begins_with: return wrong_prefix(each);
  case condition::kind::attribute_type: return wrong_type_name(each);
  case condition::kind::between: return wrong_bounds(each);
  default: return std::nullopt;
  }
}

// Of SET: what is added, taken away or appended.
refusal wrong_operand(const operand& each) {
  const bool appends = each.is == operand::kind::list_append;
  const bool adds = each.is == operand::kind::plus || each.is == operand::kind::minus;
  for (const operand& part : each.operands) {
    if (auto why = wrong_operand(part))
      return why;
    const std::string type = part.is == operand::kind::value ? fixed_type(part) : std::string();
    if (!type.empty() && ((appends && type != "L") || (adds && type != "N")))
      return wrong_type(appends ? "list_append" : each.is == operand::kind::plus ? "+" : "-", type);
  }
  return std::nullopt;
}

// ADD takes a number; sets no flow can write.
refusal wrong_addition(const update_action& each) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> words{
      {{"S", "STRING"}, {"NULL", "NULL"}, {"BOOL", "BOOLEAN"}, {"L", "LIST"}, {"M", "MAP"}}};
  if (each.is != update_action::kind::add)
    return std::nullopt;
  const std::string type = fixed_type(each.value);
  for (const auto& [name, word] : words)
    if (type == name)
      return "Incorrect operand type for operator or function; operator: ADD, operand type: " +
             std::string(word);
  return std::nullopt;
}

bool looks_at(const operand& each, const std::string& attribute) {
  return (!each.path.empty() && std::get<std::string>(each.path.front()) == attribute) ||
         std::any_of(each.operands.begin(), each.operands.end(),
                     [&](const operand& part) { return looks_at(part, attribute); });
}

bool looks_at(const condition& each, const std::string& attribute) {
  return std::any_of(each.operands.begin(), each.operands.end(),
                     [&](const operand& part) { return looks_at(part, attribute); }) ||
         std::any_of(each.parts.begin(), each.parts.end(),
                     [&](const condition& part) { return looks_at(part, attribute); });
}

// Where one path leads to the other, or they disagree on what a value is: a list or a map.
refusal in_the_way(const document_path& one, const document_path& two) {
  std::string how = "overlap";
  for (std::size_t i = 0; i < std::min(one.size(), two.size()); ++i) {
    if (one[i].index() != two[i].index()) {
      how = "conflict";
      break;
    }
    if (one[i] != two[i])
      return std::nullopt;
  }
  return "Two document paths " + how +
         " with each other; must remove or rewrite one of these paths; path one: " + listed(one) +
         ", path two: " + listed(two);
}

} // namespace

refusal why_refused(const condition& whole) {
  for (const condition& part : whole.parts)
    if (auto why = why_refused(part))
      return why;
  return of_one(whole);
}

refusal why_refused(const std::vector<document_path>& paths) {
  for (std::size_t later = 1; later < paths.size(); ++later)
    for (std::size_t earlier = 0; earlier < later; ++earlier)
      if (auto why = in_the_way(paths[earlier], paths[later]))
        return why;
  return std::nullopt;
}

refusal why_refused(const std::vector<update_action>& update) {
  std::vector<document_path> paths;
  paths.reserve(update.size());
  for (const update_action& each : update)
    paths.push_back(each.path);
  if (auto why = why_refused(paths))
    return why;
  for (const update_action& each : update)
    if (auto why = wrong_addition(each))
      return why;
  for (const update_action& each : update)
    if (auto why = wrong_operand(each.value))
      return why;
  return std::nullopt;
}

void check_filter(const condition& filter, const std::vector<std::string>& key_attributes) {
  for (const std::string& each : key_attributes)
    if (looks_at(filter, each))
      throw validation_error("Filter Expression can only contain non-primary key attributes: "
                             "Primary key attribute: " +
                             each);
}

} // namespace millrace::services
