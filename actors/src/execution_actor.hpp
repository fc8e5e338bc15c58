// SPDX-License-Identifier: Apache-2.0
//
// One flow execution. It loads, steps, commits, then acts: everything that leaves the process
// (a child's first step, an external handler, an observer's notice) happens after the commit that
// contains what led to it.
//
//     loading ──> stepping ──┬──> parked (rows only)
//                    ^       ├──> ended
//                    └───────┘ commits in flight, attempts out
//
// In: go_on_message, read_again_message, due_message, committed, attempt_done, poke_message,
// cancel_message, retire_message, stop_message. Out: commit orders to the writer; accepted_starts,
// starts_committed, notified_executions, execution_parked, executions_gone to the supervisor;
// attempts to the handler pool. Timers: due_message while it is in memory (due times are rows; the
// supervisor wakes what is parked). Stopped by itself, on retire or stop.
#pragma once

#include "accept_start.hpp"
#include "shared_state.hpp"

#include <millrace/execution_event.hpp>
#include <millrace/interpreter.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace millrace::actors {

class execution_actor : public caf::event_based_actor {
public:
  execution_actor(caf::actor_config& config, shared_state* shared, execution_key key,
                  start_hint hint);
  [[nodiscard]] caf::behavior make_behavior() override;
  [[nodiscard]] const char* name() const override { return "millrace.execution"; }
  void on_exit() override;

private:
  /// What follows when a commit is acknowledged.
  struct commit_in_flight {
    std::uint64_t token = 0;
    start_answer accepted;              ///< may be null: of its own start, which is in the unit
    std::shared_ptr<start_batch> batch; ///< may be null: what it starts
    bool is_announced = false;          ///< the supervisor has the batch already
    std::vector<attempt_job> attempts;
    std::vector<lifecycle_event> events;
    bool ends = false;
    bool parks = false;
  };

  // Loading (execution_loading.cpp).
  void load();
  result<void> load_new();
  result<void> load_stored();
  result<void> begin_stored_start();
  result<void> begin_new(const start_request& request);
  result<void> restore();
  result<void> make_state(const resolved_flow& flow, const start_request& request);
  result<void> hold_family();
  void release_family();
  void read_inbox();
  result<void> consume_inbox(const std::vector<storage::inbox_entry>& entries);
  result<void> answer_call(const std::string& cursor_id);
  void fail_to_load(const error& reason);
  [[nodiscard]] bool reads_again(const error& reason);

  // Stepping.
  void go_on();
  void drive();
  void perform(flows::effect wanted);
  [[nodiscard]] std::string idempotency_key(const flows::run_step_effect& wanted) const;
  void run_step(flows::run_step_effect& wanted);
  void on_attempt_done(const attempt_done& message);
  void take(std::string_view cursor, attempt_outcome outcome);
  void start_flow(flows::start_flow_effect& wanted);
  [[nodiscard]] std::optional<step_error> check_budgets();
  void on_cancel(const cancel_message& message);
  void end_with_family();
  [[nodiscard]] flows::moment now();

  // Committing (execution_commits.cpp).
  void commit(bool all_wait);
  [[nodiscard]] bool unit_is_empty() const;
  void put_status(execution_status status);
  void put_state();
  void put_waits();
  void arm_timer();
  void put_end();
  void put_end_of_call();
  void send_unit(bool ends, bool parks);
  [[nodiscard]] bool announce_starts(const std::shared_ptr<start_batch>& batch);
  [[nodiscard]] bool is_last_word() const;
  void on_committed(const committed& message);
  void hand_over_starts(commit_in_flight& stored, const storage::unit_outcome& outcome);
  void act(commit_in_flight& stored, const storage::unit_outcome& outcome);
  void announce_park();
  void answer_cancellers(const result<void>& outcome);
  void leave();

  // What is done on its behalf (execution_deliveries.cpp).
  void hear_who_is_told(const start_request& request);
  [[nodiscard]] bool tells() const;
  void tell_of_step(const flows::trace_event& event);
  bool remember_checkpoint(const execution_progress& reached);
  [[nodiscard]] execution_progress progress() const;
  void notify(flows::event_type type, std::int64_t visit, std::optional<execution_progress> reached,
              const json::object& reason = {});
  void notify_of_end(const json::object& reason);
  void carry_out_completion_actions();
  void start_for_step(std::string_view cursor, std::vector<start_request> requests);
  void deliver(flows::delivery what, std::int64_t visit);
  void add_start(start_request request, const start_lineage& lineage);

  // Observing (execution_trace.cpp).
  void trace(const flows::trace_event& event);
  void note(lifecycle_event::type what, json::object detail = {});
  void note_start(const storage::execution_start& child, const char* mode,
                  std::string_view branch_path);
  void publish(const std::vector<lifecycle_event>& events) const;
  void record(const flows::trace_event& event);

  shared_state* shared_;
  const execution_key key_;
  start_hint hint_; ///< until loaded; what is not sent yet of its own start, until it is
  bool is_ahead_;   ///< its row may not be committed yet
  random_bits random_;

  // Constant once loaded.
  storage::execution_row row_; ///< without the large columns
  std::unique_ptr<flows::execution_state> state_;
  std::unique_ptr<flows::interpreter> interpreter_;
  std::optional<json::object> notification_config_; ///< of its start

  // Gathered since the last commit.
  storage::commit_unit unit_;
  std::vector<attempt_job> attempts_;
  std::vector<lifecycle_event> events_;

  // In flight.
  std::deque<commit_in_flight> in_flight_;
  std::uint64_t last_token_ = 0;
  std::int64_t attempts_out_ = 0;
  std::int64_t armed_due_ = 0; ///< what the timer is for; 0: none
  std::uint64_t timer_generation_ = 0;
  bool go_on_is_due_ = false; ///< a go_on_message is in the mailbox
  int failed_reads_ = 0;      ///< in a row; not 0: a read_again_message is on its way

  // For the bounds on starts; counted only where there are bounds.
  bool holds_family_ = false;
  std::int64_t children_ = 0; ///< rows, and those on their way there

  // What the store has, so that only changes are written.
  std::int64_t journal_sequence_ = 0;
  std::size_t journal_bytes_ = 0;
  std::size_t snapshot_bytes_ = 0;
  std::optional<execution_status> stored_status_;
  std::vector<storage::wait_entry> stored_waits_;
  /// A delivery took a wait away; a commit on its way may have written it again.
  bool waits_consumed_ = false;
  std::int64_t stored_due_ = 0;
  std::int64_t record_sequence_ = 0;
  std::int64_t started_children_ = 0;  ///< with a new id, the current unit included
  std::vector<std::int64_t> consumed_; ///< inbox ids that were handled in this life

  std::int64_t reached_checkpoint_ = 0; ///< ordinal of the one told last; 0: none

  std::uint64_t pokes_ = 0; ///< messages with news seen so far, cancellations included
  bool over_ = false;       ///< the end is in a unit: nothing more to step
  bool stopping_ = false;
  std::vector<std::shared_ptr<cancel_answer>> cancellers_; ///< answered at the end
};

} // namespace millrace::actors
