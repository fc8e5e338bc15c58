// SPDX-License-Identifier: Apache-2.0
//
// Facts: documentation of system/join-data; transform.json, "join-data: ...". Values of keys are
// compared as texts, so that a CSV table joins with a JSON one; null and missing are equal to each
// other and to nothing else. Where the reference contradicts its documentation (right joins that
// repeat rows, empty tables, right columns that carry the name of a left key) the documentation is
// followed.
#include "join_config.hpp"
#include "module_input.hpp"
#include "module_limits.hpp"
#include "modules.hpp"

#include <millrace/js.hpp>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace millrace::steps {

namespace {

namespace js = flows::js;

bool contains(const names& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// Rows and columns.

/// A cell; null where the row has no such column. Rows that are arrays have their indices as
/// columns, other values have none.
const json::value* cell(const json::value& row, std::string_view column) {
  if (row.is_object()) {
    return row.get_object().if_contains(column);
  }
  const auto index = row.is_array() ? js::as_index(column) : std::nullopt;
  return index && *index < row.get_array().size() ? &row.get_array()[*index] : nullptr;
}

/// Whether the table has the column; one that is so empty that it has none has them all.
bool has_column(const join_table& side, const std::string& name) {
  return contains(side.columns, name) || (side.rows->empty() && side.columns.empty());
}

/// The failure of the first key that is no column of its table.
std::optional<step_error> missing_key(const join_config& config) {
  for (std::size_t i = 0; i < config.left.keys.size(); ++i) {
    for (const join_table* const side : {&config.left, &config.right}) {
      if (!has_column(*side, side->keys[i])) {
        return step_error::permanent("Join key '" + side->keys[i] + "' not found in " + side->side +
                                     " data source columns.");
      }
    }
  }
  return std::nullopt;
}

/// The values of a row's keys in one text, each with its length before it, so that no two
/// different lists of values give the same text.
std::string row_key(const json::value& row, const names& keys) {
  std::string result;
  for (const std::string& key : keys) {
    const json::value* const value = cell(row, key);
    if (value == nullptr || value->is_null()) {
      result.push_back('-');
    } else {
      const std::string text = js::to_string(value);
      result.append(std::to_string(text.size())).append(":").append(text);
    }
  }
  return result;
}

/// A row of the result: a pair that matches, or a row that has no match on the other side (null).
struct joined_row {
  const json::value* left = nullptr;
  const json::value* right = nullptr;
};

/// Finds the rows of the result, without making them.
class matcher {
public:
  explicit matcher(const join_config& config) : config_(config) {}

  /// Pairs in the order of the left rows, then right rows that matched nothing, grouped by key in
  /// the order in which the keys appear. Errors: a row that is null; limits.
  boost::system::result<std::vector<joined_row>, step_error> run();

private:
  struct group {
    std::vector<const json::value*> rows;
    bool matched = false;
  };

  void group_right_rows();
  void match_left_rows();
  /// False, and the failure noted, where one row more would be too many.
  bool add(const json::value* left, const json::value* right);
  /// The key of a row; null rows have none and are noted as the failure.
  std::optional<std::string> key_of(const json::value& row, const join_table& side);

  const join_config& config_;
  std::vector<group> groups_;
  std::unordered_map<std::string, std::size_t> group_of_key_;
  std::vector<joined_row> joined_;
  std::optional<step_error> failure_;
};

boost::system::result<std::vector<joined_row>, step_error> matcher::run() {
  group_right_rows();
  match_left_rows();
  if (config_.keeps_right()) {
    for (const group& unmatched : groups_) {
      for (std::size_t i = 0; !unmatched.matched && i < unmatched.rows.size(); ++i) {
        add(nullptr, unmatched.rows[i]);
      }
    }
  }
  if (failure_) {
    return *failure_;
  }
  return std::move(joined_);
}

std::optional<std::string> matcher::key_of(const json::value& row, const join_table& side) {
  if (!row.is_null()) {
    return row_key(row, side.keys);
  }
  // The reference fails with the language's own error here; its name is kept.
  failure_ = step_error("TypeError", "A row of '" + std::string(side.side) +
                                         "_source' is null, so system/join-data cannot read '" +
                                         side.keys.front() + "' of it.");
  return std::nullopt;
}

void matcher::group_right_rows() {
  for (const json::value& row : *config_.right.rows) {
    std::optional<std::string> key = key_of(row, config_.right);
    if (!key) {
      return;
    }
    const auto [position, is_new] = group_of_key_.try_emplace(std::move(*key), groups_.size());
    if (is_new) {
      groups_.emplace_back();
    }
    groups_[position->second].rows.push_back(&row);
  }
}

void matcher::match_left_rows() {
  for (const json::value& row : *config_.left.rows) {
    const std::optional<std::string> key = failure_ ? std::nullopt : key_of(row, config_.left);
    if (!key) {
      return;
    }
    const auto found = group_of_key_.find(*key);
    if (found == group_of_key_.end()) {
      if (config_.keeps_left()) {
        add(&row, nullptr);
      }
      continue;
    }
    group& matches = groups_[found->second];
    matches.matched = true;
    for (const json::value* const right : matches.rows) {
      if (!add(&row, right)) {
        return;
      }
    }
  }
}

bool matcher::add(const json::value* left, const json::value* right) {
  if (failure_) {
    return false;
  }
  if (joined_.size() >= limits().joined_rows_max) {
    failure_ =
        step_error::permanent("system/join-data would give more rows than joined_rows_max (" +
                              std::to_string(limits().joined_rows_max) + ").");
    return false;
  }
  joined_.push_back({left, right});
  return true;
}

/// A column of the result and where its values come from: from the right row when `right` is set,
/// else from the left row, and from `right_key` of the right row where there is no left row.
struct joined_column {
  std::string name;
  const std::string* left = nullptr;
  const std::string* right = nullptr;
  const std::string* right_key = nullptr;

  /// The value in a row: a cell, `null_value` where the side has no row, null where it has no cell.
  [[nodiscard]] const json::value* value(const joined_row& row,
                                         const json::value& null_value) const {
    if (right != nullptr) {
      return row.right != nullptr ? cell(*row.right, *right) : &null_value;
    }
    if (row.left != nullptr && left != nullptr) {
      return cell(*row.left, *left);
    }
    return right_key != nullptr && row.right != nullptr ? cell(*row.right, *right_key)
                                                        : &null_value;
  }
};

/// Lays out the columns: those of the left table, then the selected ones of the right table without
/// its keys. A name that both have outside the keys gets the suffix of its side; a right column
/// never replaces a left key. Columns that end up with the same name are one: the first gives the
/// place, the last gives the values.
class column_layout {
public:
  explicit column_layout(const join_config& config)
      : left_columns_(config.left.columns.begin(), config.left.columns.end()),
        right_columns_(config.right.columns.begin(), config.right.columns.end()),
        left_keys_(config.left.keys.begin(), config.left.keys.end()),
        right_keys_(config.right.keys.begin(), config.right.keys.end()) {
    for (const std::string& name : config.left.columns) {
      column(is_shared(name) ? name + "_left" : name).left = &name;
    }
    for (std::size_t i = 0; i < config.left.keys.size(); ++i) {
      column(config.left.keys[i]).right_key = &config.right.keys[i];
    }
    for (const std::string& name : config.selected ? *config.selected : config.right.columns) {
      if (right_keys_.count(name) == 0) {
        const bool is_taken = is_shared(name) || left_keys_.count(name) != 0;
        column(is_taken ? name + "_right" : name).right = &name;
      }
    }
  }

  [[nodiscard]] std::vector<joined_column> take() && { return std::move(columns_); }

private:
  using name_set = std::unordered_set<std::string_view>;

  /// Whether both tables have a column of this name that is a key of neither.
  [[nodiscard]] bool is_shared(std::string_view name) const {
    return left_columns_.count(name) != 0 && right_columns_.count(name) != 0 &&
           left_keys_.count(name) == 0 && right_keys_.count(name) == 0;
  }
  /// The column of that name, added where there is none.
  joined_column& column(const std::string& name) {
    const auto [position, is_new] = place_of_name_.try_emplace(name, columns_.size());
    if (is_new) {
      columns_.push_back({name});
    }
    return columns_[position->second];
  }

  name_set left_columns_;
  name_set right_columns_;
  name_set left_keys_;
  name_set right_keys_;
  std::unordered_map<std::string, std::size_t> place_of_name_;
  std::vector<joined_column> columns_;
};

// The result.

const json::value null_cell(nullptr);

json::value as_json(const std::vector<joined_row>& rows,
                    const std::vector<joined_column>& columns) {
  json::array result;
  result.reserve(rows.size());
  for (const joined_row& row : rows) {
    json::object object;
    object.reserve(columns.size());
    for (const joined_column& column : columns) {
      if (const json::value* const value = column.value(row, null_cell)) {
        object.emplace(column.name, *value);
      }
    }
    result.emplace_back(std::move(object));
  }
  return result;
}

/// Columns in JavaScript's member order: integer-like names ascending, then the others.
void sort_as_members(std::vector<joined_column>& columns) {
  const auto before = [](const joined_column& left, const joined_column& right) {
    const auto left_index = js::as_index(left.name);
    const auto right_index = js::as_index(right.name);
    return left_index && (!right_index || *left_index < *right_index);
  };
  std::stable_sort(columns.begin(), columns.end(), before);
}

/// A header line and a line a row, without a line feed at the end; nothing for no rows.
json::value as_csv(const std::vector<joined_row>& rows, std::vector<joined_column> columns) {
  std::string text;
  sort_as_members(columns);
  for (std::size_t i = 0; !rows.empty() && i < columns.size(); ++i) {
    text.append(i == 0 ? "" : ",").append(columns[i].name);
  }
  for (const joined_row& row : rows) {
    text.push_back('\n');
    for (std::size_t i = 0; i < columns.size(); ++i) {
      text.append(i == 0 ? "" : ",");
      const json::value* const value = columns[i].value(row, null_cell);
      if (value != nullptr && !value->is_null()) {
        append_csv_field(text, js::to_string(value));
      }
    }
  }
  return json::value(text);
}

json::value output(json::value result, std::size_t row_count) {
  json::object members;
  members.emplace("result", std::move(result));
  members.emplace("rowCount", static_cast<std::int64_t>(row_count));
  return members;
}

/// Whether the side that has to have a row in every result row has none: the result is empty,
/// whatever the keys are.
bool is_empty_join(const join_config& config) {
  return (config.left.rows->empty() && !config.keeps_right()) ||
         (config.right.rows->empty() && !config.keeps_left());
}

step_result join(const join_config& config) {
  if (is_empty_join(config)) {
    return output(config.csv_output ? json::value("") : json::value(json::array()), 0);
  }
  if (std::optional<step_error> failure = missing_key(config)) {
    return std::move(*failure);
  }
  const auto rows = matcher(config).run();
  if (!rows) {
    return rows.error();
  }
  std::vector<joined_column> columns = column_layout(config).take();
  if (columns.size() > limits().joined_values_max / std::max<std::size_t>(rows->size(), 1)) {
    return step_error::permanent(
        "system/join-data would give more values (rows times columns) than joined_values_max (" +
        std::to_string(limits().joined_values_max) + ").");
  }
  const std::size_t row_count = rows->size();
  return output(config.csv_output ? as_csv(*rows, std::move(columns)) : as_json(*rows, columns),
                row_count);
}

} // namespace

step_result join_data(const step_request& request) {
  module_input input(request);
  join_config config;
  read_join_config(input, config);
  if (!input.is_valid()) {
    return step_error::permanent(input.problems("join-data"));
  }
  return join(config);
}

} // namespace millrace::steps
