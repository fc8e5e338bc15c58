// SPDX-License-Identifier: Apache-2.0
//
// Compiling a definition: reusable steps are merged in, the flow and each step are read, then the
// references between them are checked. Every stage runs whatever the ones before it found.
#include "definition_flow.hpp"
#include "definition_inherit.hpp"
#include "definition_step.hpp"
#include "shape.hpp"

#include <millrace/content_hash.hpp>
#include <millrace/definition.hpp>

#include <set>
#include <utility>

namespace millrace::flows {

namespace definitions {
namespace {

/// Merges reusable definitions under the steps of one record.
class step_merger {
public:
  step_merger(json::object& record, const definition_rules& rules, problem_list& problems)
      : record_(record), rules_(rules), problems_(problems) {}

  /// Merges in place.
  void run(const std::string& steps_pointer) {
    const json::value* marker = shape::find(record_, merged_marker);
    json::value* steps = record_.if_contains("steps");
    if (steps == nullptr || !steps->is_object() || (marker != nullptr && *marker == true)) {
      return;
    }
    for (auto& member : steps->get_object()) {
      if (member.value().is_object()) {
        merge(member.key(), member.value().get_object(), child(steps_pointer, member.key()));
      }
    }
    if (merged_any_) {
      record_[merged_marker] = true;
    }
  }

  /// The id of the first definition that is missing, else "".
  [[nodiscard]] const std::string& missing() const noexcept { return missing_; }
  /// Whether the step named `key` lacks its definition, so that its own text is not all of it.
  [[nodiscard]] bool is_incomplete(std::string_view key) const {
    return incomplete_.find(key) != incomplete_.end();
  }

private:
  void merge(std::string_view key, json::object& step, const std::string& pointer) {
    const json::value* id = shape::find(step, "stepDefinitionId");
    if (id == nullptr || !id->is_string() || id->get_string().empty()) {
      return;
    }
    const std::string name(id->get_string());
    const auto reusable = find_reusable_step(name, rules_);
    if (!reusable) {
      problems_.error(child(pointer, "stepDefinitionId"),
                      "there is no reusable step definition " + shape::quoted(name) +
                          "; load the bundle that holds it, or write its members on the step");
      missing_ = missing_.empty() ? name : missing_;
      incomplete_.emplace(key);
      return;
    }
    step = deep_merge(*reusable, step);
    merged_any_ = true;
  }

