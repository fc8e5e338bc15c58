// SPDX-License-Identifier: Apache-2.0
//
// The state of one execution: its main path and the branches of its open forks, each a cursor. The
// interpreter is the only one that changes it. What changed since the last commit comes out as a
// delta; applying the deltas in order to the state at the start gives the state again.
#pragma once

#include <millrace/context.hpp>
#include <millrace/definition.hpp>
#include <millrace/execution.hpp>
#include <millrace/step_path.hpp>
#include <millrace/step_result.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::flows {

/// Where a cursor stands.
///
///     enter ──> delayed_before ──> ready ──> running ──> delayed_after ──┐
///       │              (delay)       ^          │            (delay)     │
///       │                            └─ pausing <┘ (retry)               │
///       ├──> waiting (event) ────────────────────────────────────────────┤
///       ├──> calling (called flow) ──────────────────────────────────────┤
///       ├──> forked (branches) ──────────────────────────────────────────┤
///       └──> ended <───────────────────────────── next step: enter <─────┘
///
/// The numbers are stored.
enum class cursor_phase : std::uint8_t {
  enter = 0,          ///< `step` is about to begin
  delayed_before = 1, ///< waits for `due_at`, then ready
  ready = 2,          ///< the next attempt may run
  running = 3,        ///< an attempt is out; after a crash it is ready again
  pausing = 4,        ///< waits for `due_at` before the next attempt
  delayed_after = 5,  ///< holds `pending_output`, waits for `due_at`
  waiting = 6,        ///< waits for an event under `correlation_key`, at most until `due_at`
  calling = 7,        ///< waits for the end of the called flow `child_id`
  forked = 8,         ///< waits for its branches
  ended = 9,          ///< the path is over
};

struct cursor;

/// The end of one branch run: its output, or its error.
struct branch_result {
  json::value output;
  std::optional<error_info> error;
};

/// An open fork. The runs follow from the definition and the parent's context, which does not
/// change while the fork is open, so only results and `next_run` are stored, and the plan where
/// objects were read for it.
struct fork_state {
  struct run {
    std::size_t item = 0;   ///< index into items
    std::size_t branch = 0; ///< index into the step's branch templates
  };
  json::array items;
  std::vector<run> runs;
  /// Objects were read for items or runs, so that these are stored: they could be others later.
  bool is_of_objects = false;
  bool is_plan_stored = false;                       ///< a delta has it
  std::size_t next_run = 0;                          ///< the first run that has not begun
  std::vector<std::optional<branch_result>> results; ///< by run
  std::vector<std::unique_ptr<cursor>> active;       ///< in run order
  std::vector<std::size_t> uncommitted_results;      ///< runs that ended since the last delta
};

/// One path through the flow: the main one, or a branch run.
struct cursor {
  cursor(std::string cursor_id, cursor* parent_cursor, context members)
      : id(std::move(cursor_id)), parent(parent_cursor), variables(std::move(members)) {}

  std::string id;           ///< "" for the main path, else "<parent>/<visit of the fork>.<run>"
  cursor* parent = nullptr; ///< null for the main path
  std::size_t run = 0;      ///< of the parent's fork
  std::string branch_id;    ///< branchId of the template; empty for the main path
  context variables;        ///< the context that this path sees
  cursor_phase phase = cursor_phase::enter;
  std::string step;        ///< step instance id
  std::int64_t visit = 0;  ///< number of this visit of `step`, unique within the execution
  int attempt = 0;         ///< of the current visit (or call), counted from 1
  std::int64_t polls = 0;  ///< answered calls of POLL_EXTERNAL_API in the current visit
  std::int64_t due_at = 0; ///< Unix milliseconds; 0: none
  std::string correlation_key;
  std::string child_id;            ///< execution id of the called flow
  json::value pending_output;      ///< delayed_after: the output that is not mapped yet
  std::optional<error_info> error; ///< why the path ended badly
  std::map<std::string, std::int64_t> transition_counts;
  step_path path; ///< step instance ids in the order they were entered
  std::unique_ptr<fork_state> fork;

  // What the next delta has to hold; never stored.
  bool dirty = true;
  std::vector<std::string> dirty_counts;
  std::size_t committed_path = 0;   ///< steps of `path` that a delta already holds
  std::int64_t step_started_at = 0; ///< Unix milliseconds, for records
  /// The input of the attempt that is out or delayed; null after a restart until it is needed.
  std::shared_ptr<const json::object> input;
  std::vector<mapping_event> input_events; ///< of `input`, when somebody listens
};

