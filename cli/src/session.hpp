// SPDX-License-Identifier: Apache-2.0
//
// Running an engine for the length of a command.
#pragma once

#include "exit_status.hpp"
#include "progress.hpp"

#include <millrace/engine.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace millrace::cli {

/// How long a command looks away: the pace of what it tells and of Ctrl-C.
inline constexpr std::chrono::milliseconds glance{100};

/// How a wait ended.
enum class wait_end : unsigned char {
  quiet,       ///< every execution has ended or waits for an event
  timed_out,   ///< the time limit came first; the engine has been stopped
  enough,      ///< what the caller waits for is there, others go on; the engine has been stopped
  interrupted, ///< Ctrl-C or SIGTERM came first; the engine has been stopped
};

/// An engine on a database, or in memory where `database` is empty, and the user's view of it.
class session {
public:
  struct options {
    std::string database;
    millrace::durability durability = millrace::durability::power_loss;
    bool recover = true;       ///< takes up what is unfinished in the database
    bool show_progress = true; ///< where standard error is a terminal
    steps::registry steps = steps::registry::with_system_modules();
    service_options services = {};
    bool with_triggers = false; ///< schedules and mail start flows; else nothing starts by itself
    millrace::trigger_observer trigger_observer = {};
  };

  /// Errors: the engine's.
  [[nodiscard]] static result<session> open(const options& how);

  [[nodiscard]] millrace::engine& engine() noexcept { return *engine_; }
  /// Empty for one in memory.
  [[nodiscard]] const std::string& database() const noexcept { return how_.database; }
  /// Closes and opens again, now taking up what is unfinished. Errors: the engine's; then the
  /// session is of no more use.
  [[nodiscard]] result<void> reopen_and_recover();
  /// The progress line tells of the family of this root from now on.
  void watch(const std::string& root) { watched_ = root; }
  /// Waits until nothing can go on by itself, renewing the progress line; interruptible. Where
  /// `is_enough` is given, also until it has held at two looks in succession (executions move while
  /// it looks). Errors: the engine's and those of `is_enough`.
  [[nodiscard]] result<wait_end> wait(std::optional<std::chrono::milliseconds> limit,
                                      const std::function<result<bool>()>& is_enough = {});

private:
  session() = default;
  [[nodiscard]] result<void> open_engine();
  [[nodiscard]] std::string headline();

  options how_;
  std::shared_ptr<progress> progress_; // null: not shown
  std::string watched_;                // empty: nobody
  std::string headline_;               // as of the last look
  std::chrono::steady_clock::time_point next_look_{};
  std::unique_ptr<millrace::engine> engine_;
};

/// What names of functions, queues and so on mean: the configuration `file`, or, where none is
/// named, millrace.json of this folder if there is one. Errors: those of read_service_options.
[[nodiscard]] result<service_options> read_configuration(const std::string& file);

/// Whether there is something under that name; the engine says whether it is a database.
[[nodiscard]] bool database_exists(const std::string& path);
/// The sentence for a command that needs --db FILE to name an existing database; empty: it does.
[[nodiscard]] std::string missing_database(const std::string& path);

} // namespace millrace::cli
