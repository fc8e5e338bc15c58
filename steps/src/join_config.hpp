// SPDX-License-Identifier: Apache-2.0
//
// What a join-data step asks for, read from its parameters and checked for form.
#pragma once

#include "csv.hpp"
#include "module_input.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::steps {

using names = std::vector<std::string>;

/// One side of a join. Not copied, because `rows` may point into `csv`.
struct join_table {
  join_table() = default;
  join_table(const join_table&) = delete;
  join_table& operator=(const join_table&) = delete;

  const char* side = "";             // "left" or "right"
  csv_table csv;                     // filled for a CSV source
  const json::array* rows = nullptr; // csv.rows or the JSON source
  names columns;                     // of the first row, or of the header
  names keys;                        // in the order of the configuration
};

/// What a step asks for. Borrows JSON sources from the input.
struct join_config {
  join_table left;
  join_table right;
  std::string_view type;
  bool csv_output = false;
  std::optional<names> selected; // right_select_columns

  [[nodiscard]] bool keeps_left() const { return type == "left" || type == "outer"; }
  [[nodiscard]] bool keeps_right() const { return type == "right" || type == "outer"; }
};

/// Reads every parameter into `config`; what is wrong is noted in `input`. `config` is usable only
/// when `input` is valid afterwards.
void read_join_config(module_input& input, join_config& config);

} // namespace millrace::steps