  json::object& record_;
  const definition_rules& rules_;
  problem_list& problems_;
  std::string missing_;
  std::set<std::string, std::less<>> incomplete_;
  bool merged_any_ = false;
};

/// Problems of one step that lie in members which its own text does not have come from its reusable
/// definition: their pointers lead nowhere in the text, so the message names the definition.
void name_origin(std::vector<problem>& problems, std::size_t first, const std::string& pointer,
                 const json::object& written, const std::string& definition_id) {
  for (std::size_t i = first; i < problems.size(); ++i) {
    const std::string_view at = problems[i].pointer;
    if (at.size() <= pointer.size() + 1) {
      continue;
    }
    const std::string_view rest = at.substr(pointer.size() + 1);
    if (!written.contains(rest.substr(0, rest.find('/')))) {
      problems[i].message +=
          " (this comes from the step definition " + shape::quoted(definition_id) + ")";
    }
  }
}

/// Compiles every step of `target.raw`; `written` is the text before merging.
void read_steps(flow_definition& target, const json::object& written, object_reader& reader,
                const definition_rules& rules, const step_merger& merger) {
  if (!reader.has("steps")) {
    reader.refuse("steps", "an object with one member per step");
  }
  const json::object* steps = reader.object("steps");
  if (steps == nullptr) {
    return;
  }
  const json::object& written_steps = shape::find(written, "steps")->get_object();
  problem_list& problems = reader.problems();
  for (const auto& member : *steps) {
    const std::string pointer = child(reader.pointer("steps"), member.key());
    if (member.key().empty()) {
      problems.error(pointer, "a step must have a name that is not empty; give it one");
    }
    if (!member.value().is_object()) {
      problems.error(pointer, "a step must be an object with stepInstanceId and stepType, but is " +
                                  shape::describe(member.value()));
      continue;
    }
    // What an incomplete step lacks would only repeat that its definition is missing.
    problem_list unheard;
    problem_list& heard = merger.is_incomplete(member.key()) ? unheard : problems;
    const std::size_t first = problems.items().size();
    step compiled =
        compile_step(member.key(), {member.value().get_object(), pointer, heard}, rules);
    if (!compiled.step_definition_id.empty()) {
      name_origin(problems.items(), first, pointer, written_steps.at(member.key()).get_object(),
                  compiled.step_definition_id);
    }
    target.steps.insert_or_assign(compiled.id, std::move(compiled));
  }
}

/// What is known only when the text is final.
void finish(flow_definition& target) {
  target.content_hash = content_hash(stringify(target.raw));
}

/// `step` with `overrides` merged over it; a null override takes the member away.
json::object override_step(const json::object& step, const json::object& overrides) {
  json::object merged;
  for (const auto& member : deep_merge(step, overrides)) {
    const json::value* given = shape::find(overrides, member.key());
    if (given == nullptr || !given->is_null()) {
      merged.insert(member);
    }
  }
  return merged;
}

} // namespace
} // namespace definitions

const step* flow_definition::find_step(std::string_view step_id) const {
  const auto found = steps.find(step_id);
  return found == steps.end() ? nullptr : &found->second;
}

compiled_definition compile_definition(const json::object& record, const definition_rules& rules,
                                       std::string_view pointer_prefix) {
  definitions::problem_list problems;
  auto target = std::make_shared<flow_definition>();
  target->raw = record;
  const std::string prefix(pointer_prefix);
  compiled_definition outcome;
  definitions::step_merger merger(target->raw, rules, problems);
  merger.run(prefix + "/steps");
  outcome.missing_step_definition = merger.missing();

  definitions::object_reader reader(target->raw, prefix, problems);
  definitions::read_flow_members(*target, reader);
  definitions::read_steps(*target, record, reader, rules, merger);
  definitions::check_references(*target, reader);
  if (!problems.has_errors()) {
    definitions::finish(*target);
    outcome.definition = std::move(target);
  }
  outcome.problems = std::move(problems.items());
  return outcome;
}

result<std::shared_ptr<const flow_definition>>
with_step_overrides(const flow_definition& base, const json::object& step_overrides,
                    const definition_rules& rules) {
  definitions::problem_list problems;
  auto target = std::make_shared<flow_definition>(base);
  json::object& steps = target->raw["steps"].as_object();
  for (const auto& member : step_overrides) {
    const step* overridden = base.find_step(member.key());
    if (overridden == nullptr || !member.value().is_object()) {
      continue;
    }
    json::value& merged = steps[member.key()];
    merged = definitions::override_step(overridden->raw, member.value().get_object());
    const std::string pointer = definitions::child("/steps", member.key());
    target->steps.insert_or_assign(
        overridden->id,
        definitions::compile_step(overridden->id, {merged.get_object(), pointer, problems}, rules));
  }
  // The overrides are laid over merged steps: compiling the text again must merge nothing.
  target->raw[definitions::merged_marker] = true;
  definitions::object_reader reader(target->raw, "", problems);
  definitions::check_references(*target, reader);
  if (problems.has_errors()) {
    return error(errc::invalid_definition, "The step overrides do not fit flow \"" + base.id +
                                               "\":\n" + describe(problems.items()));
  }
  definitions::finish(*target);
  return std::shared_ptr<const flow_definition>(std::move(target));
}

std::string describe(const std::vector<problem>& problems) {
  std::string text;
  for (const problem& each : problems) {
    text += text.empty() ? "" : "\n";
    text += each.severity == problem::severity_type::error ? "error" : "warning";
    text += each.pointer.empty() ? "" : " at " + each.pointer;
    text += ": " + each.message;
  }
  return text;
}

} // namespace millrace::flows
