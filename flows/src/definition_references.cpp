// SPDX-License-Identifier: Apache-2.0
//
// What steps say about each other: targets that do not exist, steps that nothing leads to, and
// orders of steps that Allma runs otherwise.
#include "definition_differences.hpp"
#include "definition_flow.hpp"
#include "shape.hpp"
#include <millrace/names.hpp>
#include <millrace/start_points.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace millrace::flows::definitions {

namespace {

using step_set = std::set<std::string_view>;

/// Calls `visit(target, pointer, what)` for every step that `from` names.
template <class Visit>
void each_reference(const step& from, const std::string& pointer, Visit visit) {
  for (std::size_t i = 0; i < from.transitions.size(); ++i) {
    visit(from.transitions[i].next_step_instance_id,
          child(child(child(pointer, "transitions"), i), "nextStepInstanceId"), "the transition");
  }
  visit(from.default_next, child(pointer, "defaultNextStepInstanceId"), "the default transition");
  visit(from.on_error.fallback_step_instance_id,
        child(child(pointer, "onError"), "fallbackStepInstanceId"), "the fallback");
  for (std::size_t i = 0; from.fork && i < from.fork->branches.size(); ++i) {
    visit(from.fork->branches[i].step_instance_id,
          child(child(child(pointer, "parallelBranches"), i), "stepInstanceId"), "the branch");
  }
}

/// "leads to step "b", which does not exist; use one of "a", "c" or add the step".
std::string leads_nowhere(std::string_view what, const std::string& wanted,
                          const flow_definition& flow) {
  std::vector<std::string_view> names;
  for (const auto& [name, unused] : flow.steps) {
    names.emplace_back(name);
  }
  std::string message =
      std::string(what) + " leads to step " + shape::quoted(wanted) + ", which does not exist; ";
  if (const auto near = nearest_name(wanted, names)) {
    return message + "use " + shape::quoted(*near) + " if that is meant, or add the step";
  }
  if (names.empty()) {
    return message + "add the step";
  }
  return message + "use one of " + list_names(names) + ", or add the step";
}

void check_targets(const flow_definition& flow, const step& from, const std::string& pointer,
                   problem_list& problems) {
  each_reference(from, pointer,
                 [&](const std::string& target, const std::string& at, std::string_view what) {
                   if (target.empty() || flow.find_step(target) != nullptr) {
                     return;
                   }
                   std::string message = leads_nowhere(what, target, flow);
                   // Allma loads such a flow; the branch fails when it runs, which the fork may
                   // tolerate.
                   if (what == "the branch") {
                     problems.warning(at, std::move(message));
                   } else {
                     problems.error(at, std::move(message));
                   }
                 });
}

/// Every step that can be reached from the start or from what starts the flow by itself, through
/// branches and fallbacks too.
step_set reachable_steps(const flow_definition& flow) {
  step_set reached;
  std::vector<std::string_view> open{flow.start_step_instance_id};
  for (const auto& [id, each] : flow.steps) {
    if (is_start_point(each.type)) {
      open.emplace_back(id);
    }
  }
  while (!open.empty()) {
    const step* current = flow.find_step(open.back());
    open.pop_back();
    if (current == nullptr || !reached.insert(current->id).second) {
      continue;
    }
    each_reference(*current, "",
                   [&open](const std::string& target, const std::string&, std::string_view) {
                     if (!target.empty()) {
                       open.emplace_back(target);
                     }
                   });
  }
  return reached;
}

bool is_wait(const step* candidate) {
  return candidate != nullptr && candidate->type == "WAIT_FOR_EXTERNAL_EVENT";
}

/// Wait steps that Allma runs through without pausing, because it enters them outside of its
/// orchestration: first steps, and steps right after a resumed wait or a called flow.
step_set waits_without_pause(const flow_definition& flow) {
  step_set found;
  const auto note = [&](const std::string& id) {
    if (const step* target = flow.find_step(id); is_wait(target)) {
      found.insert(target->id);
    }
  };
  note(flow.start_step_instance_id);
  for (const auto& [id, from] : flow.steps) {
    for (std::size_t i = 0; from.fork && i < from.fork->branches.size(); ++i) {
      note(from.fork->branches[i].step_instance_id);
    }
    if (!is_wait(&from) && !(from.start && from.start->sync)) {
      continue;
    }
    note(from.default_next);
    for (const transition& way : from.transitions) {
      note(way.next_step_instance_id);
    }
  }
  return found;
}

/// Whether a mapping of the step descends.
bool descends(const step& candidate) {
  const json::value* mappings = candidate.raw.if_contains("inputMappings");
  const json::object* sources = mappings != nullptr ? mappings->if_object() : nullptr;
  return sources != nullptr && std::any_of(sources->begin(), sources->end(), [](const auto& entry) {
           const json::string* source = entry.value().if_string();
           return source != nullptr && source->find("..") != json::string::npos;
         });
}

/// Allma's descents do not look into what it has moved out of the context.
void check_moved_outputs(const flow_definition& flow, const std::string& steps,
                         problem_list& problems) {
  const bool any_descends = std::any_of(flow.steps.begin(), flow.steps.end(),
                                        [](const auto& each) { return descends(each.second); });
  for (const auto& [id, current] : flow.steps) {
    const json::value* forced = current.raw.if_contains("forceS3Offload");
    if (any_descends && forced != nullptr && *forced == true) {
      warn_difference(problems, child(child(steps, id), "forceS3Offload"),
                      differences::moved_output);
    }
  }
}

} // namespace

void check_references(const flow_definition& target, object_reader& reader) {
  problem_list& problems = reader.problems();
  const std::string steps = reader.pointer("steps");
  const bool starts = target.find_step(target.start_step_instance_id) != nullptr;
  if (!starts && !target.start_step_instance_id.empty()) {
    reader.error("startStepInstanceId",
                 leads_nowhere("the flow's start", target.start_step_instance_id, target));
  }
  check_moved_outputs(target, steps, problems);
  const step_set reached = reachable_steps(target);
  const step_set unpaused = waits_without_pause(target);
  for (const auto& [id, current] : target.steps) {
    const std::string pointer = child(steps, id);
    check_targets(target, current, pointer, problems);
    if (starts && reached.count(id) == 0) {
      problems.warning(pointer, "nothing leads to step " + shape::quoted(id) +
                                    "; lead a transition to it or remove it");
    }
    if (unpaused.count(id) != 0) {
      warn_difference(problems, pointer, differences::wait_without_pause);
    }
    if (current.type == "SCHEDULE_START_POINT" && id != target.start_step_instance_id) {
      warn_difference(problems, pointer, differences::schedule_elsewhere);
    }
  }
}

} // namespace millrace::flows::definitions
