// SPDX-License-Identifier: Apache-2.0
//
// Coverage counts as JSON and back.
#include <millrace/coverage.hpp>

#include "coverage_counts.hpp"
#include "definition_checks.hpp"
#include "shape.hpp"

#include <algorithm>
#include <utility>

namespace millrace::flows {
namespace {

constexpr std::int64_t format_version = 1;
constexpr std::string_view format_member = "millraceCoverage";

using definitions::child;
using named_counts = std::map<std::string, std::uint64_t, std::less<>>;

struct step_member {
  const char* name;
  std::uint64_t step_coverage::*count;
};
constexpr step_member step_members[] = {{"begun", &step_coverage::begun},
                                        {"entered", &step_coverage::entered},
                                        {"retried", &step_coverage::retried},
                                        {"default", &step_coverage::default_taken},
                                        {"fallback", &step_coverage::fallback_taken},
                                        {"ended", &step_coverage::ended}};

using transition_counts = step_coverage::transition_counts;
struct transition_member {
  const char* name;
  std::uint64_t transition_counts::*count;
};
constexpr transition_member transition_members[] = {{"taken", &transition_counts::taken},
                                                    {"held", &transition_counts::held},
                                                    {"notHeld", &transition_counts::not_held}};

void put(json::object& to, std::string_view name, std::uint64_t count) {
  if (count != 0)
    to[name] = static_cast<std::int64_t>(count);
}

void put(json::object& to, std::string_view name, const named_counts& counts) {
  json::object members;
  for (const auto& [id, count] : counts)
    put(members, id, count);
  if (!members.empty())
    to[name] = std::move(members);
}

json::object write_step(const step_coverage& step) {
  json::object out;
  for (const step_member& each : step_members)
    put(out, each.name, step.*each.count);
  if (!step.transitions.empty()) {
    json::array transitions;
    for (const transition_counts& counts : step.transitions) {
      json::object one;
      for (const transition_member& each : transition_members)
        put(one, each.name, counts.*each.count);
      transitions.push_back(std::move(one));
    }
    out["transitions"] = std::move(transitions);
  }
  put(out, "branches", step.branches);
  put(out, "children", step.children);
  return out;
}

/// Reads with the place at hand. The first thing that is wrong ends it.
class reader {
public:
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

  const json::object* object(const json::value& value, const std::string& pointer) {
    return expect(value.if_object(), value, pointer, "an object");
  }
  const json::array* array(const json::value& value, const std::string& pointer) {
    return expect(value.if_array(), value, pointer, "an array");
  }
  void count(const json::object& from, std::string_view name, const std::string& pointer,
             std::uint64_t& to) {
    const json::value* value = from.if_contains(name);
    if (!value)
      return;
    const std::int64_t* number = value->if_int64();
    if (!expect(number && *number >= 0 ? number : nullptr, *value, child(pointer, name),
                "a whole number from 0 to 2^53"))
      return;
    add_count(to, static_cast<std::uint64_t>(*number));
  }
  void counts(const json::object& from, std::string_view name, const std::string& pointer,
              named_counts& to) {
    const json::value* value = from.if_contains(name);
    if (!value)
      return;
    const std::string place = child(pointer, name);
    if (const json::object* members = object(*value, place))
      for (const auto& member : *members)
        count(*members, member.key(), place, to[member.key()]);
  }
  void refuse(const std::string& pointer, const std::string& what) {
    if (problem_.empty())
      problem_ = "at " + (pointer.empty() ? "the top" : pointer) + " " + what;
  }

private:
  template <class T>
  const T* expect(const T* found, const json::value& value, const std::string& pointer,
                  const char* wanted) {
    if (!found)
      refuse(pointer, std::string("must stand ") + wanted + ", not " + shape::describe(value));
    return found;
  }

  std::string problem_;
};

void read_step(reader& from, const json::object& members, const std::string& pointer,
               step_coverage& step) {
  for (const step_member& each : step_members)
    from.count(members, each.name, pointer, step.*each.count);
  from.counts(members, "branches", pointer, step.branches);
  from.counts(members, "children", pointer, step.children);
  const json::value* given = members.if_contains("transitions");
  if (!given)
    return;
  const std::string place = child(pointer, "transitions");
  const json::array* transitions = from.array(*given, place);
  if (!transitions)
    return;
  step.transitions.resize(std::max(step.transitions.size(), transitions->size()));
  for (std::size_t i = 0; i < transitions->size(); ++i) {
    const std::string here = child(place, i);
    if (const json::object* counts = from.object((*transitions)[i], here))
      for (const transition_member& each : transition_members)
        from.count(*counts, each.name, here, step.transitions[i].*each.count);
  }
}

void read_flow(reader& from, const json::value& flow, const std::string& pointer,
               std::map<coverage::flow_key, coverage::step_counts>& to) {
  const json::object* members = from.object(flow, pointer);
  if (!members)
    return;
  const json::value* id = members->if_contains("flowDefinitionId");
  const json::value* version = members->if_contains("version");
  const json::value* steps = members->if_contains("steps");
  if (!id || !id->is_string())
    return from.refuse(child(pointer, "flowDefinitionId"), "must stand the id of a flow");
  if (!version || !version->is_int64())
    return from.refuse(child(pointer, "version"), "must stand the number of a version");
  coverage::step_counts& counts = to[{std::string(id->get_string()), version->get_int64()}];
  if (!steps)
    return;
  const std::string place = child(pointer, "steps");
  if (const json::object* each_step = from.object(*steps, place))
    for (const auto& step : *each_step) {
      const std::string here = child(place, step.key());
      if (const json::object* step_members_given = from.object(step.value(), here))
        read_step(from, *step_members_given, here, counts[step.key()]);
    }
}

} // namespace

json::object coverage::to_json() const {
  json::array flows;
  for (const auto& [flow, steps] : flows_) {
    json::object members;
    for (const auto& [id, step] : steps)
      members[id] = write_step(step);
    flows.push_back(json::object{
        {"flowDefinitionId", flow.first}, {"version", flow.second}, {"steps", std::move(members)}});
  }
  return {{format_member, format_version}, {"flows", std::move(flows)}};
}

result<coverage> coverage::from_json(const json::value& document) {
  coverage read;
  reader from;
  if (const json::object* members = from.object(document, "")) {
    const json::value* format = members->if_contains(format_member);
    const json::value* flows = members->if_contains("flows");
    if (!format || !format->is_int64() || format->get_int64() != format_version)
      from.refuse(child("", format_member),
                  "must stand 1: this is no coverage that this version of Millrace reads");
    else if (!flows)
      from.refuse("/flows", "must stand an array");
    else if (const json::array* all = from.array(*flows, "/flows"))
      for (std::size_t i = 0; i < all->size(); ++i)
        read_flow(from, (*all)[i], "/flows/" + std::to_string(i), read.flows_);
  }
  if (!from.problem().empty())
    return error{errc::invalid_input, from.problem() + "."};
  return read;
}

} // namespace millrace::flows
