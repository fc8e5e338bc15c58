// SPDX-License-Identifier: Apache-2.0
#include "definition_step.hpp"

#include "definition_differences.hpp"
#include "definition_expressions.hpp"
#include "shape.hpp"

#include <millrace/js.hpp>

#include <algorithm>
#include <utility>

namespace millrace::flows::definitions {

namespace {

void read_identity(step& target, object_reader& reader) {
  const auto instance_id = reader.required_text("stepInstanceId");
  if (instance_id && *instance_id != target.id) {
    reader.warning("stepInstanceId", "the step is known by its name in steps, " +
                                         shape::quoted(target.id) +
                                         "; give stepInstanceId the same text");
  }
  target.module_identifier = reader.text("moduleIdentifier").value_or(std::string());
  target.display_name = reader.text("displayName").value_or(std::string());
  if (const json::value* definition = reader.find("stepDefinitionId");
      definition != nullptr && !definition->is_null()) {
    target.step_definition_id = reader.nonempty_text("stepDefinitionId").value_or(std::string());
  }
}

void read_checkpoint(step& target, object_reader& reader) {
  if (reader.object("checkpoint") == nullptr) {
    return;
  }
  object_reader inner = reader.inside("checkpoint");
  target.checkpoint = checkpoint{inner.required_text("id").value_or(std::string()),
                                 inner.required_text("label").value_or(std::string()),
                                 inner.whole_number("order", 0)};
}

/// Members that only editors read; a wrong one makes Allma refuse the flow.
void check_editor_members(object_reader& reader) {
  static_cast<void>(reader.text("fill"));
  if (reader.object("position") == nullptr) {
    return;
  }
  object_reader position = reader.inside("position");
  for (const char* axis : {"x", "y"}) {
    const json::value* value = position.find(axis);
    if (value == nullptr || !value->is_number()) {
      position.refuse(axis, "a number");
    }
  }
}

void check_offload_flags(object_reader& reader) {
  const auto force = reader.boolean("forceS3Offload");
  const auto disable = reader.boolean("disableS3Offload");
  if (force.value_or(false) && disable.value_or(false)) {
    reader.error("forceS3Offload",
                 "forceS3Offload and disableS3Offload contradict each other; keep one of them");
  }
}

void read_literals(step& target, object_reader& reader) {
  const json::object* literals = reader.object("literals");
  if (literals == nullptr) {
    return;
  }
  target.literals.emplace();
  for (const json::key_value_pair* literal : js::members(*literals)) {
    target.literals->emplace_back(literal->key(), value_template::compile(literal->value()));
  }
  warn_unusable_templates(reader.problems(), reader.pointer("literals"), *reader.find("literals"));
}

void read_mappings(step& target, object_reader& reader) {
  if (const json::object* inputs = check_input_mappings(reader, "inputMappings")) {
    target.inputs = input_mappings::compile(*inputs);
  }
  read_literals(target, reader);
  target.outputs_given = reader.has("outputMappings");
  if (const json::object* outputs = check_output_mappings(reader, "outputMappings")) {
    target.outputs = output_mappings::compile(*outputs);
  } else {
    target.outputs = output_mappings::whole_output(target.id);
  }
  if (const json::object* config = reader.object("customConfig")) {
    target.custom_config = value_template::compile(*config);
    warn_unusable_templates(reader.problems(), reader.pointer("customConfig"),
                            *reader.find("customConfig"));
  }
}

void read_output_validation(step& target, object_reader& reader) {
  if (reader.object("outputValidation") == nullptr) {
    return;
  }
  object_reader validation = reader.inside("outputValidation");
  const json::array* fields = validation.array("requiredFields");
  const std::string pointer = validation.pointer("requiredFields");
  for (std::size_t i = 0; fields != nullptr && i < fields->size(); ++i) {
    const json::value& field = (*fields)[i];
    if (!field.is_string() || std::string_view(field.get_string()).substr(0, 2) != "$.") {
      reader.problems().error(child(pointer, i),
                              "a required field must be a path that starts with \"$.\", but is " +
                                  shape::describe(field));
      continue;
    }
    target.required_fields.push_back(json_path::compile(field.get_string()));
    warn_unusable_plain_path(reader.problems(), child(pointer, i), field.get_string());
  }
}

transition read_transition(object_reader reader) {
  transition result;
  if (!reader.has("condition")) {
    reader.refuse("condition", "a text such as \"$.total > 100\"");
  } else if (const json::string* text = check_path(reader, "condition")) {
    result.when = condition::compile(*text);
    warn_condition_differences(reader.problems(), reader.pointer("condition"), *text);
  }
  result.next_step_instance_id = reader.required_text("nextStepInstanceId").value_or(std::string());
  result.max_transitions =
      reader.whole_number("maxTransitions", 0).value_or(result.max_transitions);
  reader.warn_misspelled({"condition", "nextStepInstanceId", "maxTransitions"});
  return result;
}

void read_transitions(step& target, object_reader& reader) {
  const json::array* transitions = reader.array("transitions");
  const std::string pointer = reader.pointer("transitions");
  for (std::size_t i = 0; transitions != nullptr && i < transitions->size(); ++i) {
    const json::value& entry = (*transitions)[i];
    if (!entry.is_object()) {
      reader.problems().error(child(pointer, i),
                              "a transition must be an object with condition and "
                              "nextStepInstanceId, but is " +
                                  shape::describe(entry));
      continue;
    }
    target.transitions.push_back(
        read_transition({entry.get_object(), child(pointer, i), reader.problems()}));
  }
  target.default_next = reader.nonempty_text("defaultNextStepInstanceId").value_or(std::string());
  target.default_next_max_transitions = reader.whole_number("defaultNextMaxTransitions", 0)
                                            .value_or(target.default_next_max_transitions);
}

/// A template in literals that can never be rendered, on a step that asks to ignore its errors.
void warn_failing_literals(const step& target, object_reader& reader) {
  const bool fails =
      target.literals &&
      std::any_of(target.literals->begin(), target.literals->end(),
                  [](const auto& literal) { return literal.second.problem() != nullptr; });
  if (fails && target.on_error.continue_on_failure) {
    warn_difference(reader.problems(), child(reader.pointer("onError"), "continueOnFailure"),
                    differences::literals_not_ignored);
  }
}

} // namespace

step compile_step(std::string_view id, object_reader reader, const definition_rules& rules) {
  step result;
  result.id = id;
  result.raw = reader.source();
  read_identity(result, reader);
  read_checkpoint(result, reader);
  check_editor_members(reader);
  check_offload_flags(reader);
  read_mappings(result, reader);
  read_output_validation(result, reader);
  read_transitions(result, reader);
  if (reader.object("onError") != nullptr) {
    result.on_error = compile_error_handling(reader.inside("onError"));
    warn_failing_literals(result, reader);
  }
  if (reader.object("delay") != nullptr) {
    result.delay = compile_delay(reader.inside("delay"));
  }
  compile_step_type(result, reader, rules);
  reader.warn_misspelled({"stepInstanceId",
                          "stepDefinitionId",
                          "stepType",
                          "moduleIdentifier",
                          "displayName",
                          "checkpoint",
                          "position",
                          "inputMappings",
                          "outputMappings",
                          "literals",
                          "customConfig",
                          "outputValidation",
                          "transitions",
                          "defaultNextStepInstanceId",
                          "defaultNextMaxTransitions",
                          "onError",
                          "disableS3Offload",
                          "forceS3Offload",
                          "itemsPath",
                          "parallelBranches",
                          "aggregationConfig",
                          "flowDefinitionId",
                          "flowVersion",
                          "correlationKeyTemplate",
                          "maxWaitTimeSeconds",
                          "promptUserMessageTemplate",
                          "messageSenderModuleIdentifier",
                          "subFlowDefinitionId",
                          "subFlowVersion",
                          "subFlowExecutionMode",
                          "inputMappingsToSubFlow",
                          "apiUrlTemplate",
                          "apiHttpMethod",
                          "apiHeadersTemplate",
                          "apiStaticHeaders",
                          "requestBodyTemplate",
                          "apiCallDefinition",
                          "pollingConfig",
                          "exitConditions",
                          "lambdaFunctionArnTemplate",
                          "payloadTemplate",
                          "sourceUrlTemplate",
                          "destinationKeyTemplate",
                          "destinationBucket",
                          "headersTemplate",
                          "mcpConnectionId",
                          "toolName",
                          "promptTemplateId",
                          "templateContextMappings",
                          "directPrompt"});
  return result;
}

} // namespace millrace::flows::definitions
