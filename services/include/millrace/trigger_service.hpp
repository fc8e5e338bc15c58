// SPDX-License-Identifier: Apache-2.0
//
// Watches the start points of flows and starts what is due. It has no clock and no thread: whoever
// owns it calls run() with the time, and again when it says.
#pragma once

#include <millrace/execution.hpp>
#include <millrace/service_options.hpp>
#include <millrace/start_points.hpp>
#include <millrace/triggers.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::services {

class object_store;

/// A published flow with start points. Those with a problem are told of once and not watched.
struct watched_flow {
  std::string flow_definition_id;
  std::int64_t version = 0;
  flows::start_points points;
};

/// Starts an execution; its id once that is durable. An id in the request that exists already is
/// success and starts nothing.
using start_function = std::function<result<std::string>(start_request)>;

/// list() is thread-safe; everything else belongs to one thread at a time.
class trigger_service {
public:
  /// `folder`: of what has no other place; empty: how far it has looked is kept in memory, and mail
  /// is looked for only where the options name a maildir.
  trigger_service(trigger_options options, const std::string& folder,
                  std::shared_ptr<object_store> objects);
  ~trigger_service();

  /// Whether run() would find anything to watch, or to forget.
  [[nodiscard]] bool has_work(const std::vector<watched_flow>& flows) const;
  /// Starts what is due at `now` (Unix milliseconds), each once: a start has an id that is made of
  /// what it is for, so that one which is repeated after a crash is the same. How far it has come
  /// is durable behind each start. When to call it again at the latest; absent: when the flows have
  /// changed. `observer` may be empty.
  [[nodiscard]] std::optional<std::int64_t> run(const std::vector<watched_flow>& flows,
                                                std::int64_t now, const start_function& start,
                                                const trigger_observer& observer);
  /// What was watched in the last run, by flow and step.
  [[nodiscard]] std::vector<trigger_record> list() const;

private:
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace millrace::services
