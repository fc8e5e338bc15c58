// SPDX-License-Identifier: Apache-2.0
#include "chronicle.hpp"

#include <cstdio>

namespace millrace::simulation {
namespace {

using event_type = lifecycle_event::type;

// A longer detail is cut: the trace is for reading.
constexpr std::size_t detail_bytes_max = 400;

std::string name_of_type(event_type what) {
  switch (what) {
  case event_type::execution_accepted: return "accepted";
  case event_type::execution_begun: return "begun";
  case event_type::execution_waiting: return "parked";
  case event_type::execution_ended: return "ended";
  case event_type::step_entered: return "entered";
  case event_type::step_left: return "left";
  case event_type::step_completed: return "completed";
  case event_type::step_failed: return "failed";
  case event_type::step_retrying: return "retrying";
  case event_type::step_continued: return "continued";
  case event_type::step_delayed: return "delayed";
  case event_type::step_waiting: return "waiting";
  case event_type::step_resumed: return "resumed";
  case event_type::branch_started: return "branch started";
  case event_type::branch_ended: return "branch ended";
  }
  return "?";
}

// Never in the middle of a character.
std::string shortened(std::string text) {
  if (text.size() <= detail_bytes_max)
    return text;
  const std::size_t whole = text.size();
  std::size_t end = detail_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  text.resize(end);
  return text + "... (" + std::to_string(whole) + " bytes)";
}

} // namespace

void chronicle::hear(const lifecycle_event& event) {
  count(event, executions_[event.flow_execution_id]);
  begin_line(event.at);
  text_ += name_of(event);
  if (!event.branch_path.empty())
    text_ += " [" + event.branch_path + "]";
  text_ += ' ' + name_of_type(event.what);
  if (!event.step_instance_id.empty())
    text_ += ' ' + event.step_instance_id;
  if (event.what == event_type::execution_ended)
    text_ += std::string(" ") + to_string(event.status);
  if (event.delay_ms != 0)
    text_ += " in " + std::to_string(event.delay_ms) + " ms";
  if (!event.detail.empty())
    text_ += ' ' + shortened(stringify(event.detail));
  text_ += '\n';
}

void chronicle::note(std::int64_t at, const std::string& line) {
  begin_line(at);
  text_ += line + '\n';
}

void chronicle::fill(execution_outcome& outcome) const {
  const auto found = executions_.find(outcome.record.flow_execution_id);
  if (found == executions_.end())
    return;
  outcome.entered = found->second.entered;
  outcome.retried = found->second.retried;
  outcome.failed = found->second.failed;
  outcome.delays = found->second.delays;
}

void chronicle::count(const lifecycle_event& event, notes& of) {
  switch (event.what) {
  case event_type::step_entered: ++of.entered[event.step_instance_id]; return;
  case event_type::step_failed:
  case event_type::step_continued: ++of.failed[event.step_instance_id]; return;
  case event_type::step_retrying:
    ++of.retried[event.step_instance_id];
    of.delays.emplace_back(event.delay_ms);
    return;
  case event_type::step_delayed: of.delays.emplace_back(event.delay_ms); return;
  default: return;
  }
}

std::string chronicle::name_of(const lifecycle_event& event) {
  const auto entry = numbers_.try_emplace(event.flow_execution_id, numbers_.size() + 1).first;
  return event.flow_definition_id + '#' + std::to_string(entry->second);
}

// "+2d 03:04:05.678", counted from the beginning.
void chronicle::begin_line(std::int64_t at) {
  constexpr std::int64_t day = 86'400'000;
  const std::int64_t since = at - begin_;
  const std::int64_t left = since % day;
  char text[64];
  std::snprintf(text, sizeof text, "+%lldd %02lld:%02lld:%02lld.%03lld ",
                static_cast<long long>(since / day), static_cast<long long>(left / 3'600'000),
                static_cast<long long>(left / 60'000 % 60),
                static_cast<long long>(left / 1000 % 60), static_cast<long long>(left % 1000));
  text_ += text;
}

} // namespace millrace::simulation
