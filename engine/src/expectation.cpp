// SPDX-License-Identifier: Apache-2.0
//
// Expectations as they are written, and what is wrong with them before anything runs.
#include <millrace/expectation.hpp>

#include "context_check.hpp"
#include <millrace/member_reader.hpp>

#include <array>
#include <type_traits>

namespace millrace::simulation {
namespace {

struct type_name {
  value_type type;
  const char* name;
};

constexpr std::array<type_name, 6> type_names{{
    {value_type::null, "null"},
    {value_type::boolean, "boolean"},
    {value_type::number, "number"},
    {value_type::text, "string"},
    {value_type::array, "array"},
    {value_type::object, "object"},
}};

struct delivery_name {
  delivery outcome;
  const char* name;
};

constexpr std::array<delivery_name, 3> delivery_names{{
    {delivery::pending, "pending"},
    {delivery::delivered, "delivered"},
    {delivery::unclaimed, "unclaimed"},
}};

template <class Keys>
std::vector<std::string_view> names_of(const Keys& keys) {
  std::vector<std::string_view> names;
  for (const auto& each : keys)
    if constexpr (std::is_convertible_v<decltype(each), std::string_view>)
      names.emplace_back(each);
    else
      names.emplace_back(each.first);
  return names;
}

/// Goes through one expectation, and those of its children.
class expectation_reader {
public:
  expectation_reader(const flow_steps& known, std::vector<expectation_problem>& problems)
      : known_(known), problems_(problems) {}

  void read(const expectation& expected, std::string_view flow, const std::string& pointer) {
    read_steps(expected, flow, pointer);
    read_counts(expected, pointer);
    for (const auto& [path, value] : expected.context)
      read_path(path, child_of(pointer + "/context", path));
    for (std::size_t i = 0; i < expected.absent.size(); ++i)
      read_path(expected.absent[i], child_of(pointer + "/absent", i));
    for (const auto& [path, type] : expected.types)
      read_path(path, child_of(pointer + "/types", path));
    if (!expected.children)
      return;
    for (std::size_t i = 0; i < expected.children->size(); ++i)
      read_child((*expected.children)[i], child_of(pointer + "/children", i));
  }

private:
  void add(std::string pointer, std::string message) {
    problems_.push_back({std::move(pointer), std::move(message)});
  }

  void read_steps(const expectation& expected, std::string_view flow, const std::string& pointer) {
    if (expected.path)
      for (std::size_t i = 0; i < expected.path->size(); ++i)
        read_step((*expected.path)[i], flow, child_of(pointer + "/path", i));
    for (const auto& [step, times] : expected.entered)
      read_step(step, flow, child_of(pointer + "/entered", step));
    for (std::size_t i = 0; i < expected.never_entered.size(); ++i)
      read_step(expected.never_entered[i], flow, child_of(pointer + "/neverEntered", i));
    for (const auto& [step, times] : expected.retried)
      read_step(step, flow, child_of(pointer + "/retried", step));
  }

  void read_step(const std::string& step, std::string_view flow, std::string pointer) {
    const auto steps = known_.find(flow);
    if (steps == known_.end() || steps->second.count(step) != 0)
      return; // a flow that is not known is said once, where it is named
    add(std::move(pointer), "the flow " + in_quotes(flow) + " has no step " + in_quotes(step) +
                                what_was_meant(step, names_of(steps->second)));
  }

  void read_counts(const expectation& expected, const std::string& pointer) {
    const auto check_counts = [&](const auto& counts, const std::string& member) {
      for (const auto& [step, times] : counts)
        if (times < 0)
          add(child_of(pointer + member, step), "a count must be 0 or more");
    };
    check_counts(expected.entered, "/entered");
    check_counts(expected.retried, "/retried");
    if (expected.executions.value_or(1) < 1)
      add(pointer + "/executions", "a family has at least 1 execution");
  }

  void read_path(const std::string& path, std::string pointer) {
    if (std::string wrong = wrong_path(path); !wrong.empty())
      add(std::move(pointer), std::move(wrong));
  }