/// What an execution is, apart from what happens to it. Constant once the execution has begun.
struct execution_identity {
  std::string flow_execution_id;
  std::string root_flow_execution_id;
  std::string parent_flow_execution_id; ///< empty: none
  std::string parent_step_instance_id;  ///< empty: none
  std::int64_t depth = 0;
  execution_kind kind = execution_kind::root;
  std::string trigger_source;
  bool enable_execution_logs = false;
  std::int64_t started_at = 0; ///< Unix milliseconds
};

/// The state of one execution. Not thread-safe: one actor owns it.
class execution_state {
public:
  /// The state in which an execution begins. `flow_variables` are those of agents and of the flow
  /// record, in that order, merged by the caller. Source: reference initialize-flow.
  execution_state(std::shared_ptr<const flow_definition> definition, execution_identity identity,
                  const start_request& request, const json::object& flow_variables);
  /// The state of an execution that begins on exactly this context; for trying single steps.
  [[nodiscard]] static std::unique_ptr<execution_state>
  on_context(std::shared_ptr<const flow_definition> definition, execution_identity identity,
             json::object members);
  execution_state(const execution_state&) = delete;
  execution_state& operator=(const execution_state&) = delete;

  [[nodiscard]] const flow_definition& definition() const noexcept { return *definition_; }
  [[nodiscard]] const std::shared_ptr<const flow_definition>& shared_definition() const noexcept {
    return definition_;
  }
  [[nodiscard]] const execution_identity& identity() const noexcept { return identity_; }
  [[nodiscard]] execution_status status() const noexcept { return status_; }
  [[nodiscard]] const std::optional<error_info>& error() const noexcept { return main_.error; }
  [[nodiscard]] const cursor& main() const noexcept { return main_; }
  /// The step before which the context of an execution stands that did not complete: the one that
  /// failed or was interrupted, whose output was never mapped, or the next one. Empty: there is
  /// none, the step had completed and no way led on from it. Told once, at the end.
  [[nodiscard]] const std::string& stopped_before() const noexcept { return stopped_before_; }
  /// The cursor of that id, or null.
  [[nodiscard]] cursor* find_cursor(std::string_view id);
  /// The earliest time something is due; 0: none.
  [[nodiscard]] std::int64_t next_due() const;
  /// Whether a path goes on by itself when its time comes (a delay, a retry).
  [[nodiscard]] bool wakes_itself() const;
  /// Correlation keys waited for, with their cursors.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> waits() const;
  /// Ids of called flows that are waited for, with their cursors.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> calls() const;

  /// What changed since the last call, as JSON text; empty: nothing. Cost: the size of the change.
  [[nodiscard]] std::string take_delta();
  /// The whole state as one delta on the state of the beginning; nothing is left to take after it.
  [[nodiscard]] std::string take_snapshot();
  /// Applies what take_delta() or take_snapshot() gave. Errors: `internal` for text that is
  /// neither.
  [[nodiscard]] result<void> apply_delta(std::string_view delta);

private:
  friend class interpreter;

  std::string write_delta(bool whole);
  json::object write_cursor(cursor& c, bool whole);
  void write_fork(cursor& c, bool whole, json::object& out);
  void write_cursors(cursor& c, bool whole, json::array& out);
  result<void> apply_checked(std::string_view delta);
  result<void> apply_cursor(const json::object& entry);
  result<void> apply_fork(cursor& c, const json::object& entry);
  cursor* find_or_add_cursor(const std::string& id);
  cursor& add_branch(cursor& parent, std::size_t run);

  std::shared_ptr<const flow_definition> definition_; // constant
  execution_identity identity_;                       // constant
  /// The run state as expressions see it, without currentContextData; the interpreter keeps
  /// currentStepInstanceId and status current.
  json::object run_state_;
  execution_status status_ = execution_status::running;
  std::int64_t visits_ = 0; ///< visits handed out so far
  std::string stopped_before_;
  cursor main_;
};

/// Evaluates the items of a fork on `variables` and lists the runs whose condition holds, in item
/// order, then in the order of the branch templates. `objects` may be null. Source: reference
/// handleParallelFork.
[[nodiscard]] result<std::unique_ptr<fork_state>>
plan_fork(const step& fork_step, const context& variables, pointed_objects* objects);

} // namespace millrace::flows
