// SPDX-License-Identifier: Apache-2.0
#include <millrace/crash_sweep.hpp>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <string_view>

namespace millrace::simulation {
namespace {

// 'h' stands for a digit of a UUID, 'd' for one of a time.
constexpr std::string_view id_shape = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
constexpr std::string_view time_shape = "dddd-dd-ddTdd:dd:dd.dddZ";

bool has_shape(std::string_view text, std::string_view shape) {
  if (text.size() < shape.size())
    return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    const bool fits = shape[i] == 'h'   ? is_digit || (text[i] >= 'a' && text[i] <= 'f')
                      : shape[i] == 'd' ? is_digit
                                        : text[i] == shape[i];
    if (!fits)
      return false;
  }
  return true;
}

std::string masked(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (has_shape(text, id_shape)) {
      out += "<id>";
      text.remove_prefix(id_shape.size());
    } else if (has_shape(text, time_shape)) {
      out += "<time>";
      text.remove_prefix(time_shape.size());
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

// "parent > step > child": the flows and steps that lead to an execution.
std::string place_of(const execution_outcome& each,
                     const std::map<std::string_view, const execution_outcome*>& all) {
  const execution_record& record = each.record;
  const auto parent = all.find(record.parent_flow_execution_id);
  if (parent == all.end())
    return record.flow_definition_id;
  return place_of(*parent->second, all) + " > " + record.parent_step_instance_id + " > " +
         record.flow_definition_id;
}

std::string state_of(const execution_outcome& each) {
  const execution_record& record = each.record;
  json::object state{{"version", record.flow_definition_version},
                     {"status", to_string(record.status)},
                     {"path", json::array(record.path.begin(), record.path.end())},
                     {"context", record.context}};
  if (record.error)
    state["errorInfo"] = record.error->to_json();
  if (!record.waiting_for.empty())
    state["waitingFor"] = json::array(record.waiting_for.begin(), record.waiting_for.end());
  return masked(stringify(state));
}

std::vector<std::string> missing(const std::vector<std::string>& expected,
                                 const std::vector<std::string>& found) {
  std::vector<std::string> rest;
  std::set_difference(expected.begin(), expected.end(), found.begin(), found.end(),
                      std::back_inserter(rest));
  return rest;
}

class sweep {
public:
  sweep(const crash_sweep_options& options, const scenario& play)
      : options_(options), play_(play) {}

  [[nodiscard]] result<crash_report> run() {
    for (const bool is_observed : {true, false})
      if (auto done = run_all(is_observed); !done)
        return done.error();
    return std::move(report_);
  }

private:
  [[nodiscard]] result<world_outcome> run_once(world_options how) const {
    auto stage = world::open(std::move(how));
    if (!stage)
      return stage.error();
    if (auto played = play_(*stage); !played)
      return played.error();
    return stage->outcome();
  }

  [[nodiscard]] result<void> run_all(bool is_observed) {
    world_options how = options_.world;
    how.is_observed = is_observed;
    how.crash = {};
    how.faults = {};
    const auto undisturbed = run_once(how);
    if (!undisturbed)
      return undisturbed.error();
    const std::vector<std::string> expected = final_state(*undisturbed);
    how.faults = options_.world.faults;
    how.observer = {};
    for (std::uint64_t write = 1; write <= undisturbed->writes; write += options_.stride)
      for (const bool after : {false, true}) {
        how.crash = {write, after};
        how.seed = options_.world.seed + write; // other turns, and other faults
        disturb(how, expected);
      }
    return {};
  }

  void disturb(const world_options& how, const std::vector<std::string>& expected) {
    ++report_.points;
    crash_difference seen;
    seen.at = how.crash;
    seen.is_observed = how.is_observed;
    if (const auto outcome = run_once(how)) {
      const std::vector<std::string> found = final_state(*outcome);
      seen.lost = missing(expected, found);
      seen.surplus = missing(found, expected);
      for (const auto& [step, times] : outcome->repeated)
        report_.repeated[step] += times;
    } else {
      seen.failure = outcome.error().message();
    }
    if (!seen.lost.empty() || !seen.surplus.empty() || !seen.failure.empty())
      report_.differences.push_back(std::move(seen));
  }

  const crash_sweep_options& options_;
  const scenario& play_;
  crash_report report_;
};

} // namespace

std::vector<std::string> final_state(const world_outcome& outcome) {
  std::map<std::string_view, const execution_outcome*> all;
  for (const execution_outcome& each : outcome.executions)
    all.emplace(each.record.flow_execution_id, &each);
  std::vector<std::string> states;
  states.reserve(outcome.executions.size() + outcome.deliveries.size());
  for (const auto* group : {&outcome.executions, &outcome.deliveries})
    for (const execution_outcome& each : *group)
      states.push_back(place_of(each, all) + ' ' + state_of(each));
  std::sort(states.begin(), states.end());
  return states;
}

std::string crash_difference::describe() const {
  std::string text = "Killed " + std::string(at.after_effect ? "after" : "before") + " write " +
                     std::to_string(at.write) + " took effect" +
                     (is_observed ? "" : ", unobserved") + ", it comes to something else.";
  for (const std::string& state : lost)
    text += "\n  lost: " + state;
  for (const std::string& state : surplus)
    text += "\n  one too many: " + state;
  if (!failure.empty())
    text += "\n  " + failure;
  return text;
}

std::string crash_report::describe() const {
  std::string text = std::to_string(points) + " crash points, " +
                     std::to_string(differences.size()) + " with another result.\n";
  for (const crash_difference& each : differences)
    text += each.describe() + '\n';
  for (const auto& [step, times] : repeated)
    text += "The external step " + step + " ran again " + std::to_string(times) + " times.\n";
  return text;
}

result<crash_report> sweep_crashes(const crash_sweep_options& options, const scenario& play) {
  if (options.stride == 0)
    return error{errc::invalid_argument, "The stride of a sweep is at least 1."};
  return sweep(options, play).run();
}

} // namespace millrace::simulation
