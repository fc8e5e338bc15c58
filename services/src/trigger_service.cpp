// SPDX-License-Identifier: Apache-2.0
//
// Source of ids of schedules, trigger sources and start inputs: reference schedule.service.
#include <millrace/trigger_service.hpp>

#include "derived_id.hpp"
#include "mail_intake.hpp"
#include "trigger_book.hpp"

#include <millrace/time_zones.hpp>

#include <algorithm>
#include <deque>
#include <set>

namespace millrace::services {
namespace {

// A run that is met later than this was missed: nobody looked when it was due.
constexpr std::int64_t late_run_ms = 60'000;
// Runs that lie back further are not even counted.
constexpr std::int64_t missed_back_ms = 366LL * 24 * 3600'000;
// Until what went wrong is tried again.
constexpr std::int64_t trouble_pause_ms = 60'000;

using storage::trigger_row;
using happened = trigger_event::what_happened;

/// What is due of one schedule.
struct due_runs {
  std::int64_t dropped = 0;        ///< missed runs that are not made up for
  std::int64_t dropped_until = 0;  ///< the last of them
  std::deque<std::int64_t> missed; ///< to be made up for
  std::vector<std::int64_t> on_time;
};

} // namespace

struct trigger_service::implementation {
  implementation(trigger_options given, const std::string& folder,
                 std::shared_ptr<object_store> objects)
      : options(std::move(given)), book(folder.empty() ? ":memory:" : folder + "/triggers.db"),
        intake(options, folder.empty() ? "" : folder + "/inbox", std::move(objects)) {}

  // One run().
  struct round {
    std::int64_t now;
    const start_function& start;
    const trigger_observer& observer;
    std::optional<std::int64_t> next;

    void look_again(std::int64_t at) { next = next ? std::min(*next, at) : at; }
    void tell(const trigger_event& event) const {
      if (observer)
        observer(event);
    }
  };

  void tell_problems(const std::vector<watched_flow>& flows, const round& of);
  [[nodiscard]] result<void> run_schedules(const std::vector<watched_flow>& flows, round& of);
  [[nodiscard]] result<void> run_schedule(const watched_flow& flow,
                                          const flows::schedule_start& point, round& of);
  [[nodiscard]] due_runs find_due(const flows::schedule_start& point, const trigger_row& row,
                                  const flows::time_zone& zone, std::int64_t now) const;
  [[nodiscard]] result<void> start_run(const watched_flow& flow, const flows::schedule_start& point,
                                       std::int64_t due, bool is_missed, round& of);
  [[nodiscard]] result<void> run_mail(const std::vector<watched_flow>& flows, round& of);

