// SPDX-License-Identifier: Apache-2.0
//
// Source of outputs, order and errors: reference llm-invocation-handler.
#include "llm_invocation.hpp"

#include "json_members.hpp"
#include "llm_security.hpp"
#include "llm_step.hpp"
#include "parameters.hpp"

#include <millrace/execution.hpp>

namespace millrace::services {
namespace {

// With the defaults of the reference.
json::object with_defaults(const json::object& inference) {
  json::object made{{"temperature", 0.7}, {"maxOutputTokens", 16000}, {"topP", 0.95}, {"topK", 40}};
  for (const auto& each : inference)
    if (!each.value().is_null())
      made[each.key()] = each.value();
  return made;
}

json::object shown_parameters(const llm_request& asked, const model_choice& model,
                              const step_request& request) {
  json::object shown{
      {"provider", asked.provider}, {"modelId", asked.model_id}, {"prompt", asked.prompt}};
  if (!asked.tools.empty())
    shown["tools"] = asked.tools;
  if (asked.tool_choice)
    shown["toolChoice"] = *asked.tool_choice;
  for (const auto& each : asked.inference)
    shown[each.key()] = each.value();
  shown["customConfig"] = model.custom_config;
  shown["jsonOutputMode"] = asked.wants_json;
  shown["correlationId"] = request.flow_execution_id;
  if (!asked.media.empty()) {
    json::array types;
    for (const llm_media& each : asked.media)
      types.emplace_back(each.mime_type);
    shown["media"] = json::object{{"count", asked.media.size()}, {"mimeTypes", std::move(types)}};
  }
  return shown;
}

json::object token_usage(const llm_response& response) {
  return {{"inputTokens", response.input_tokens}, {"outputTokens", response.output_tokens}};
}

/// One step: asks one model after the other until one answers.
class invocation_run {
public:
  invocation_run(llm_services& with, const step_request& request)
      : with_(with), request_(request), now_(unix_ms(request)) {}

  step_result run() {
    auto choices = read_choices(request_);
    if (!choices)
      return choices.error();
    if (auto failure = prepare())
      return std::move(*failure);
    step_error last("Error", "All configured LLM models failed.");
    for (const model_choice& model : *choices) {
      auto outcome = ask(model);
      if (outcome || outcome.error().name == "SecurityViolationError")
        return outcome;
      last = outcome.error();
    }
    return last;
  }

private:
  std::optional<step_error> prepare() {
    auto prompt = render_prompt(request_, with_);
    if (!prompt)
      return prompt.error();
    asked_.prompt = std::move(*prompt);
    auto media = read_media(request_, with_);
    if (!media)
      return media.error();
    asked_.media = std::move(*media);
    auto tools = read_tools(request_);
    if (!tools)
      return tools.error();
    asked_.tools = std::move(*tools);
    auto choice = read_tool_choice(request_);
    if (!choice)
      return choice.error();
    asked_.tool_choice = std::move(*choice);
    return std::nullopt;
  }

  step_result ask(const model_choice& model) {
    const std::string name = model.provider + "::" + model.model_id;
    if (const auto until = with_.health.excluded_until(name, now_))
      return step_error("Error", "Model " + model.model_id + " from " + model.provider +
                                     " is temporarily excluded until " + format_timestamp(*until) +
                                     " due to high failure rate.");
    asked_.provider = model.provider;
    asked_.model_id = model.model_id;
    asked_.inference = with_defaults(model.inference);
    const json::value* mode = member(model.custom_config, "jsonOutputMode");
    asked_.wants_json = mode && mode->is_bool() && mode->get_bool();
    const auto response = ask_model(with_.options, *with_.client, asked_, request_.idempotency_key);
    if (!response) {
      with_.health.note_failure(name, now_);
      return response.error();
    }
    auto output = output_of(*response, model);
    // A model that answers is well, whatever it says.
    if (output)
      with_.health.note_success(name);
    return output;
  }

  step_result output_of(const llm_response& response, const model_choice& model) const {
    json::object output;
    if (asked_.wants_json && !response.text.empty()) {
      auto parsed = json_in(response.text);
      if (!parsed) {
        step_error reason =
            step_error::content("Failed to parse LLM response as JSON from " + model.model_id +
                                ". Raw response: " + response.text);
        reason.details["logDetails"] = json::object{{"tokenUsage", token_usage(response)},
                                                    {"llmPrompt", asked_.prompt},
                                                    {"llmRawResponse", response.text}};
        return reason;
      }
      if (json::object* members = parsed->if_object())
        output = std::move(*members);
      else
        output["llm_response"] = std::move(*parsed);
    } else {
      output["llm_response"] = response.text;
    }
    if (!response.tool_calls.empty())
      output["tool_calls"] = response.tool_calls;
    if (auto violation = find_violation(request_, asked_.prompt, output, with_))
      return std::move(*violation);
    json::object meta{{"tokenUsage", token_usage(response)},
                      {"llmInvocationParameters", shown_parameters(asked_, model, request_)},
                      {"llmPrompt", asked_.prompt},
                      {"llmRawResponse", response.text}};
    if (const json::object* mapped = object_in(request_.fields, "templateContextMappings"))
      meta["templateContextMappingResult"] = *mapped;
    if (!response.tool_calls.empty())
      meta["toolCalls"] = response.tool_calls;
    output["_meta"] = std::move(meta);
    return output;
  }

  llm_services& with_;
  const step_request& request_;
  const std::int64_t now_;
  llm_request asked_;
};

} // namespace

void add_llm_invocation(steps::registry& to, const std::shared_ptr<llm_services>& with) {
  to.provide("LLM_INVOCATION",
             {[with](const step_request& request) { return invocation_run(*with, request).run(); },
              step_effect::external},
             "an endpoint with OpenAI's chat API, or a script, by provider");
}

} // namespace millrace::services
