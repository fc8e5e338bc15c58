// SPDX-License-Identifier: Apache-2.0
//
// Source of inputs, outputs, order and errors: reference llm-invocation-handler, tool-resolver,
// media-resolver, security-validator.
#include "llm_invocation.hpp"

#include "binary_text.hpp"
#include "parameters.hpp"

#include <millrace/execution.hpp>
#include <millrace/scope.hpp>
#include <millrace/template.hpp>

#include <algorithm>
#include <array>

namespace millrace::services {
namespace {

constexpr std::array<std::string_view, 5> providers{"GEMINI", "ANTHROPIC", "OPENAI", "AWS_BEDROCK",
                                                    "CUSTOM_LAMBDA"};
constexpr std::array<std::string_view, 5> media_types{"image/jpeg", "image/png", "image/gif",
                                                      "image/webp", "application/pdf"};
constexpr std::array<std::string_view, 3> built_in_tools{"google_search", "code_execution",
                                                         "web_search"};
constexpr const char* prompt_bucket = "published";

template <class Names>
bool is_one_of(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const json::value* member(const json::object& of, std::string_view name) {
  const json::value* value = of.if_contains(name);
  return value && !value->is_null() ? value : nullptr;
}

const json::object* object_in(const json::object& of, std::string_view name) {
  const json::value* value = member(of, name);
  return value ? value->if_object() : nullptr;
}

std::string text_in(const json::object& of, std::string_view name) {
  const json::value* value = member(of, name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// One model of the step, in the order in which they are tried.
struct model_choice {
  std::string provider;
  std::string model_id;
  json::object inference;
  json::object custom_config;
};

template <class T>
using llm_part = boost::system::result<T, step_error>;

llm_part<model_choice> read_choice(const json::object& given, const std::string& label,
                                   const json::object& inference,
                                   const json::object& custom_config) {
  model_choice made{text_in(given, "llmProvider"), text_in(given, "modelId"), inference,
                    custom_config};
  if (made.model_id.find_first_not_of(" \t\r\n") == std::string::npos)
    return step_error("Error", label + " modelId resolved to an empty or non-string value after "
                                       "template rendering. Check the model selection template "
                                       "against the flow context.");
  if (!is_one_of(providers, made.provider))
    return step_error("Error", label + " llmProvider resolved to '" + made.provider +
                                   "', which is not a valid LLM provider (expected one of: GEMINI, "
                                   "ANTHROPIC, OPENAI, AWS_BEDROCK, CUSTOM_LAMBDA).");
  if (const json::object* own = object_in(given, "inferenceParameters"))
    made.inference = *own;
  if (const json::object* own = object_in(given, "customConfig"))
    made.custom_config = *own;
  return made;
}

llm_part<std::vector<model_choice>> read_choices(const step_request& request) {
  const json::object* inference = object_in(request.step, "inferenceParameters");
  const json::object base = inference ? *inference : json::object();
  std::vector<model_choice> all;
  auto primary = read_choice(request.fields, "Primary model", base, request.custom_config);
  if (!primary)
    return primary.error();
  all.push_back(std::move(*primary));
  const json::value* fallbacks = member(request.fields, "fallbacks");
  const json::array none;
  const json::array& list = fallbacks && fallbacks->is_array() ? fallbacks->get_array() : none;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string label = "Fallback[" + std::to_string(i) + "]";
    const json::object* given = list[i].if_object();
    auto choice = read_choice(given ? *given : json::object(), label, base, request.custom_config);
    if (!choice)
      return choice.error();
    all.push_back(std::move(*choice));
  }
  return all;
}

// The prompt with its variables: what the step's input and mappings give.
llm_part<std::string> render_prompt(const step_request& request, prompt_store& prompts) {
  std::string content = text_in(request.step, "directPrompt");
  if (content.empty()) {
    const std::string id = text_in(request.step, "promptTemplateId");
    if (id.empty())
      return step_error("Error", "Prompt template ID not found in step definition.");
    auto found = prompts.find(id);
    if (!found)
      return found.error();
    content = std::move(*found);
  }
  flows::scope visible(request.input);
  if (const json::object* mapped = object_in(request.fields, "templateContextMappings"))
    visible.push(*mapped);
  auto rendered = flows::text_template::compile(content).render(visible);
  if (!rendered)
    return step_error("Error", rendered.error().message());
  return std::move(*rendered);
}

bool is_tool(const json::value& value) {
  const json::object* tool = value.if_object();
  if (!tool)
    return false;
  const std::string type = text_in(*tool, "type");
  const std::string name = text_in(*tool, "name");
  const bool has_name = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  return is_one_of(built_in_tools, type) ||
         (type == "function" && has_name && !text_in(*tool, "description").empty() &&
          object_in(*tool, "parameters"));
}

llm_part<json::array> read_tools(const step_request& request) {
  const json::value* given = member(request.step, "tools");
  std::string what = "Static tools definition is invalid";
  if (!given || !given->is_array() || given->get_array().empty()) {
    given = member(request.fields, "toolsPath");
    what = "The data at toolsPath is not a valid array of tool declarations";
  }
  if (!given && !member(request.step, "toolsPath")) {
    given = member(request.custom_config, "tools");
    if (given && !given->is_array())
      given = nullptr;
    what = "Legacy customConfig.tools definition is invalid";
  }
  if (!given)
    return json::array();
  const json::array* tools = given->if_array();
  if (!tools || !std::all_of(tools->begin(), tools->end(), is_tool))
    return step_error::permanent(what + ": each tool is {type: \"function\", name, description, "
                                        "parameters} or a built-in one.");
  for (const json::value& tool : *tools)
    if (const std::string type = text_in(tool.get_object(), "type"); type != "function")
      return step_error::permanent("The tool " + type +
                                   " is built into a provider's own service, which is not there; "
                                   "declare a function instead.");
  return *tools;
}

llm_part<std::optional<json::value>> read_tool_choice(const step_request& request) {
  const json::value* given = member(request.step, "toolChoice");
  if (!given)
    given = member(request.custom_config, "toolChoice");
  if (!given)
    return std::optional<json::value>();
  const json::object* function = given->if_object();
  const bool is_word = *given == "auto" || *given == "none" || *given == "required";
  const bool is_function =
      function && text_in(*function, "type") == "function" && !text_in(*function, "name").empty();
  if (!is_word && !is_function)
    return step_error::permanent("Tool choice configuration is invalid: it is \"auto\", \"none\", "
                                 "\"required\" or {type: \"function\", name}.");
  return std::optional<json::value>(*given);
}

// "image/PNG; charset=x" as "image/png".
std::string plain_type(std::string_view type) {
  std::string made(type.substr(0, type.find(';')));
  for (char& c : made)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  while (!made.empty() && made.back() == ' ')
    made.pop_back();
  return made;
}

std::string type_by_name(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> endings{
      {{".jpg", "image/jpeg"},
       {".jpeg", "image/jpeg"},
       {".png", "image/png"},
       {".gif", "image/gif"},
       {".webp", "image/webp"},
       {".pdf", "application/pdf"}}};
  const std::string lower = plain_type(name.substr(0, name.find_first_of("?#")));
  for (const auto& [ending, type] : endings)
    if (lower.size() > ending.size() && lower.substr(lower.size() - ending.size()) == ending)
      return std::string(type);
  return {};
}

llm_part<llm_media> read_medium(const json::object& given, llm_services& with) {
  llm_media made;
  made.mime_type = plain_type(text_in(given, "mimeType"));
  const json::object* pointer = object_in(given, "s3Pointer");
  const std::string url = text_in(given, "url");
  made.base64 = text_in(given, "base64");
  if ((pointer != nullptr) + !url.empty() + !made.base64.empty() != 1)
    return step_error::permanent("Each media attachment must have exactly one source: s3Pointer, "
                                 "url, or base64.");
  std::string type;
  std::string name;
  if (pointer) {
    name = text_in(*pointer, "key");
    auto object = with.objects->get(text_in(*pointer, "bucket"), name);
    if (!object)
      return object.error();
    made.base64 = encode_base64(object->bytes);
    type = object->info.content_type;
  } else if (!url.empty()) {
    name = url;
    http_request request;
    request.url = url;
    auto response = with.client->run(std::move(request));
    if (!response)
      return response.error().is_transient() ? step_error::transient(response.error().message)
                                             : step_error::permanent(response.error().message);
    if (response->status != 200)
      return step_error::permanent("Failed to fetch media from a URL: HTTP " +
                                   std::to_string(response->status) + ".");
    made.base64 = encode_base64(response->body);
    type = text_in(response->headers, "content-type");
  }
  const std::string stored = plain_type(type);
  // What is only known to be bytes may be told by its name.
  if (made.mime_type.empty() && stored != "application/octet-stream")
    made.mime_type = stored;
  if (made.mime_type.empty())
    made.mime_type = type_by_name(name);
  if (made.mime_type.empty())
    return step_error::permanent(
        name.empty() ? "A base64 media attachment must include an explicit mimeType."
                     : "Could not determine the MIME type for a media attachment. "
                       "Provide an explicit mimeType.");
  if (!is_one_of(media_types, made.mime_type))
    return step_error::permanent("Unsupported media type '" + made.mime_type +
                                 "'. Supported types: image/jpeg, image/png, image/gif, "
                                 "image/webp, application/pdf.");
  return made;
}

llm_part<std::vector<llm_media>> read_media(const step_request& request, llm_services& with) {
  const json::value* given = member(request.step, "mediaAttachments");
  if (!given)
    given = member(request.fields, "mediaAttachmentsPath");
  std::vector<llm_media> all;
  if (!given)
    return all;
  const json::array* list = given->if_array();
  if (!list)
    return step_error::permanent("The media attachments are not a valid array.");
  for (const json::value& each : *list) {
    const json::object* object = each.if_object();
    auto medium = read_medium(object ? *object : json::object(), with);
    if (!medium)
      return medium.error();
    all.push_back(std::move(*medium));
  }
  return all;
}

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

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return made;
}

// Of what the model said; absent: nothing that is forbidden stands in it.
std::optional<step_error> find_violation(const step_request& request, const json::object& output) {
  const json::object* rules = object_in(request.step, "securityValidatorConfig");
  const json::value* forbidden = rules ? member(*rules, "forbiddenStrings") : nullptr;
  if (!forbidden || !forbidden->is_array())
    return std::nullopt;
  std::string said = text_in(output, "finalAnswerText");
  if (said.empty())
    said = text_in(output, "llm_response");
  if (said.empty())
    said = stringify(output);
  said = lower(said);
  for (const json::value& each : forbidden->get_array())
    if (each.is_string() && said.find(lower(each.get_string())) != std::string::npos)
      return step_error("SecurityViolationError", "Output contained forbidden string: \"" +
                                                      std::string(each.get_string()) + '"');
  return std::nullopt;
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
    auto prompt = render_prompt(request_, *with_.prompts);
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
    if (auto violation = find_violation(request_, output))
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

std::optional<step_error> prompt_store::define(std::string_view id, std::string_view content) {
  const auto put = defined_.put(prompt_bucket, id, content, "text/plain", {});
  if (!put)
    return put.error();
  return std::nullopt;
}

object_result<std::string> prompt_store::find(const std::string& id) {
  if (const auto found = configured_.find(id); found != configured_.end())
    return found->second;
  auto stored = defined_.get(prompt_bucket, id);
  if (stored)
    return std::move(stored->bytes);
  if (stored.error().name != "NoSuchKey")
    return stored.error();
  return step_error::permanent("Prompt template '" + id +
                               "' not found. Define the bundle that has it, or write it under "
                               "llm.prompts in the configuration.");
}

void add_llm_invocation(steps::registry& to, const std::shared_ptr<llm_services>& with) {
  to.provide("LLM_INVOCATION",
             {[with](const step_request& request) { return invocation_run(*with, request).run(); },
              step_effect::external},
             "an endpoint with OpenAI's chat API, or a script, by provider");
}

} // namespace millrace::services
