// SPDX-License-Identifier: Apache-2.0
//
// Makes the state of an open execution from its stored rows, for the audit, and holds the rows
// against it.
#pragma once

#include <millrace/audit.hpp>
#include <millrace/definition.hpp>
#include <millrace/execution_state.hpp>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace millrace {

/// Replays executions of one database. One thread.
class replayer {
public:
  /// Called with the check's name and what is wrong, a clause without the execution.
  using problem_function = std::function<void(const char* check, const std::string& what)>;

  /// `audit` outlives the replayer.
  explicit replayer(storage::database_audit& audit) : audit_(audit), rows_(audit.rows()) {}

  /// Checks one open execution that has begun. Errors: the store's; everything else is a problem.
  [[nodiscard]] result<void> check(storage::execution_key key, const problem_function& report);

private:
  struct pinned_flow {
    std::shared_ptr<const flows::flow_definition> definition;
    json::object flow_variables;
  };

  [[nodiscard]] result<std::shared_ptr<const pinned_flow>> pinned(std::int64_t key);
  [[nodiscard]] result<void> compare(const storage::execution_row& row,
                                     const storage::stored_state& stored,
                                     flows::execution_state& state, const problem_function& report);

  storage::database_audit& audit_;
  storage::store& rows_;
  std::unordered_map<std::int64_t, std::shared_ptr<const pinned_flow>> known_;
};

} // namespace millrace
