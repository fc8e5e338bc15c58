// SPDX-License-Identifier: Apache-2.0
//
// Turns one commit unit into SQL. It neither begins nor ends transactions: whoever calls it owns
// the transaction and rolls back when it throws.
#pragma once

#include "statement.hpp"

#include <millrace/store.hpp>

#include <stdexcept>

namespace millrace::storage {

/// A unit cannot be applied because of what it says, for instance for an execution that does not
/// exist: a defect of the caller.
class invalid_unit : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Writes units through statements that are prepared once. One thread at a time.
class commit_writer {
public:
  explicit commit_writer(connection& database);

  /// Applies `unit` within the transaction that is open. Order: starts, what the execution itself
  /// changes, deliveries. Throws sqlite_failure or invalid_unit.
  unit_outcome apply(const commit_unit& unit);

private:
  execution_key write_start(const execution_start& start);
  execution_key existing_start(const execution_start& start);
  bool is_spent(const execution_start& start);
  void write_execution(const commit_unit& unit);
  bool begin_and_end(const commit_unit& unit);
  bool is_open(execution_key execution);
  void write_progress(const commit_unit& unit);
  void write_row(const commit_unit& unit);
  void write_state(const commit_unit& unit);
  void write_waits(execution_key execution, const std::vector<wait_entry>& waits);
  void write_records(const commit_unit& unit);
  void write_end(execution_key execution, const execution_end& end);
  void write_result(execution_key execution, const execution_end& end);
  execution_key deliver(const commit_unit::delivery& delivery);

  // Constant after construction.
  statement insert_start_;
  statement insert_input_;
  statement find_child_;
  statement find_id_;
  statement find_spent_id_;
  statement begin_and_end_;
  statement read_status_;
  statement update_begin_;
  statement update_row_;
  statement update_end_;
  statement update_children_;
  statement insert_result_;
  statement insert_delta_;
  statement replace_snapshot_;
  statement trim_journal_;
  statement drop_journal_;
  statement drop_snapshot_;
  statement drop_waits_;
  statement drop_inbox_;
  statement insert_wait_;
  statement consume_inbox_;
  statement insert_record_;
  statement find_wait_;
  statement take_wait_;
  statement insert_inbox_;
};

} // namespace millrace::storage
