// SPDX-License-Identifier: Apache-2.0
//
// Rows of the store as records of the public API.
#pragma once

#include "catalog.hpp"

#include <millrace/execution_state.hpp>
#include <millrace/progress_tree.hpp>

namespace millrace {

/// A JSON text of the store; `id` names the execution in errors: `internal`.
[[nodiscard]] result<json::value> stored_json(const std::string& text, const std::string& id);
/// The path of an execution that has ended, read with its large columns. Errors: `internal`.
[[nodiscard]] result<std::vector<std::string>> stored_path(const storage::execution_row& row);

/// Queries on one store, with the definitions that its executions are pinned to. Thread-safe.
class query_service {
public:
  /// Both outlive the service.
  query_service(storage::store& store, catalog& definitions)
      : store_(store), definitions_(definitions) {}

  [[nodiscard]] result<execution_record> find(std::string_view flow_execution_id) const;
  [[nodiscard]] result<std::vector<execution_record>> list(const execution_filter& filter) const;
  [[nodiscard]] result<std::vector<execution_record>> family(std::string_view root,
                                                             bool with_context) const;
  [[nodiscard]] result<std::vector<json::object>>
  step_records(std::string_view flow_execution_id) const;

  /// How far an execution has come, or all of its family (progress_tree.cpp).
  [[nodiscard]] result<progress_report> progress(std::string_view flow_execution_id,
                                                 progress_mode mode, std::size_t nodes_max) const;
  /// The state of an open execution that has begun, from a row with its large columns.
  [[nodiscard]] result<std::unique_ptr<flows::execution_state>>
  state_of(const storage::execution_row& row) const;

  /// The record of a row; `with_large`: with path and context.
  [[nodiscard]] result<execution_record> record_of(const storage::execution_row& row,
                                                   bool with_context) const;

private:
  [[nodiscard]] result<progress_node> measure(const storage::execution_row& row,
                                              std::size_t& room) const;
  [[nodiscard]] result<std::vector<storage::execution_key>>
  choose_family(const storage::execution_row& root, std::size_t nodes_max) const;
  [[nodiscard]] result<void> add_stored_end(const storage::execution_row& row,
                                            execution_record& record) const;
  [[nodiscard]] result<void> add_stored_state(const storage::execution_row& row,
                                              execution_record& record) const;

  storage::store& store_;
  catalog& definitions_;
};

} // namespace millrace
