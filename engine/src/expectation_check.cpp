// SPDX-License-Identifier: Apache-2.0
//
// A run held against an expectation. The children of an execution are shared out to the expected
// ones by a maximum matching: which of two children meets which entry is nobody's business, as
// long as there is a way for all of them.
#include "context_check.hpp"
#include <millrace/durations.hpp>

#include <millrace/expectation.hpp>

#include <algorithm>

namespace millrace::simulation {
namespace {

using sentences = std::vector<std::string>;

std::string times(std::int64_t count) {
  if (count == 0)
    return "never";
  return count == 1 ? "once" : std::to_string(count) + " times";
}

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& each : names)
    text += (text.empty() ? "" : ", ") + each;
  return text.empty() ? "nothing" : text;
}

std::string bounds(const time_bounds& expected) {
  if (expected.at_least && expected.at_least == expected.at_most)
    return "exactly " + format_duration(*expected.at_least);
  std::string text;
  if (expected.at_least)
    text = "at least " + format_duration(*expected.at_least);
  if (expected.at_most)
    text += (text.empty() ? "at most " : " and at most ") + format_duration(*expected.at_most);
  return text.empty() ? "any time" : text;
}

std::int64_t count_of(const std::map<std::string, std::int64_t>& counts, const std::string& step) {
  const auto found = counts.find(step);
  return found == counts.end() ? 0 : found->second;
}

std::string why_so(const execution_record& record) {
  if (record.error)
    return "; it failed with " + record.error->error_name + ": " + record.error->error_message;
  if (!record.waiting_for.empty())
    return "; it waits for " + list(record.waiting_for);
  return {};
}

/// One execution of a run against one expectation.
class execution_check {
public:
  execution_check(const expectation& expected, const world_outcome& world,
                  const execution_outcome& seen)
      : expected_(expected), world_(world), seen_(seen) {}

  sentences run() {
    check_end();
    check_steps();
    check_context();
    check_times();
    check_family();
    check_deliveries();
    return std::move(failures_);
  }

private:
  void fail(std::string sentence) {
    if (!sentence.ends_with('.')) // it may end in the words of an error
      sentence += '.';
    failures_.push_back(std::move(sentence));
  }

  void check_end() {
    const execution_record& record = seen_.record;
    if (expected_.status && record.status != *expected_.status)
      fail(std::string("expected the status ") + to_string(*expected_.status) + ", but it is " +
           to_string(record.status) + why_so(record));
    check_error();
    if (!expected_.waiting_for)
      return;
    auto wanted = *expected_.waiting_for;
    auto waits = record.waiting_for;
    std::sort(wanted.begin(), wanted.end());
    std::sort(waits.begin(), waits.end());
    if (wanted != waits)
      fail("expected it to wait for " + list(wanted) + ", but it waits for " + list(waits));
  }

  void check_error() {
    if (!expected_.error_name && !expected_.error_contains)
      return;
    const auto& error = seen_.record.error;
    if (!error) {
      fail("expected " + expected_.error_name.value_or("an error") + ", but it has no error");
      return;
    }
    if (expected_.error_name && error->error_name != *expected_.error_name)
      fail("expected the error " + *expected_.error_name + ", but it is " + error->error_name +
           ": " + error->error_message);
    if (expected_.error_contains &&
        error->error_message.find(*expected_.error_contains) == std::string::npos)
      fail("expected an error message with " + in_quotes(*expected_.error_contains) +
           ", but it is " + in_quotes(error->error_message));
  }

  void check_steps() {
    check_path();
    for (const auto& [step, count] : expected_.entered)
      if (const auto entered = count_of(seen_.entered, step); entered != count)
        fail("expected the step " + in_quotes(step) + " to be entered " + times(count) +
             ", but it was entered " + times(entered));
    for (const std::string& step : expected_.never_entered)
      if (const auto entered = count_of(seen_.entered, step); entered != 0)
        fail("the step " + in_quotes(step) + " must never be entered, but it was entered " +
             times(entered));
    for (const auto& [step, count] : expected_.retried)
      if (const auto retried = count_of(seen_.retried, step); retried != count)
        fail("expected the step " + in_quotes(step) + " to be tried again " + times(count) +
             ", but it was tried again " + times(retried));
  }

  void check_path() {
    if (!expected_.path || *expected_.path == seen_.record.path)
      return;
    const auto& wanted = *expected_.path;
    const auto& path = seen_.record.path;
    const auto differs = std::mismatch(wanted.begin(), wanted.end(), path.begin(), path.end());
    const auto name_at = [](const auto& steps, auto at) {
      return at == steps.end() ? std::string("the end") : in_quotes(*at);
    };
    fail("expected the path " + list(wanted) + ", but it is " + list(path) + "; at step " +
         std::to_string(differs.first - wanted.begin() + 1) + " expected " +
         name_at(wanted, differs.first) + ", seen " + name_at(path, differs.second));
  }

