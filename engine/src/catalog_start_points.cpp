// SPDX-License-Identifier: Apache-2.0
//
// The start points of the flows that are known: what is watched, and what is refused because
// another flow has it or because the system does not know its time zone. Source of who is active:
// reference flow-activation.service; of two flows that want the same mail: email-mapping.service.
#include "catalog.hpp"

#include <algorithm>

namespace millrace {
namespace {

using flows::problem;

// As mail servers compare addresses: in either case.
std::string mail_key(const flows::mail_start& point) {
  std::string key = point.address;
  std::transform(key.begin(), key.end(), key.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return key + '\n' + point.keyword;
}

/// Who gets which mail. Whoever comes first has it.
class mail_book {
public:
  /// Who has the mail of `point` already; empty: nobody, and now this one has.
  std::string enter(const std::string& flow, const flows::mail_start& point) {
    const auto [entry, is_new] = owners_.try_emplace(mail_key(point));
    if (is_new)
      entry->second = "the step " + point.step_instance_id + " of flow \"" + flow + '"';
    return is_new ? std::string() : entry->second;
  }

private:
  std::map<std::string, std::string> owners_;
};

std::string step_pointer(const std::string& step, const char* member) {
  std::string escaped;
  for (const char c : step)
    escaped += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return "/steps/" + escaped + '/' + member;
}

problem taken(const flows::mail_start& point, const std::string& owner) {
  return {problem::severity_type::error, step_pointer(point.step_instance_id, "emailAddress"),
          owner + " gets mail to " + point.address +
              (point.keyword.empty() ? std::string(" without a keyword") : " with this keyword") +
              "; give one of them another address or keyword"};
}

void check_times(const flows::start_points& points, services::time_zones& zones,
                 std::vector<problem>& problems) {
  for (const flows::schedule_start& each : points.schedules) {
    const auto zone = zones.find(each.time_zone);
    if (!zone)
      problems.push_back(
          {zones.are_there() ? problem::severity_type::error : problem::severity_type::warning,
           step_pointer(each.step_instance_id, "timezone"), zone.error().message()});
    else if (!each.when.next_run(*zone, 0, -1))
      problems.push_back({problem::severity_type::warning,
                          step_pointer(each.step_instance_id, "scheduleExpression"),
                          "no time of the schedule \"" + each.when.text() +
                              "\" ever comes; look at its days, and at the changes of clocks"});
  }
}

} // namespace

void catalog::check_start_points(definition_change& change,
                                 const compiled_versions& compiled) const {
  contents next;
  {
    const std::lock_guard lock(mutex_);
    next = known_;
  }
  add(next, change);
  const auto is_latest = [&next](const std::string& flow, std::int64_t version) {
    const auto found = find(next, flow, latest_published);
    const auto& versions = next.flows[flow];
    const auto own = versions.find(version);
    return found && own != versions.end() && *found == &own->second;
  };
  mail_book book;
  for (const services::watched_flow& each : *next.watched)
    if (is_latest(each.flow_definition_id, each.version) &&
        compiled.count({each.flow_definition_id, each.version}) == 0)
      for (const flows::mail_start& point : each.points.mails)
        static_cast<void>(book.enter(each.flow_definition_id, point));
  for (const flows::flow_record& record : change.flows) {
    const json::value* id = record.definition.if_contains("id");
    const json::value* number = record.definition.if_contains("version");
    const std::string flow(id && id->is_string() ? std::string_view(id->get_string()) : "");
    const std::int64_t version = number && number->is_int64() ? number->get_int64() : 1;
    const auto made = compiled.find({flow, version});
    if (made == compiled.end() || !made->second)
      continue;
    const flows::start_points points =
        flows::start_points_of(*made->second, *variables_of(next, flow, record.definition));
    std::vector<problem> problems;
    check_times(points, zones_, problems);
    if (record.is_published)
      problems.insert(problems.end(), points.problems.begin(), points.problems.end());
    if (is_latest(flow, version))
      for (const flows::mail_start& point : points.mails)
        if (const std::string owner = book.enter(flow, point); !owner.empty())
          problems.push_back(taken(point, owner));
    for (problem& each : problems) {
      each.pointer = record.pointer + each.pointer;
      change.report.problems.push_back({record.source, flow, std::move(each)});
    }
  }
}

void catalog::watch_start_points(contents& known) const {
  std::vector<services::watched_flow> all;
  mail_book book;
  for (const auto& [id, versions] : known.flows) {
    const auto latest = find(known, id, latest_published);
    if (!latest || !(*latest)->flow.definition)
      continue;
    bool has_owner = false;
    bool is_active = false;
    for (const auto& [name, agent] : known.agents)
      if (owns(agent, id)) {
        has_owner = true;
        is_active = is_active || is_enabled(agent);
      }
    if (has_owner && !is_active)
      continue;
    const actors::resolved_flow& flow = (*latest)->flow;
    services::watched_flow watched{id, flow.definition->version,
                                   flows::start_points_of(*flow.definition, *flow.flow_variables)};
    std::erase_if(watched.points.mails, [&, &flow_id = id](const flows::mail_start& point) {
      const std::string owner = book.enter(flow_id, point);
      if (!owner.empty())
        watched.points.problems.push_back(taken(point, owner));
      return !owner.empty();
    });
    const flows::start_points& found = watched.points;
    if (!found.schedules.empty() || !found.mails.empty() || !found.problems.empty())
      all.push_back(std::move(watched));
  }
  known.watched = std::make_shared<const std::vector<services::watched_flow>>(std::move(all));
}

std::shared_ptr<const std::vector<services::watched_flow>> catalog::watched() const {
  const std::lock_guard lock(mutex_);
  return known_.watched;
}

} // namespace millrace
