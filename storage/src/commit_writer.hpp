// SPDX-License-Identifier: Apache-2.0
//
// Turns commit units into SQL. It neither begins nor ends transactions: whoever calls it owns
// the transaction and rolls back when it throws.
//
// An execution that is accepted and begins in the same batch is written as what it has become: one
// row where an INSERT and an UPDATE would write, and index, two.
#pragma once

#include "statement.hpp"

#include <millrace/store.hpp>

#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

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

  /// Applies `units` within the transaction that is open, in order. Within a unit: starts, what the
  /// execution itself changes, deliveries. Throws sqlite_failure or invalid_unit.
  std::vector<unit_outcome> apply(std::span<const commit_unit> units);

private:
  /// The unit with which an execution begins, when its start may be in the same batch.
  struct first_unit {
    execution_key execution = 0;
    const commit_unit* unit = nullptr;
    bool is_written = false; ///< its part of the row was written with the start
  };

  void find_first_units(std::span<const commit_unit> units);
  first_unit* first_unit_of(execution_key execution);
  bool is_written_with_start(const commit_unit& unit);
  unit_outcome apply(const commit_unit& unit);
  execution_key write_start(const execution_start& start);
  int insert_start(const execution_start& start, const commit_unit* first);
  execution_key existing_start(const execution_start& start);
  bool is_spent(const execution_start& start);
  std::optional<execution_status> status_of(execution_key execution);
  bool write_execution(const commit_unit& unit);
  bool begin_and_end(const commit_unit& unit);
  void write_beside_row(const commit_unit& unit);
  void write_progress(const commit_unit& unit);
  void write_row(const commit_unit& unit);
  void write_state(const commit_unit& unit);
  void write_waits(execution_key execution, const std::vector<wait_entry>& waits);
  void insert_waits(execution_key execution, const std::vector<wait_entry>& waits);
  void write_records(const commit_unit& unit);
  void write_end(execution_key execution, const execution_end& end);
  void write_result(execution_key execution, const execution_end& end);
  execution_key deliver(const commit_unit::delivery& delivery);

  std::vector<first_unit> first_units_; ///< of the batch, by execution

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