  void check_context() {
    const json::object& context = seen_.record.context;
    const auto note = [this](std::string miss) {
      if (!miss.empty())
        fail(std::move(miss));
    };
    for (const auto& [path, value] : expected_.context)
      note(miss_of_value(context, path, value));
    for (const auto& [path, type] : expected_.types)
      note(miss_of_type(context, path, type));
    for (const std::string& path : expected_.absent)
      note(miss_of_nothing(context, path));
  }

  void check_times() {
    if (!expected_.duration.hold(seen_.duration))
      fail("expected it to take " + bounds(expected_.duration) + ", but it took " +
           format_duration(seen_.duration));
    if (!expected_.delays)
      return;
    const auto& wanted = *expected_.delays;
    std::vector<std::string> seen;
    for (const auto delay : seen_.delays)
      seen.push_back(format_duration(delay));
    if (wanted.size() != seen.size()) {
      fail("expected " + std::to_string(wanted.size()) + " delays, but there were " +
           std::to_string(seen.size()) + ": " + list(seen));
      return;
    }
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (!wanted[i].hold(seen_.delays[i]))
        fail("expected delay " + std::to_string(i + 1) + " to be " + bounds(wanted[i]) +
             ", but it was " + seen[i]);
  }

  void check_deliveries() {
    if (!expected_.deliveries)
      return;
    std::vector<std::string> wanted = *expected_.deliveries;
    std::vector<std::string> seen;
    for (const execution_outcome& each : world_.deliveries)
      if (each.record.parent_flow_execution_id == seen_.record.flow_execution_id)
        seen.push_back(each.record.parent_step_instance_id);
    std::sort(wanted.begin(), wanted.end());
    std::sort(seen.begin(), seen.end());
    if (wanted != seen)
      fail("expected the deliveries " + list(wanted) + ", but there were " + list(seen));
  }

  void check_family();
  void check_events();
  void check_children(const std::vector<expected_children>& wanted);
  [[nodiscard]] std::int64_t family_size(const execution_outcome& of) const;

  const expectation& expected_;
  const world_outcome& world_;
  const execution_outcome& seen_;
  sentences failures_;
};

/// Shares the children of one execution out to the expected ones.
class child_matching {
public:
  child_matching(const std::vector<expected_children>& wanted, const world_outcome& world,
                 const execution_outcome& parent)
      : wanted_(wanted) {
    for (const std::string& id : parent.children)
      if (const execution_outcome* child = world.find(id))
        children_.push_back(child);
    taken_by_.assign(children_.size(), none);
    for (std::size_t entry = 0; entry < wanted.size(); ++entry) {
      misses_.emplace_back();
      for (const execution_outcome* child : children_)
        misses_.back().push_back(misses_of(wanted[entry], *child, world));
      for (std::int64_t i = 0; i < wanted[entry].count; ++i)
        slots_.push_back(entry);
    }
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      std::vector<bool> visited(children_.size(), false);
      if (!assign(slot, visited))
        unmet_.push_back(slots_[slot]);
    }
  }

  sentences failures(bool others_allowed) {
    sentences all;
    for (const std::string& flow : flows())
      count(flow, others_allowed, all);
    for (const std::size_t entry : unmet_)
      explain(entry, all);
    forbid(all);
    return all;
  }

