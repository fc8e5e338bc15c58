// SPDX-License-Identifier: Apache-2.0
#include "language_subjects.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace millrace::bench {
namespace {

constexpr std::size_t mapped_keys = 10;
constexpr std::int64_t order_items = 10;
constexpr std::size_t nested_ballast_members = 16;

/// One small record; about 60 bytes of text.
json::object record(std::int64_t number) {
  return {{"sku", "SKU-" + std::to_string(100'000 + number)},
          {"quantity", number % 7 + 1},
          {"unitPrice", 9.5}};
}

constexpr std::size_t values_per_record = 3;

/// The name of the `number`th record member.
std::string record_name(std::size_t number) {
  return "records" + std::to_string(number);
}

/// A list of `records` records.
json::array record_list(std::size_t records) {
  json::array list;
  list.reserve(records);
  for (std::size_t i = 0; i < records; ++i)
    list.emplace_back(record(static_cast<std::int64_t>(i)));
  return list;
}

/// Spreads records over a fixed number of members.
void add_nested(json::object& members, std::size_t bytes) {
  const std::size_t record_bytes = stringify(record(0)).size() + 1;
  const std::size_t records = bytes / record_bytes;
  for (std::size_t i = 0; i < nested_ballast_members; ++i) {
    const std::size_t more = i < records % nested_ballast_members ? 1 : 0;
    members.emplace("ballast" + std::to_string(i),
                    record_list(records / nested_ballast_members + more));
  }
}

/// Makes as many members as it takes.
void add_wide(json::object& members, std::size_t bytes) {
  const std::size_t first = members.size();
  for (std::size_t written = 0; written < bytes;) {
    const std::string name = "ballast" + std::to_string(100'000 + members.size() - first);
    const std::string text = "what member " + name + " holds";
    written += name.size() + text.size() + std::string_view(R"("":"",)").size();
    members.emplace(name, text);
  }
}

/// What an execution has to say of itself; the names are the engine's.
json::object sample_run_state() {
  return {{"flowExecutionId", "0190b3c4-5d6e-7f80-91a2-b3c4d5e6f708"},
          {"flowDefinitionId", "order-intake"},
          {"flowDefinitionVersion", 3},
          {"currentStepInstanceId", "price"},
          {"status", "RUNNING"},
          {"startTime", "2024-07-15T09:30:00.000Z"}};
}

} // namespace

subject_context::subject_context(json::object members, std::size_t bytes, ballast shape)
    : run_state_(sample_run_state()), step_input_{{"stepInput", true}} {
  const std::size_t taken = stringify(members).size();
  const std::size_t wanted = bytes > taken ? bytes - taken : 0;
  if (shape == ballast::nested)
    add_nested(members, wanted);
  else
    add_wide(members, wanted);
  variables_ = flows::context(std::move(members));
}

void subject_context::see_run_state(flows::scope& visible) const {
  visible.push(run_state_);
  visible.push_lazy("currentContextData",
                    [&variables = variables_] { return json::value(variables.to_object()); });
}

flows::scope subject_context::for_mappings() const {
  flows::scope visible;
  see_run_state(visible);
  variables_.push_to(visible);
  return visible;
}

flows::scope subject_context::for_templates() const {
  flows::scope visible;
  variables_.push_to(visible);
  see_run_state(visible);
  visible.push(step_input_);
  return visible;
}

// ---- what is looked into ------------------------------------------------------------------------

json::object nested_members() {
  const json::object innermost{{"unit", "kg"}, {"d", 42}, {"checked", true}};
  const json::object inner{{"name", "inner"}, {"c", innermost}, {"size", 3}};
  const json::object outer{{"name", "outer"}, {"b", inner}, {"size", 2}};
  return {{"id", "n-1"}, {"a", outer}, {"note", "beside"}};
}

json::object order_members() {
  json::array items;
  for (std::int64_t i = 0; i < order_items; ++i)
    items.push_back({{"name", "Article " + std::to_string(i)}, {"quantity", i + 1}});
  return {{"a", {{"name", "outer"}, {"b", 11}}},
          {"c", "x"},
          {"id", "O-1001"},
          {"customer",
           {{"name", "Ada Lovelace"},
            {"city", "London"},
            {"country", "GB"},
            {"email", "ada@example.com"}}},
          {"total", 1250.5},
          {"currency", "EUR"},
          {"priority", 2},
          {"express", false},
          {"items", std::move(items)}};
}

json::object record_members(std::size_t records) {
  json::object members;
  for (std::size_t i = 0; i < mapped_keys; ++i)
    members.emplace(record_name(i), record_list(records));
  return members;
}

std::size_t record_values(std::size_t records) noexcept {
  return mapped_keys * records * values_per_record;
}

// ---- the expressions ----------------------------------------------------------------------------

flows::path four_segments() {
  return flows::path::compile("$.a.b.c.d");
}

flows::condition two_comparisons() {
  return flows::condition::compile("$.a.b > 10 && $.c == 'x'");
}

flows::text_template order_letter() {
  return flows::text_template::compile(
      "Order {{id}} of {{customer.name}}, {{customer.city}}: {{total}} {{currency}}\n"
      "{{#each items}}- {{name}} x {{quantity}}\n{{/each}}");
}

flows::input_mappings order_mapping() {
  return flows::input_mappings::compile({{"orderId", "$.id"},
                                         {"name", "$.customer.name"},
                                         {"city", "$.customer.city"},
                                         {"country", "$.customer.country"},
                                         {"email", "$.customer.email"},
                                         {"total", "$.total"},
                                         {"currency", "$.currency"},
                                         {"priority", "$.priority"},
                                         {"express", "$.express"},
                                         {"mark", "$.c"}});
}

flows::input_mappings record_mapping() {
  json::object mappings;
  for (std::size_t i = 0; i < mapped_keys; ++i)
    mappings.emplace("in" + std::to_string(i), "$." + record_name(i));
  return flows::input_mappings::compile(mappings);
}

// ---- by hand ------------------------------------------------------------------------------------

namespace by_hand {
namespace {

const json::value* member(const json::value* of, std::string_view name) {
  const json::object* const object = of != nullptr ? of->if_object() : nullptr;
  return object != nullptr ? object->if_contains(name) : nullptr;
}

void append(std::string& out, const json::value* value) {
  if (value == nullptr)
    return;
  if (const json::string* const text = value->if_string())
    out.append(text->data(), text->size());
  else if (const std::int64_t* const number = value->if_int64())
    out += std::to_string(*number);
  else
    out += json::serialize(*value);
}

void copy(json::object& to, std::string_view name, const json::value* value) {
  if (value != nullptr)
    to.emplace(name, *value);
}

} // namespace

const json::value* four_segments(const json::object& context) {
  return member(member(member(context.if_contains("a"), "b"), "c"), "d");
}

bool two_comparisons(const json::object& context) {
  const json::value* const number = member(context.if_contains("a"), "b");
  const json::value* const text = context.if_contains("c");
  return number != nullptr && number->is_number() && number->to_number<double>() > 10 &&
         text != nullptr && text->is_string() && text->get_string() == "x";
}

std::string order_letter(const json::object& context) {
  const json::value* const customer = context.if_contains("customer");
  std::string out = "Order ";
  append(out, context.if_contains("id"));
  out += " of ";
  append(out, member(customer, "name"));
  out += ", ";
  append(out, member(customer, "city"));
  out += ": ";
  append(out, context.if_contains("total"));
  out += " ";
  append(out, context.if_contains("currency"));
  out += "\n";
  const json::value* const items = context.if_contains("items");
  if (items == nullptr || !items->is_array())
    return out;
  for (const json::value& each : items->get_array()) {
    out += "- ";
    append(out, member(&each, "name"));
    out += " x ";
    append(out, member(&each, "quantity"));
    out += "\n";
  }
  return out;
}

json::object order_mapping(const json::object& context) {
  const json::value* const customer = context.if_contains("customer");
  json::object input;
  copy(input, "city", member(customer, "city"));
  copy(input, "country", member(customer, "country"));
  copy(input, "currency", context.if_contains("currency"));
  copy(input, "email", member(customer, "email"));
  copy(input, "express", context.if_contains("express"));
  copy(input, "mark", context.if_contains("c"));
  copy(input, "name", member(customer, "name"));
  copy(input, "orderId", context.if_contains("id"));
  copy(input, "priority", context.if_contains("priority"));
  copy(input, "total", context.if_contains("total"));
  return input;
}

json::object record_mapping(const json::object& context) {
  static const std::array<std::pair<const char*, const char*>, mapped_keys> names{
      {{"in0", "records0"},
       {"in1", "records1"},
       {"in2", "records2"},
       {"in3", "records3"},
       {"in4", "records4"},
       {"in5", "records5"},
       {"in6", "records6"},
       {"in7", "records7"},
       {"in8", "records8"},
       {"in9", "records9"}}};
  json::object input;
  for (const auto& [to, from] : names)
    copy(input, to, context.if_contains(from));
  return input;
}

} // namespace by_hand

} // namespace millrace::bench
