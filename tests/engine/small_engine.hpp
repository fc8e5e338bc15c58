// SPDX-License-Identifier: Apache-2.0
//
// An engine in its parts, on a store and a clock of the test's choice, and what must not depend on
// crashes of what it ran.
#pragma once

#include "catalog.hpp"
#include "queries.hpp"

#include "flow_fixture.hpp"

#include <millrace/runtime.hpp>
#include <millrace/store.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace millrace::testing {

/// The id of the execution that tests of crashes start, again and again.
inline constexpr const char* crash_root_id = "0190f000-0000-7000-8000-0000000000aa";

/// Stands still, and jumps to whatever is due when only time is missing.
class frozen_time : public actors::time_source {
public:
  std::int64_t now() override { return now_; }
  bool skip_to(std::int64_t due) override {
    if (due > now_)
      now_ = due;
    return true;
  }
  /// Forward or backward.
  void jump(std::int64_t milliseconds) { now_ += milliseconds; }

private:
  std::atomic<std::int64_t> now_{1'700'000'000'000};
};

/// What a small engine is made of besides its store.
struct small_engine_parts {
  retention rules = {};
  std::shared_ptr<actors::time_source> time = std::make_shared<frozen_time>();
  std::size_t max_active_executions = 10'000;
  /// External modules beside those that every small engine knows.
  std::vector<std::pair<std::string, step_handler>> modules = {};
  /// Whether its store has begun to fail, where nobody waits for what fails (removal). Empty:
  /// never.
  std::function<bool()> has_failed = {};
};

/// Knows the external modules "test/echo", which gives its input, and "test/flaky", which fails
/// once and then does the same.
class small_engine {
public:
  explicit small_engine(std::unique_ptr<storage::store> store, small_engine_parts parts = {});

  /// Whether what the store held could be loaded.
  [[nodiscard]] bool usable() const { return loaded_.has_value(); }
  /// Throws when a flow is refused; an error is the store's.
  result<void> define(const json::value& flows);
  [[nodiscard]] actors::runtime& running() { return *runtime_; }
  [[nodiscard]] storage::store& rows() { return *store_; }
  [[nodiscard]] bool has_failed() const { return has_failed_ && has_failed_(); }
  /// Of the root `crash_root_id`, contexts included. Throws when it cannot be read.
  [[nodiscard]] std::vector<execution_record> family();

private:
  void register_modules(std::vector<std::pair<std::string, step_handler>> more);

  steps::registry steps_;
  std::unique_ptr<storage::store> store_;
  std::shared_ptr<catalog> definitions_;
  query_service queries_;
  result<void> loaded_;
  std::function<bool()> has_failed_;
  std::unique_ptr<actors::runtime> runtime_; // last: stops first
};

/// Throws when it cannot be opened.
[[nodiscard]] std::unique_ptr<storage::store> open_file(const std::string& path,
                                                        durability level = durability::none);

/// A family without what differs from run to run: times are gone, ids are masked, and siblings,
/// which may have been accepted in another order, have none.
using family_outcome = std::multiset<std::string>;
[[nodiscard]] family_outcome outcome_of(const std::vector<execution_record>& family);

/// How many of `expected` are not in `found`, each counted as often as it is there.
[[nodiscard]] std::size_t missing(const family_outcome& expected, const family_outcome& found);

/// What an audit of a database has to say, as text; "[]": it is sound.
[[nodiscard]] std::string findings(const std::string& path);

} // namespace millrace::testing
