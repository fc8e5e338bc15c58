// SPDX-License-Identifier: Apache-2.0
//
// The engine: opens a database, knows flows, runs executions. The only header an embedding program
// needs.
#pragma once

#include <millrace/error.hpp>
#include <millrace/execution.hpp>
#include <millrace/execution_record.hpp>
#include <millrace/json.hpp>
#include <millrace/options.hpp>
#include <millrace/problem.hpp>
#include <millrace/progress_tree.hpp>
#include <millrace/redrive.hpp>
#include <millrace/triggers.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// A problem of a flow source, with the source's name.
struct source_problem {
  std::string source;
  std::string flow_definition_id; ///< empty: of the source as a whole
  flows::problem what;
};

/// One flow version of a source.
struct flow_version {
  std::string flow_definition_id;
  std::int64_t version = 0;
  bool is_published = false;
};

/// What reading flow sources gave.
struct source_report {
  std::vector<flow_version> flows; ///< in the order of reading, invalid ones included
  std::vector<source_problem> problems;

  /// Whether a problem is an error.
  [[nodiscard]] bool has_errors() const;
  /// All problems, a line each, errors first.
  [[nodiscard]] std::string describe() const;
};

/// A flow source: a JSON document and the name that problems give it.
struct flow_document {
  json::value document;
  std::string name;
};

/// Reads `path`: a JSON file, or every *.json file of a folder (not of folders in it, and without
/// its *.test.json files, which are tests of flows), by name.
/// Errors: not_found, invalid_syntax (file, line, column), invalid_argument for an empty folder.
[[nodiscard]] result<std::vector<flow_document>> read_flow_documents(const std::string& path);

/// Checks flow sources without an engine; `steps` says what can run. Never fails: everything that
/// is wrong is in the report.
[[nodiscard]] source_report check_flows(const std::vector<flow_document>& documents,
                                        const steps::registry& steps);

/// What an engine without threads has left to do.
struct pump_state {
  /// Nothing can be done now: what is left waits for time to pass or for news from outside.
  bool is_idle = false;
  /// When something is due next, by the engine's clock; absent: only news from outside go on.
  std::optional<std::chrono::system_clock::time_point> next_due;
};

/// How define() treats what it is given.
struct define_options {
  /// Takes flows with errors as well: starting one fails the execution with the reason, as on
  /// Allma. Else a source with an error changes nothing.
  bool accept_invalid = false;
};

/// An engine on one database. Movable; all member functions may be called from any thread at once,
/// except moving and destruction. One engine per database file at a time.
///
/// Nothing that a member function returns is ahead of the disk: an id, a record, an answer is given
/// when everything that led to it is committed at the chosen durability.
///
/// While it is open, and unless service_options::triggers or the absence of services says
/// otherwise, schedules and mail start flows by themselves. A run that is still to come keeps
/// nothing from being quiet, and a virtual clock does not jump for it alone: whoever owns such a
/// clock moves it to pump_state::next_due, as far as time is to pass.
///
/// An engine that was opened with `threads` = 0 has no thread of its own: everything (flows,
/// handlers, the observer, writes to the database) happens on the caller's thread, within run_for()
/// and within every call that waits for something. It belongs to that one thread. Its observer may
/// call no member function but queries, and its handlers none that waits for an execution or for
/// quiet: these calls fail with `conflict`.
class engine {
public:
  /// Opens the database, migrating an older one, and takes up what is unfinished. Errors:
  /// `database_unusable` (not ours, newer, read-only, held by another engine), `database_failed`,
  /// `invalid_argument` for options out of range. Nothing has been changed after an error.
  [[nodiscard]] static result<engine> open(engine_options options);

  engine(engine&& other) noexcept;
  engine& operator=(engine&& other) noexcept;
  /// Stops, as stop().
  ~engine();