private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  // Absent: of another flow.
  using misses = std::optional<sentences>;

  static misses misses_of(const expected_children& wanted, const execution_outcome& child,
                          const world_outcome& world) {
    if (child.record.flow_definition_id != wanted.flow_definition_id)
      return std::nullopt;
    return execution_check(wanted.each, world, child).run();
  }

  [[nodiscard]] bool fits(std::size_t entry, std::size_t child) const {
    return misses_[entry][child] && misses_[entry][child]->empty();
  }

  // An augmenting path from `slot` (Kuhn): a free child, or one whose slot finds another.
  bool assign(std::size_t slot, std::vector<bool>& visited) {
    for (std::size_t child = 0; child < children_.size(); ++child)
      if (taken_by_[child] == none && fits(slots_[slot], child)) {
        taken_by_[child] = slot;
        return true;
      }
    for (std::size_t child = 0; child < children_.size(); ++child) {
      // What a slot of the same entry has taken is of no more use to that one either.
      if (visited[child] || !fits(slots_[slot], child) || slots_[taken_by_[child]] == slots_[slot])
        continue;
      visited[child] = true;
      if (assign(taken_by_[child], visited)) {
        taken_by_[child] = slot;
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] std::set<std::string> flows() const {
    std::set<std::string> all;
    for (const expected_children& each : wanted_)
      all.insert(each.flow_definition_id);
    for (const execution_outcome* child : children_)
      all.insert(child->record.flow_definition_id);
    return all;
  }

  // Whether as many of a flow were started as are expected.
  void count(const std::string& flow, bool others_allowed, sentences& all) const {
    std::int64_t expected = 0;
    bool is_named = false;
    for (const expected_children& each : wanted_)
      if (each.flow_definition_id == flow) {
        expected += each.count;
        is_named = true;
      }
    const auto seen =
        std::count_if(children_.begin(), children_.end(), [&](const execution_outcome* child) {
          return child->record.flow_definition_id == flow;
        });
    if (seen == expected || (others_allowed && seen > expected))
      return;
    all.push_back("expected the flow " + in_quotes(flow) + " to be started " + times(expected) +
                  ", but it was started " + times(seen) +
                  (is_named ? "." : "; no such child is expected."));
  }

  // Holds an entry that no child is left for against the free child that comes nearest to it.
  void explain(std::size_t entry, sentences& all) {
    std::size_t best = none;
    for (std::size_t child = 0; child < children_.size(); ++child)
      if (taken_by_[child] == none && misses_[entry][child] &&
          (best == none || misses_[entry][child]->size() < misses_[entry][best]->size()))
        best = child;
    if (best == none)
      return; // too few were started, which is said already
    taken_by_[best] = 0;
    for (const std::string& miss : *misses_[entry][best])
      all.push_back("child " + std::to_string(best + 1) + " (" +
                    children_[best]->record.flow_definition_id + "): " + miss);
  }

  // An entry with the count 0 says what no child may be.
  void forbid(sentences& all) const {
    for (std::size_t entry = 0; entry < wanted_.size(); ++entry)
      for (std::size_t child = 0; wanted_[entry].count == 0 && child < children_.size(); ++child)
        if (taken_by_[child] == none && fits(entry, child))
          all.push_back("child " + std::to_string(child + 1) + " (" +
                        children_[child]->record.flow_definition_id +
                        ") is as no child may be (expectation " + std::to_string(entry + 1) +
                        ", with the count 0).");
  }

  const std::vector<expected_children>& wanted_;
  std::vector<const execution_outcome*> children_;
  std::vector<std::vector<misses>> misses_; // by entry and child
  std::vector<std::size_t> slots_;          // each the entry that it is of
  std::vector<std::size_t> taken_by_;       // by child: the slot, or none
  std::vector<std::size_t> unmet_;          // entries, once per slot that got no child
};

void execution_check::check_family() {
  if (expected_.events)
    check_events();
  if (expected_.children)
    for (std::string& each :
         child_matching(*expected_.children, world_, seen_).failures(expected_.other_children))
      failures_.push_back(std::move(each));
  if (!expected_.executions)
    return;
  const std::int64_t size = family_size(seen_);
  if (size != *expected_.executions)
    fail("expected its family to be " + std::to_string(*expected_.executions) +
         " executions, but there are " + std::to_string(size));
}

void execution_check::check_events() {
  const auto& wanted = *expected_.events;
  if (wanted.size() != world_.events.size()) {
    fail("expected " + std::to_string(wanted.size()) + " events, but the test has " +
         std::to_string(world_.events.size()));
    return;
  }
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (world_.events[i] != wanted[i])
      fail("expected event " + std::to_string(i + 1) + " to be " + to_string(wanted[i]) +
           ", but it is " + to_string(world_.events[i]));
}

std::int64_t execution_check::family_size(const execution_outcome& of) const {
  std::int64_t size = 0;
  std::vector<const execution_outcome*> pending{&of};
  while (!pending.empty()) {
    const execution_outcome* one = pending.back();
    pending.pop_back();
    ++size;
    for (const std::string& id : one->children)
      if (const execution_outcome* child = world_.find(id))
        pending.push_back(child);
  }
  return size;
}

// The first path in an expectation that is none, with a sentence.
std::string first_wrong_path(const expectation& expected) {
  for (const expectation_problem& each : check_expectation(expected, {}, {}))
    if (each.pointer.find("/context/") != std::string::npos ||
        each.pointer.find("/absent/") != std::string::npos ||
        each.pointer.find("/types/") != std::string::npos)
      return each.message;
  return {};
}

} // namespace

result<std::vector<std::string>> check(const expectation& expected, const world_outcome& seen,
                                       std::string_view flow_execution_id) {
  const execution_outcome* execution = seen.find(flow_execution_id);
  if (execution == nullptr)
    return error{errc::not_found,
                 "The run has no execution " + std::string(flow_execution_id) + '.'};
  if (const std::string wrong = first_wrong_path(expected); !wrong.empty())
    return error{errc::invalid_argument, "The expectation is unusable: " + wrong + '.'};
  return execution_check(expected, seen, *execution).run();
}

} // namespace millrace::simulation
