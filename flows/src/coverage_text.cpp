// SPDX-License-Identifier: Apache-2.0
//
// Coverage held against definitions: what there is to see, what of it was seen, in words.
#include <millrace/coverage.hpp>

#include "coverage_counts.hpp"
#include "definition_checks.hpp"
#include "flow_graph_text.hpp"

#include <algorithm>
#include <set>

namespace millrace::flows {
namespace {

using definitions::child;

constexpr std::size_t missed_lines_max = 200; // in text; the report itself holds all

const step_coverage& nothing() {
  static const step_coverage none;
  return none;
}

// Forks, waits and starts are never tried again; the interpreter has the reasons.
bool has_retries(const step& of) {
  const auto any = [](const std::optional<retry_policy>& policy) {
    return policy && policy->count > 0;
  };
  return !of.fork && !of.wait && !of.start &&
         (any(of.on_error.retries) || any(of.on_error.retry_on_content_error));
}

std::string named(const flow_coverage_report& flow) {
  return drawing::one_line(flow.flow_definition_id) + " v" + std::to_string(flow.version);
}

/// Compares the steps of one flow with what was run of them.
class flow_comparison {
public:
  explicit flow_comparison(flow_coverage_report& out) : out_(out) {}

  void compare(const flow_definition& definition, const coverage& counts) {
    for (const auto& [id, each] : definition.steps) {
      const step_coverage* run = counts.find(definition.id, definition.version, id);
      step_ = &each;
      place_ = child("/steps", id);
      compare_step(run ? *run : nothing());
    }
  }

private:
  void point(coverage_kind kind, bool seen, const std::string& pointer, std::string_view clause,
             std::string_view about = {}) {
    coverage_tally& tally = out_.tallies[static_cast<std::size_t>(kind)];
    ++tally.points;
    if (seen) {
      ++tally.seen;
      return;
    }
    std::string message(clause);
    if (!about.empty())
      message += ": " + std::string(about);
    out_.missed.push_back({kind, step_->id, pointer, std::move(message)});
  }

  void compare_step(const step_coverage& run) {
    point(coverage_kind::steps, run.entered != 0, place_, "step never entered");
    compare_transitions(run);
    if (!step_->default_next.empty())
      point(coverage_kind::defaults, run.default_taken != 0,
            child(place_, "defaultNextStepInstanceId"), "default transition never taken");
    const std::string on_error = child(place_, "onError");
    if (!step_->on_error.fallback_step_instance_id.empty())
      point(coverage_kind::fallbacks, run.fallback_taken != 0,
            child(on_error, "fallbackStepInstanceId"), "fallback never taken");
    if (has_retries(*step_))
      point(coverage_kind::retries, run.retried != 0, on_error, "never retried");
    compare_branches(run);
    if (step_->start)
      point(coverage_kind::children, sum_of(run.children) != 0, place_, "no flow ever started",
            constant_child_flow(*step_));
  }

  void compare_transitions(const step_coverage& run) {
    for (std::size_t i = 0; i < step_->transitions.size(); ++i) {
      const auto counts =
          i < run.transitions.size() ? run.transitions[i] : step_coverage::transition_counts();
      const std::string here = child(child(place_, "transitions"), i);
      const std::string condition = child(here, "condition");
      const std::string& text = step_->transitions[i].when.text();
      point(coverage_kind::transitions, counts.taken != 0, here, "transition never taken",
            "to " + step_->transitions[i].next_step_instance_id);
      point(coverage_kind::conditions, counts.held != 0, condition, "never true", text);
      point(coverage_kind::conditions, counts.not_held != 0, condition, "never false", text);
    }
    for (std::size_t i = step_->transitions.size(); i < run.transitions.size(); ++i)
      out_.unknown.push_back(child(child(place_, "transitions"), i));
  }

  void compare_branches(const step_coverage& run) {
    if (!step_->fork)
      return;
    const auto& branches = step_->fork->branches;
    for (std::size_t i = 0; i < branches.size(); ++i)
      point(coverage_kind::branches, run.branches.count(branches[i].branch_id) != 0,
            child(child(place_, "parallelBranches"), i), "branch never run", branches[i].branch_id);
  }

