// SPDX-License-Identifier: Apache-2.0
//
// What starts flows by themselves, as it shows: start points that are watched, and what they did.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace millrace {

/// What a start point waits for.
enum class trigger_kind : unsigned char {
  schedule, ///< a time
  mail,     ///< a message
};

/// A start point of a published flow that is watched.
struct trigger_record {
  std::string flow_definition_id;
  std::int64_t flow_definition_version = 0;
  std::string step_instance_id;
  trigger_kind kind = trigger_kind::schedule;
  std::string waits_for;         ///< "rate(1 hour) in UTC"; an address, with the keyword
  std::int64_t next_run_at = 0;  ///< Unix milliseconds; 0: no run comes, or nobody can know when
  std::int64_t last_run_at = 0;  ///< when the last start was due; 0: never
  std::string last_execution_id; ///< empty: none
  std::int64_t missed = 0;       ///< runs that were due while nobody looked, over all time
  std::string last_error;        ///< empty: none since the last start
};

/// Something that triggers did.
struct trigger_event {
  enum class what_happened : unsigned char {
    started,   ///< an execution; its start is durable
    missed,    ///< runs that are not made up for
    unmatched, ///< a message that is for no start point
    failed,    ///< a message that cannot be used, or a run that cannot be started
  };
  what_happened what = what_happened::started;
  std::string flow_definition_id; ///< empty: of none
  std::string step_instance_id;   ///< empty: of none
  std::string flow_execution_id;  ///< of what was started
  std::string message;            ///< a sentence
};

/// Called on a thread of the engine's, one event after the other; must not stop the engine.
using trigger_observer = std::function<void(const trigger_event&)>;

} // namespace millrace