  /// Adds or replaces flow versions, reusable step definitions, agents and flow variables, all of
  /// a call or none. Running executions keep the definition they began with; starts that are
  /// accepted and not yet begun get the new one. Errors: `invalid_definition` with every problem,
  /// `database_failed`. Durable at return.
  [[nodiscard]] result<source_report> define(const std::vector<flow_document>& documents,
                                             const define_options& options = {});
  /// The same for one document.
  [[nodiscard]] result<source_report> define(const json::value& document,
                                             std::string_view name = "definition",
                                             const define_options& options = {});
  /// The same for a file or folder, see read_flow_documents.
  [[nodiscard]] result<source_report> define_path(const std::string& path);
  /// The flow versions that are known, by id and version.
  [[nodiscard]] std::vector<flow_version> known_flows() const;

  /// Accepts a start; its execution is a root. The id, when the start is durable: from then on it
  /// will run. An id in the request that exists already, or did before retention removed it, is
  /// success and starts nothing. Errors: `invalid_input`, `database_failed`, `stopped`. An unknown
  /// flow is no error here: the execution fails with the reason.
  [[nodiscard]] result<std::string> start(start_request request);
  /// The same for a start input as JSON (see parse_start_request).
  [[nodiscard]] result<std::string> start(const json::object& input);
  /// Accepts many starts, which share commits; the outcome of each, in order, as start() gives it:
  /// one that is refused does not keep the others from being accepted. Returns when all are
  /// durable.
  [[nodiscard]] std::vector<result<std::string>> start_all(std::vector<start_request> requests);

  /// Waits until the execution has ended, the observer has heard of it, and gives its record,
  /// context included. Must not be called by the observer itself. Errors: `not_found` (also when
  /// retention has removed it meanwhile), `timed_out`, `database_failed`, `stopped`.
  [[nodiscard]] result<execution_record>
  wait(std::string_view flow_execution_id,
       std::chrono::milliseconds timeout = std::chrono::hours(24 * 365));
  /// Waits until every execution has ended or waits for an event. Errors as wait().
  [[nodiscard]] result<void>
  wait_until_quiet(std::chrono::milliseconds timeout = std::chrono::hours(24 * 365));

  /// Without threads: does what is ready and what is due, until nothing is left to do now or
  /// `budget` of real time is used up; what has begun is finished, a handler that blocks for longer
  /// included. Call it again when `next_due` has come, or after news from outside. A virtual clock
  /// jumps to what is due. Errors: `conflict` for an engine with threads or from within a handler,
  /// `database_failed`, `stopped`.
  [[nodiscard]] result<pump_state> run_for(std::chrono::milliseconds budget);
  /// The same without a limit of time: a flow that loops for ever keeps it for ever.
  [[nodiscard]] result<pump_state> run_until_idle();

  /// The execution, path and context included. Errors: `not_found`.
  [[nodiscard]] result<execution_record> find(std::string_view flow_execution_id) const;
  /// Executions in the order in which their starts were accepted.
  [[nodiscard]] result<std::vector<execution_record>>
  list(const execution_filter& filter = {}) const;
  /// The root and every execution it started, directly or through others, in order of acceptance;
  /// those that are accepted after the call are left out.
  [[nodiscard]] result<std::vector<execution_record>>
  family(std::string_view root_flow_execution_id, bool with_context = false) const;
  /// Step records, in order; kept where enableExecutionLogs asks for them. Errors: `not_found`.
  [[nodiscard]] result<std::vector<json::object>>
  step_records(std::string_view flow_execution_id) const;

  /// How far an execution has come or, as a tree, all of its family, whichever of it was named; of
  /// a family larger than `nodes_max` the bounds leave out the rest. Reads the whole family's index
  /// and one context after the other. Errors: `not_found`, `database_failed`.
  [[nodiscard]] result<progress_report> progress(std::string_view flow_execution_id,
                                                 progress_mode mode = progress_mode::tree,
                                                 std::size_t nodes_max = progress_nodes_max) const;

  /// The step types and modules that local services have run since open, by name, with what stood
  /// in for what they use on Allma.
  [[nodiscard]] std::vector<stand_in> stand_ins() const;