  void read_child(const expected_children& child, const std::string& pointer) {
    if (child.flow_definition_id.empty())
      add(pointer, "a child needs its \"flow\"" + what_was_meant("", names_of(known_)));
    else if (known_.find(child.flow_definition_id) == known_.end())
      add(pointer + "/flow", "there is no flow " + in_quotes(child.flow_definition_id) +
                                 what_was_meant(child.flow_definition_id, names_of(known_)));
    if (child.count < 0)
      add(pointer + "/count", "a count must be 0 or more");
    if (child.each.events)
      add(pointer + "/events", "events are those of the whole test; name them beside the status "
                               "of the first execution");
    read(child.each, child.flow_definition_id, pointer);
  }

  const flow_steps& known_;
  std::vector<expectation_problem>& problems_;
};

} // namespace

const char* to_string(value_type type) noexcept {
  for (const type_name& each : type_names)
    if (each.type == type)
      return each.name;
  return "";
}

std::optional<value_type> parse_value_type(std::string_view name) noexcept {
  for (const type_name& each : type_names)
    if (each.name == name)
      return each.type;
  return std::nullopt;
}

const char* to_string(delivery outcome) noexcept {
  for (const delivery_name& each : delivery_names)
    if (each.outcome == outcome)
      return each.name;
  return "";
}

std::optional<delivery> parse_delivery(std::string_view name) noexcept {
  for (const delivery_name& each : delivery_names)
    if (each.name == name)
      return each.outcome;
  return std::nullopt;
}

expectation& expectation::ends(execution_status expected) {
  status = expected;
  return *this;
}

expectation& expectation::takes_path(std::vector<std::string> step_instance_ids) {
  path = std::move(step_instance_ids);
  return *this;
}

expectation& expectation::enters(std::string step_instance_id, std::int64_t times) {
  entered[std::move(step_instance_id)] = times;
  return *this;
}

expectation& expectation::never_enters(std::string step_instance_id) {
  never_entered.push_back(std::move(step_instance_id));
  return *this;
}

expectation& expectation::retries(std::string step_instance_id, std::int64_t attempts) {
  retried[std::move(step_instance_id)] = attempts;
  return *this;
}

expectation& expectation::has(std::string json_path, json::value value) {
  context.emplace_back(std::move(json_path), std::move(value));
  return *this;
}

expectation& expectation::has_type(std::string json_path, value_type type) {
  types.emplace_back(std::move(json_path), type);
  return *this;
}

expectation& expectation::has_nothing_at(std::string json_path) {
  absent.push_back(std::move(json_path));
  return *this;
}

expectation& expectation::fails_with(std::string name, std::string message_part) {
  status = execution_status::failed;
  error_name = std::move(name);
  if (!message_part.empty())
    error_contains = std::move(message_part);
  return *this;
}

expectation& expectation::waits_for(std::string correlation_key) {
  if (!waiting_for)
    waiting_for.emplace();
  waiting_for->push_back(std::move(correlation_key));
  return *this;
}

expectation& expectation::pauses(std::vector<time_bounds> times) {
  delays = std::move(times);
  return *this;
}

expectation& expectation::lasts(std::chrono::milliseconds exactly) {
  duration = time_bounds::exactly(exactly);
  return *this;
}

expectation& expectation::lasts_at_least(std::chrono::milliseconds least) {
  duration.at_least = least;
  return *this;
}

expectation& expectation::lasts_at_most(std::chrono::milliseconds most) {
  duration.at_most = most;
  return *this;
}

expectation& expectation::starts(std::string flow, std::int64_t count) {
  return starts(std::move(flow), count, expectation());
}

expectation& expectation::starts(std::string flow, std::int64_t count, expectation each) {
  if (!children)
    children.emplace();
  children->push_back({std::move(flow), count, std::move(each)});
  return *this;
}

expectation& expectation::starts_nothing() {
  children.emplace();
  return *this;
}

expectation& expectation::may_start_others() {
  other_children = true;
  return *this;
}

expectation& expectation::comes_to(std::int64_t executions_of_family) {
  executions = executions_of_family;
  return *this;
}

expectation& expectation::delivers(std::vector<delivery> outcomes) {
  events = std::move(outcomes);
  return *this;
}

std::vector<expectation_problem> check_expectation(const expectation& expected,
                                                   const flow_steps& known, std::string_view flow) {
  std::vector<expectation_problem> problems;
  expectation_reader(known, problems).read(expected, flow, "");
  return problems;
}

} // namespace millrace::simulation
