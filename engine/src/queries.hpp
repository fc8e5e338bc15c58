// SPDX-License-Identifier: Apache-2.0
//
// Rows of the store as records of the public API.
#pragma once

#include "catalog.hpp"

namespace millrace {

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

  /// The record of a row; `with_large`: with path and context.
  [[nodiscard]] result<execution_record> record_of(const storage::execution_row& row,
                                                   bool with_context) const;

private:
  [[nodiscard]] result<void> add_stored_end(const storage::execution_row& row,
                                            execution_record& record) const;
  [[nodiscard]] result<void> add_stored_state(const storage::execution_row& row,
                                              execution_record& record) const;

  storage::store& store_;
  catalog& definitions_;
};

} // namespace millrace
