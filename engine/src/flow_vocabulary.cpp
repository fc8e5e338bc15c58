// SPDX-License-Identifier: Apache-2.0
#include "flow_vocabulary.hpp"

#include <millrace/bundle.hpp>

#include <set>

namespace millrace::simulation {
namespace {

constexpr std::string_view start_module = "system/start-flow-execution";

const json::object* step_definition(const flows::flow_source& source, std::string_view id) {
  for (const json::object& each : source.step_definitions)
    if (!id.empty() && text_or_empty(each, "id") == id)
      return &each;
  return nullptr;
}

step_words words_of(const json::object& step, const std::vector<flows::flow_source>& sources) {
  step_words words{text_or_empty(step, "stepType"), text_or_empty(step, "moduleIdentifier")};
  for (const flows::flow_source& source : sources)
    if (const json::object* base =
            step_definition(source, text_or_empty(step, "stepDefinitionId"))) {
      if (words.type.empty())
        words.type = text_or_empty(*base, "stepType");
      if (words.module_identifier.empty())
        words.module_identifier = text_or_empty(*base, "moduleIdentifier");
    }
  return words;
}

// They stand for steps: mocks may name them.
template <class Steps>
void add_completion_actions(const json::object& definition, Steps& known) {
  const json::value* actions = definition.if_contains("onCompletionActions");
  if (actions == nullptr || !actions->is_array())
    return;
  std::size_t place = 0;
  for (const json::value& each : actions->get_array()) {
    if (each.is_object())
      known["onCompletionActions[" + std::to_string(place) + ']'] = {
          text_or_empty(each.get_object(), "actionType"),
          text_or_empty(each.get_object(), "moduleIdentifier")};
    ++place;
  }
}

} // namespace

flow_vocabulary::flow_vocabulary(const std::vector<flow_document>& documents) {
  std::vector<flows::flow_source> sources;
  sources.reserve(documents.size());
  for (const flow_document& each : documents)
    sources.push_back(flows::read_flow_source(each.document, each.name));
  for (const flows::flow_source& source : sources)
    for (const flows::flow_record& record : source.flows) {
      steps_of_flow& known = flows_[text_or_empty(record.definition, "id")];
      add_completion_actions(record.definition, known);
      const json::value* steps = record.definition.if_contains("steps");
      if (steps == nullptr || !steps->is_object())
        continue;
      for (const json::key_value_pair& step : steps->get_object())
        if (step.value().is_object())
          known[std::string(step.key())] = words_of(step.value().get_object(), sources);
    }
}

bool flow_vocabulary::has_module(std::string_view module) const {
  const auto names = module_names();
  return std::binary_search(names.begin(), names.end(), module);
}

const step_words* flow_vocabulary::find_step(std::string_view flow, std::string_view step) const {
  for (const auto& [id, steps] : flows_) {
    const auto found = steps.find(step);
    if (found != steps.end() && (flow.empty() || flow == id))
      return &found->second;
  }
  return nullptr;
}

std::vector<std::string_view> flow_vocabulary::flow_names() const {
  std::vector<std::string_view> names;
  for (const auto& [id, steps] : flows_)
    names.push_back(id);
  return names;
}

std::vector<std::string_view> flow_vocabulary::module_names() const {
  std::set<std::string_view> names;
  for (const auto& [id, steps] : flows_)
    for (const auto& [step, words] : steps)
      if (!words.module_identifier.empty())
        names.insert(words.module_identifier);
  return {names.begin(), names.end()};
}

std::vector<std::string_view> flow_vocabulary::step_names(std::string_view flow) const {
  std::set<std::string_view> names;
  for (const auto& [id, steps] : flows_)
    for (const auto& [step, words] : steps)
      if (flow.empty() || flow == id)
        names.insert(step);
  return {names.begin(), names.end()};
}

flow_steps flow_vocabulary::steps() const {
  flow_steps all;
  for (const auto& [id, steps] : flows_) {
    auto& names = all[id];
    for (const auto& [step, words] : steps)
      names.insert(step);
  }
  return all;
}

bool is_run_by_interpreter(const step_words& step) {
  return step.module_identifier == start_module || flows::is_run_by_interpreter(step.type);
}

} // namespace millrace::simulation
