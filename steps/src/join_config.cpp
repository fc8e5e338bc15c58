// SPDX-License-Identifier: Apache-2.0
#include "join_config.hpp"

#include <millrace/js.hpp>

namespace millrace::steps {

namespace {

names column_names(const json::value& row) {
  names result;
  if (row.is_object()) {
    for (const json::key_value_pair* member : flows::js::members(row.get_object())) {
      result.emplace_back(member->key());
    }
  } else if (row.is_array()) {
    for (std::size_t i = 0; i < row.get_array().size(); ++i) {
      result.push_back(std::to_string(i));
    }
  }
  return result;
}

/// The header's names as the members of a row would be listed.
names column_names(const csv_table& csv) {
  json::object row;
  for (const std::string& name : csv.header) {
    row.insert_or_assign(name, nullptr);
  }
  return column_names(json::value(std::move(row)));
}

/// `<side>_source` and `<side>_format`.
void read_table(module_input& input, const char* side, join_table& target) {
  const std::string prefix(side);
  target.side = side;
  const std::string_view format = input.one_of(prefix + "_format", {"csv", "json"});
  if (format == "csv") {
    if (const auto text = input.text(prefix + "_source")) {
      target.csv = parse_csv(*text);
      target.rows = &target.csv.rows;
      target.columns = column_names(target.csv);
    }
  } else if (format == "json") {
    target.rows = input.array(prefix + "_source");
    if (target.rows != nullptr && !target.rows->empty()) {
      target.columns = column_names(target.rows->front());
    }
  }
}

/// The texts of an array, or a problem.
names read_names(module_input& input, std::string_view parameter) {
  names result;
  const json::array* const array = input.array(parameter);
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    if ((*array)[i].is_string()) {
      result.emplace_back((*array)[i].get_string());
    } else {
      input.refuse("'" + std::string(parameter) + "' must hold texts only");
    }
  }
  return result;
}

void read_key_mapping(module_input& input, const json::value& mapping, join_config& config) {
  for (join_table* const side : {&config.left, &config.right}) {
    const json::value* const name =
        mapping.is_object() ? mapping.get_object().if_contains(side->side) : nullptr;
    if (name != nullptr && name->is_string() && !name->get_string().empty()) {
      side->keys.emplace_back(name->get_string());
    } else {
      input.refuse("every element of 'key_mappings' needs a column name as '" +
                   std::string(side->side) + "'");
    }
  }
}

/// Exactly one of join_keys and key_mappings, with at least one key in it.
void read_keys(module_input& input, join_config& config) {
  const bool same_names = input.find("join_keys") != nullptr;
  if (same_names == (input.find("key_mappings") != nullptr)) {
    input.refuse("exactly one of 'join_keys' and 'key_mappings' must be given");
    return;
  }
  const json::array* const keys = input.array(same_names ? "join_keys" : "key_mappings");
  if (keys == nullptr) {
    return;
  }
  if (keys->empty()) {
    input.refuse("at least one key must be given");
  } else if (same_names) {
    config.left.keys = config.right.keys = read_names(input, "join_keys");
  } else {
    for (const json::value& mapping : *keys) {
      read_key_mapping(input, mapping, config);
    }
  }
}

} // namespace

void read_join_config(module_input& input, join_config& config) {
  read_table(input, "left", config.left);
  read_table(input, "right", config.right);
  read_keys(input, config);
  config.type = input.one_of("join_type", {"inner", "left", "right", "outer"});
  config.csv_output = input.one_of("output_format", {"csv", "json"}) == "csv";
  const json::value* const selected = input.find("right_select_columns");
  if (selected != nullptr && !selected->is_null()) {
    config.selected = read_names(input, "right_select_columns");
  }
}

} // namespace millrace::steps