  flow_coverage_report& out_;
  const step* step_ = nullptr;
  std::string place_;
};

// Rounded down: what is not whole must not look it.
std::string percent_text(const coverage_tally& tally) {
  const std::size_t tenths = tally.points == 0 ? 1000 : tally.seen * 1000 / tally.points;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " %";
}

std::string of_text(const coverage_tally& tally) {
  return std::to_string(tally.seen) + " of " + std::to_string(tally.points);
}

std::string padded(std::string_view text, std::size_t width, bool right) {
  const std::string spaces(width > text.size() ? width - text.size() : 0, ' ');
  return right ? spaces + std::string(text) : std::string(text) + spaces;
}

void write_flow(const flow_coverage_report& flow, std::string& out) {
  constexpr std::size_t name_width = 13;
  constexpr std::size_t number_width = 14;
  constexpr std::size_t percent_width = 10;
  const coverage_tally total = flow.total();
  out += named(flow) + ": " + percent_text(total) + " (" + of_text(total) + "), " +
         std::to_string(flow.executions) +
         (flow.executions == 1 ? " execution\n" : " executions\n");
  for (std::size_t i = 0; i < coverage_kind_count; ++i)
    if (flow.tallies[i].points != 0)
      out += "  " + padded(to_string(static_cast<coverage_kind>(i)), name_width, false) +
             padded(of_text(flow.tallies[i]), number_width, true) +
             padded(percent_text(flow.tallies[i]), percent_width, true) + '\n';
  for (std::size_t i = 0; i < std::min(flow.missed.size(), missed_lines_max); ++i)
    out += "  missed " + drawing::one_line(flow.missed[i].pointer, std::string::npos) + ": " +
           drawing::one_line(flow.missed[i].message, std::string::npos) + '\n';
  if (flow.missed.size() > missed_lines_max)
    out += "  and " + std::to_string(flow.missed.size() - missed_lines_max) + " more\n";
  for (const std::string& each : flow.unknown)
    out +=
        "  run, but not in this definition: " + drawing::one_line(each, std::string::npos) + '\n';
}

} // namespace

const char* to_string(coverage_kind kind) noexcept {
  switch (kind) {
  case coverage_kind::steps: return "steps";
  case coverage_kind::transitions: return "transitions";
  case coverage_kind::conditions: return "conditions";
  case coverage_kind::defaults: return "defaults";
  case coverage_kind::fallbacks: return "fallbacks";
  case coverage_kind::retries: return "retries";
  case coverage_kind::branches: return "branches";
  case coverage_kind::children: return "children";
  }
  return "";
}

double coverage_tally::percent() const noexcept {
  return points == 0 ? 100.0 : 100.0 * static_cast<double>(seen) / static_cast<double>(points);
}

coverage_tally flow_coverage_report::total() const noexcept {
  coverage_tally sum;
  for (const coverage_tally& each : tallies) {
    sum.points += each.points;
    sum.seen += each.seen;
  }
  return sum;
}

coverage_tally coverage_report::total() const noexcept {
  coverage_tally sum;
  for (const flow_coverage_report& each : flows) {
    const coverage_tally one = each.total();
    sum.points += one.points;
    sum.seen += one.seen;
  }
  return sum;
}

std::string coverage_report::to_text() const {
  std::string out;
  for (const flow_coverage_report& flow : flows)
    write_flow(flow, out);
  for (const std::string& each : other_flows)
    out += "run, but its definition was not given: " + drawing::one_line(each) + '\n';
  return out + "total: " + percent_text(total()) + " (" + of_text(total()) + ")\n";
}

coverage_report
coverage::report(const std::vector<std::shared_ptr<const flow_definition>>& definitions) const {
  coverage_report made;
  std::set<flow_key> given;
  for (const auto& definition : definitions) {
    flow_coverage_report flow{definition->id, definition->version, 0, {}, {}, {}};
    flow_comparison(flow).compare(*definition, *this);
    const auto run = flows_.find({definition->id, definition->version});
    if (run != flows_.end())
      for (const auto& [id, counts] : run->second) {
        add_count(flow.executions, counts.begun);
        if (!definition->find_step(id))
          flow.unknown.push_back(child("/steps", id));
      }
    given.emplace(definition->id, definition->version);
    made.flows.push_back(std::move(flow));
  }
  for (const auto& [flow, steps] : flows_)
    if (given.count(flow) == 0)
      made.other_flows.push_back(flow.first + " v" + std::to_string(flow.second));
  return made;
}

} // namespace millrace::flows