  const trigger_options options;
  trigger_book book;
  time_zones zones;
  mail_intake intake;
  std::set<std::string> told; ///< of start points that cannot be watched
};

void trigger_service::implementation::tell_problems(const std::vector<watched_flow>& flows,
                                                    const round& of) {
  for (const watched_flow& flow : flows)
    for (const flows::problem& each : flow.points.problems) {
      const std::string message = "Not watched at " + each.pointer + " of flow \"" +
                                  flow.flow_definition_id + "\": " + each.message + '.';
      if (told.insert(message).second)
        of.tell({happened::failed, "", "", "", message});
    }
}

result<void> trigger_service::implementation::run_schedules(const std::vector<watched_flow>& flows,
                                                            round& of) {
  for (const watched_flow& flow : flows)
    for (const flows::schedule_start& point : flow.points.schedules)
      if (auto done = run_schedule(flow, point, of); !done)
        return done.error();
  return {};
}

due_runs trigger_service::implementation::find_due(const flows::schedule_start& point,
                                                   const trigger_row& row,
                                                   const flows::time_zone& zone,
                                                   std::int64_t now) const {
  const std::size_t kept_max = options.missed == missed_runs::skip   ? 0
                               : options.missed == missed_runs::once ? 1
                                                                     : options.missed_max;
  due_runs found;
  const std::int64_t from = std::max(row.looked_until, now - missed_back_ms);
  point.when.visit_runs(zone, row.since, from, now, [&](std::int64_t run) {
    if (run >= now - late_run_ms) {
      found.on_time.push_back(run);
      return true;
    }
    found.missed.push_back(run);
    if (found.missed.size() > kept_max) {
      ++found.dropped;
      found.dropped_until = found.missed.front();
      found.missed.pop_front();
    }
    return true;
  });
  return found;
}

result<void> trigger_service::implementation::run_schedule(const watched_flow& flow,
                                                           const flows::schedule_start& point,
                                                           round& of) {
  trigger_row& row = *book.find(flow.flow_definition_id, point.step_instance_id);
  const auto zone = zones.find(point.time_zone);
  if (!zone) {
    row.last_error = "The schedule cannot run: " + zone.error().message() + ".";
    book.note(row, 0);
    return {};
  }
  const due_runs due = find_due(point, row, *zone, of.now);
  if (due.dropped > 0) {
    row.missed += due.dropped;
    row.looked_until = due.dropped_until;
    if (auto kept = book.put(row); !kept)
      return kept.error();
    of.tell({happened::missed, flow.flow_definition_id, point.step_instance_id, "",
             std::to_string(due.dropped) + " missed runs are not made up for."});
  }
  for (const std::int64_t run : due.missed)
    if (auto started = start_run(flow, point, run, true, of); !started)
      return started.error();
  for (const std::int64_t run : due.on_time)
    if (auto started = start_run(flow, point, run, false, of); !started)
      return started.error();
  const auto next = point.when.next_run(*zone, row.since, std::max(row.looked_until, of.now));
  book.note(row, next.value_or(0));
  if (next)
    of.look_again(*next);
  return {};
}

// The start first, then the note: a crash in between repeats the start, and its id makes it one.
result<void> trigger_service::implementation::start_run(const watched_flow& flow,
                                                        const flows::schedule_start& point,
                                                        std::int64_t due, bool is_missed,
                                                        round& of) {
  start_request request;
  request.flow_definition_id = flow.flow_definition_id;
  request.flow_version = std::to_string(flow.version);
  request.flow_execution_id =
      derived_id(due, "schedule\n" + flow.flow_definition_id + '\n' + point.step_instance_id +
                          '\n' + std::to_string(due));
  request.trigger_source = "ScheduleTrigger:" + point.step_instance_id;
  request.initial_context_data = point.initial_context;
  request.execution_overrides = json::object{{"startStepInstanceId", point.step_instance_id}};
  const auto started = of.start(std::move(request));
  if (!started &&
      (started.error().code() == errc::stopped || started.error().code() == errc::database_failed))
    return started.error();
  trigger_row& row = *book.find(flow.flow_definition_id, point.step_instance_id);
  row.looked_until = due;
  row.missed += is_missed ? 1 : 0;
  row.last_error = started ? "" : "The run cannot be started: " + started.error().message();
  if (started) {
    row.last_run_at = due;
    row.last_execution_id = *started;
  }
  if (auto kept = book.put(row); !kept)
    return kept.error();
  of.tell({started ? happened::started : happened::failed, flow.flow_definition_id,
           point.step_instance_id, started ? *started : "",
           started ? (is_missed ? "Started by schedule, late, for " : "Started by schedule for ") +
                         format_timestamp(due) + '.'
                   : row.last_error});
  return {};
}

result<void> trigger_service::implementation::run_mail(const std::vector<watched_flow>& flows,
                                                       round& of) {
  std::vector<watched_mail> points;
  for (const watched_flow& flow : flows)
    for (const flows::mail_start& point : flow.points.mails)
      points.push_back({&flow, &point});
  if (!intake.has_folder()) {
    for (const watched_mail& each : points) {
      trigger_row& row = *book.find(each.flow->flow_definition_id, each.point->step_instance_id);
      row.last_error = "No folder is watched: an engine in memory has none unless the triggers' "
                       "maildir names one.";
      book.note(row, std::nullopt);
    }
    return {};
  }
  if (points.empty())
    return {};
  of.look_again(of.now + options.poll.count());
  result<void> outcome;
  const auto report = [&](const mail_outcome& each) {
    trigger_row* row = book.find(each.event.flow_definition_id, each.event.step_instance_id);
    if (row) {
      row->last_error = each.event.what == happened::started ? "" : each.event.message;
      if (each.event.what == happened::started) {
        row->last_run_at = each.at;
        row->last_execution_id = each.event.flow_execution_id;
      }
      if (auto kept = book.put(*row); !kept)
        outcome = kept.error();
    }
    of.tell(each.event);
  };
  const auto has_more = intake.look(points, of.start, report);
  if (!has_more)
    return has_more.error();
  if (*has_more)
    of.look_again(of.now);
  return outcome;
}

trigger_service::trigger_service(trigger_options options, const std::string& folder,
                                 std::shared_ptr<object_store> objects)
    : impl_(std::make_unique<implementation>(std::move(options), folder, std::move(objects))) {}
trigger_service::~trigger_service() = default;

bool trigger_service::has_work(const std::vector<watched_flow>& flows) const {
  const bool watches = std::any_of(flows.begin(), flows.end(), [](const watched_flow& each) {
    return !each.points.schedules.empty() || !each.points.mails.empty() ||
           !each.points.problems.empty();
  });
  return impl_->options.is_on && (watches || impl_->book.is_there());
}

std::optional<std::int64_t> trigger_service::run(const std::vector<watched_flow>& flows,
                                                 std::int64_t now, const start_function& start,
                                                 const trigger_observer& observer) {
  implementation::round of{now, start, observer, std::nullopt};
  impl_->tell_problems(flows, of);
  result<void> done = impl_->book.watch(flows, now);
  if (done)
    done = impl_->run_schedules(flows, of);
  if (done)
    done = impl_->run_mail(flows, of);
  impl_->book.publish();
  if (!done && done.error().code() == errc::stopped)
    return std::nullopt;
  if (!done) {
    of.tell({happened::failed, "", "", "", done.error().message()});
    of.look_again(now + trouble_pause_ms);
  }
  return of.next;
}

std::vector<trigger_record> trigger_service::list() const {
  return impl_->book.shown();
}

} // namespace millrace::services