  /// The start points (SCHEDULE_START_POINT, EMAIL_START_POINT) of published flows that are
  /// watched, by flow and step; empty where triggers are off. They were looked at when open() and
  /// define() have been quiet once.
  [[nodiscard]] std::vector<trigger_record> triggers() const;

  /// What is in a queue of the local services, received messages that are still hidden included, or
  /// in all for an empty URL; in the order of sending. Errors: `conflict` for an engine without
  /// services, `database_unusable`, `database_failed`.
  [[nodiscard]] result<std::vector<queue_message>>
  queue_messages(std::string_view queue_url = {}) const;

  /// Runs an execution that has ended again, from its beginning or from one of its steps, as a new
  /// root whose trigger source names it; the new id. From the beginning it is the same start input.
  /// From a step it is that start input on the context that stood before a visit of the step: known
  /// of the step at which an execution stopped that did not complete, and of every visit on the
  /// main path where enableExecutionLogs kept step records. Durable at return, from when on it will
  /// run, as start(). Errors, all before anything is started: `not_found` (the execution, the
  /// version, the step, the visit), `conflict` when the execution is open or the context is not
  /// known, `invalid_argument` for a step of a branch or members of the request that contradict
  /// each other, `invalid_definition`, and those of start().
  [[nodiscard]] result<std::string> redrive(const redrive_request& request);

  /// Hands an event to the first execution that waits under `correlation_key`; its id. Durable at
  /// return. Errors: `not_found`, `invalid_input` for a payload over the limit, `database_failed`.
  [[nodiscard]] result<std::string> resume(std::string_view correlation_key,
                                           const json::value& payload);
  /// Ends an execution as CANCELLED; what it started goes on. Durable at return. Errors:
  /// `not_found`, `conflict` when it has ended.
  [[nodiscard]] result<void> cancel(std::string_view flow_execution_id,
                                    std::string_view reason = "cancelled on request");

  /// Ends every open execution of the family of `root_flow_execution_id` as CANCELLED, and those
  /// that they start meanwhile, so that nothing of the family is open at return; how many it found
  /// open. family() lists whom it concerns. Durable at return. Errors: `not_found`, `conflict` for
  /// an execution that is not a root, `database_failed`, `stopped`; what was cancelled by then
  /// stays so.
  [[nodiscard]] result<std::size_t> cancel_family(std::string_view root_flow_execution_id,
                                                  std::string_view reason = "cancelled on request");

  /// Ends all activity; what is unfinished goes on at the next open. Waits for step handlers that
  /// are running. Idempotent. Queries still answer afterwards, everything else fails with
  /// `stopped`; the database is released when the engine is destroyed.
  void stop();

private:
  friend class engine_access;
  struct implementation;
  explicit engine(std::unique_ptr<implementation> impl);
  std::unique_ptr<implementation> impl_;
};

/// Queries on a database without running anything; an engine may have it open at the same time.
/// Errors as engine::open.
class database_reader {
public:
  [[nodiscard]] static result<database_reader> open(const std::string& database);
  database_reader(database_reader&& other) noexcept;
  database_reader& operator=(database_reader&& other) noexcept;
  ~database_reader();

  [[nodiscard]] result<execution_record> find(std::string_view flow_execution_id) const;
  [[nodiscard]] result<std::vector<execution_record>>
  list(const execution_filter& filter = {}) const;
  [[nodiscard]] result<std::vector<execution_record>>
  family(std::string_view root_flow_execution_id, bool with_context = false) const;
  [[nodiscard]] result<std::vector<json::object>>
  step_records(std::string_view flow_execution_id) const;
  [[nodiscard]] result<progress_report> progress(std::string_view flow_execution_id,
                                                 progress_mode mode = progress_mode::tree,
                                                 std::size_t nodes_max = progress_nodes_max) const;

private:
  struct implementation;
  explicit database_reader(std::unique_ptr<implementation> impl);
  std::unique_ptr<implementation> impl_;
};

} // namespace millrace
