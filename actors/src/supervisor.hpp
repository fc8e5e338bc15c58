// SPDX-License-Identifier: Apache-2.0
//
// The supervisor: admits executions while there is room, in the order in which they were accepted,
// finds the rest in the store, wakes what is due or notified, and knows when all is quiet. It owns
// no execution: those it spawns are siblings, neither linked to it nor monitored.
//
// In: outside_start, outside_event, outside_cancel, outside_farewell, accepted_starts,
// starts_committed, notified_executions, executions_gone, execution_parked, recover_message,
// wake_message, read_again_message, committed, store_failed, stop_message. Out: go_on_message,
// poke_message, cancel_message, retire_message and stop_message to executions, commit orders to the
// writer. Timers: one wake_message, its generation tells stale ones. Stopped by the runtime; stops
// executions first.
//
// Why nothing is lost: a start, an event, a due time are rows first and messages second. While the
// process lives each row's message arrives here; what does not fit (`backlog_`) is left to the
// store and paged in by key. A key that was committed late, behind the page already read, is
// taken from its message instead, so the two never leave a gap.
#pragma once

#include "admission_queue.hpp"
#include "shared_state.hpp"

#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace millrace::actors {

class supervisor : public caf::event_based_actor {
public:
  supervisor(caf::actor_config& config, shared_state* shared);
  [[nodiscard]] caf::behavior make_behavior() override;
  [[nodiscard]] const char* name() const override { return "millrace.supervisor"; }
  void on_exit() override;

private:
  struct active_execution {
    caf::actor handle;
    std::uint64_t pokes = 0; ///< messages with news sent so far, cancellations included
    bool retiring = false;   ///< was told to quit: nothing may be sent to it any more
    bool wake_again = false; ///< news came meanwhile: activate it again when it is gone
    std::vector<cancel_message> cancellations; ///< sent, or kept back while retiring
    std::vector<std::shared_ptr<std::promise<result<void>>>>
        farewells; ///< answered when it is gone
  };
  struct outside_commit {
    std::shared_ptr<const storage::execution_start> start; ///< null: of an event
    std::shared_ptr<std::promise<result<std::string>>> answer;
  };

  // From outside.
  void on_outside_start(const outside_start& message);
  void on_outside_event(const outside_event& message);
  void on_outside_cancel(const outside_cancel& message);
  void on_outside_farewell(const outside_farewell& message);
  void on_committed(const committed& message);
  void on_recover();

  // Admission.
  void on_accepted(const accepted_starts& message);
  void on_starts_committed(const start_batch& batch);
  bool remember(start_hint hint);
  [[nodiscard]] bool has_room_for(execution_key line, execution_key key) const;
  void page_again_from(execution_key key);
  void admit();
  void read_backlog();
  bool activate(execution_key key, start_hint hint);
  void begin(execution_key key, start_hint hint);
  void poke(execution_key key);
  void wake_again(execution_key key, const active_execution& gone);
  void on_gone(const std::vector<execution_key>& keys);
  void see_off(execution_key key, const active_execution& gone);
  void on_parked(const execution_parked& message);

  // Time.
  void wake();
  bool add_waiting(const std::vector<execution_key>& keys);
  void plan_wake(std::int64_t due);
  void look_whether_quiet();

  // The end.
  template <class Value>
  [[nodiscard]] bool is_read(const result<Value>& outcome);
  void on_failure(const error& reason);
  void on_stop();
  void stop_when_alone();

  shared_state* shared_;
  std::unordered_map<execution_key, active_execution> active_;
  admission_queue waiting_;                    ///< next to be activated
  std::unordered_set<execution_key> known_;    ///< active or in waiting_
  std::unordered_set<execution_key> left_out_; ///< families whose next children are in the store
  bool backlog_ = false;                       ///< the store may hold more than waiting_ does
  execution_key backlog_read_to_ = 0;          ///< every start up to here was seen in the store
  execution_key highest_paged_ = 0;            ///< the largest key that a page ever brought
  std::map<std::uint64_t, outside_commit> outside_; ///< commits in flight for callers, by token
  std::uint64_t last_token_ = 0;
  std::uint64_t wake_generation_ = 0;
  std::int64_t planned_wake_ = 0;  ///< when the timer fires; 0: no timer
  int failed_reads_ = 0;           ///< since the last that succeeded
  bool read_again_is_due_ = false; ///< a read_again_message is on its way
  bool failed_ = false;
  bool stopping_ = false;
};

} // namespace millrace::actors
