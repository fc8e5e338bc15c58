// SPDX-License-Identifier: Apache-2.0
//
// Source of requests and responses: OpenAI's API reference, "Create chat completion".
#include "llm_models.hpp"

#include "api_call.hpp"
#include "http_client.hpp"
#include "json_mending.hpp"

#include <millrace/js.hpp>

#include <algorithm>

namespace millrace::services {
namespace {

constexpr std::size_t failures_max = 5;
constexpr std::int64_t failures_within_ms = 60'000;
constexpr std::int64_t excluded_ms = 5 * 60'000;

json::value content_of(const llm_request& request) {
  if (request.media.empty())
    return json::value(request.prompt);
  json::array parts;
  for (const llm_media& each : request.media) {
    const std::string uri = "data:" + each.mime_type + ";base64," + each.base64;
    if (each.mime_type == "application/pdf")
      parts.push_back(
          {{"type", "file"}, {"file", {{"filename", "document.pdf"}, {"file_data", uri}}}});
    else
      parts.push_back({{"type", "image_url"}, {"image_url", {{"url", uri}}}});
  }
  parts.push_back({{"type", "text"}, {"text", request.prompt}});
  return parts;
}

json::value tool_choice_of(const json::value& choice) {
  const json::object* function = choice.if_object();
  if (!function)
    return choice;
  return json::object{{"type", "function"}, {"function", {{"name", function->at("name")}}}};
}

json::object body_of(const llm_endpoint& endpoint, const llm_request& request) {
  const auto alias = endpoint.models.find(request.model_id);
  json::object body{
      {"model", alias == endpoint.models.end() ? request.model_id : alias->second},
      {"messages", json::array{{{"role", "user"}, {"content", content_of(request)}}}}};
  const auto copy = [&](std::string_view from, std::string_view to) {
    if (const json::value* value = request.inference.if_contains(from))
      body[to] = *value;
  };
  copy("temperature", "temperature");
  copy("maxOutputTokens", "max_tokens");
  copy("topP", "top_p");
  copy("seed", "seed");
  if (request.wants_json)
    body["response_format"] = json::object{{"type", "json_object"}};
  if (!request.tools.empty()) {
    json::array tools;
    for (const json::value& tool : request.tools)
      tools.push_back({{"type", "function"},
                       {"function",
                        {{"name", tool.at("name")},
                         {"description", tool.at("description")},
                         {"parameters", tool.at("parameters")}}}});
    body["tools"] = std::move(tools);
    if (request.tool_choice)
      body["tool_choice"] = tool_choice_of(*request.tool_choice);
  }
  for (const auto& member : endpoint.body)
    if (member.value().is_null())
      body.stable_erase(member.key());
    else
      body[member.key()] = member.value();
  return body;
}

// A member of an object that may be no object; null: there is none.
const json::value* member_of(const json::value* value, std::string_view name) {
  const json::object* object = value ? value->if_object() : nullptr;
  return object ? object->if_contains(name) : nullptr;
}

std::int64_t count_in(const json::value* usage, std::string_view name) {
  const json::value* count = member_of(usage, name);
  return count && count->is_number() ? count->to_number<std::int64_t>() : 0;
}

json::array tool_calls_in(const json::value* message) {
  json::array all;
  const json::value* calls = member_of(message, "tool_calls");
  for (const json::value& call : calls && calls->is_array() ? calls->get_array() : json::array()) {
    const json::value* function = member_of(&call, "function");
    const json::value* name = member_of(function, "name");
    if (!name)
      continue;
    const json::value* given = member_of(function, "arguments");
    json::value arguments = json::object();
    if (given && given->is_string()) {
      if (auto parsed = json_in(given->get_string()))
        arguments = std::move(*parsed);
    } else if (given) {
      arguments = *given;
    }
    json::object made;
    if (const json::value* id = member_of(&call, "id"))
      made["id"] = *id;
    made["name"] = *name;
    made["args"] = std::move(arguments);
    all.push_back(std::move(made));
  }
  return all;
}

llm_result response_in(const http_response& response) {
  const json::value body = decode_body(response.body);
  const json::value* choices = member_of(&body, "choices");
  if (!choices || !choices->is_array() || choices->get_array().empty())
    return step_error::transient("The model's answer has no choices.");
  const json::value* message = member_of(&choices->get_array().front(), "message");
  const json::value* content = member_of(message, "content");
  llm_response made;
  if (content && content->is_string())
    made.text = content->get_string();
  made.tool_calls = tool_calls_in(message);
  const json::value* usage = member_of(&body, "usage");
  made.input_tokens = count_in(usage, "prompt_tokens");
  made.output_tokens = count_in(usage, "completion_tokens");
  return made;
}

llm_result ask_endpoint(const llm_endpoint& endpoint, http_client& client,
                        const llm_request& request, std::string_view key) {
  http_request sent;
  sent.method = "POST";
  sent.url = endpoint.url + "/chat/completions";
  sent.timeout = endpoint.timeout;
  sent.body = stringify(body_of(endpoint, request));
  sent.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", std::string(key)}};
  if (!endpoint.api_key.empty())
    sent.headers.emplace_back("Authorization", "Bearer " + endpoint.api_key);
  const auto response = client.run(std::move(sent));
  const std::string failed = "LLM invocation of " + request.model_id + " failed: ";
  if (!response)
    return response.error().is_transient()
               ? step_error::transient(failed + response.error().message)
               : step_error::permanent(failed + response.error().message);
  if (is_success(response->status))
    return response_in(*response);
  const json::value body = decode_body(response->body);
  const json::value* why = member_of(member_of(&body, "error"), "message");
  const std::string message =
      failed + "HTTP " + std::to_string(response->status) +
      (why && why->is_string() ? ": " + std::string(why->get_string()) : "");
  if (response->status == too_many_requests || is_server_error(response->status))
    return step_error::transient(message);
  return step_error::permanent(message);
}

llm_result ask_script(const llm_endpoint& endpoint, const llm_request& request) {
  for (const llm_scripted_answer& each : endpoint.script) {
    if (request.prompt.find(each.when) == std::string::npos)
      continue;
    if (!each.error.empty())
      return step_error::transient(each.error);
    llm_response made;
    made.text = each.text;
    made.tool_calls = each.tool_calls;
    return made;
  }
  return step_error::permanent("The script of the model " + request.model_id +
                               " has no answer for this prompt.");
}

} // namespace

llm_result ask_model(const llm_options& options, http_client& client, const llm_request& request,
                     std::string_view key) {
  auto found = options.providers.find(request.provider);
  if (found == options.providers.end())
    found = options.providers.find("*");
  if (found == options.providers.end())
    return step_error::permanent("There is no endpoint for the provider " + request.provider +
                                 ". Say what it is under llm.providers in the configuration.");
  const llm_endpoint& endpoint = found->second;
  return endpoint.url.empty() ? ask_script(endpoint, request)
                              : ask_endpoint(endpoint, client, request, key);
}

std::optional<std::int64_t> llm_health::excluded_until(const std::string& model, std::int64_t now) {
  const std::lock_guard lock(mutex_);
  const auto found = records_.find(model);
  if (found == records_.end() || found->second.excluded_until <= now)
    return std::nullopt;
  return found->second.excluded_until;
}

void llm_health::note_failure(const std::string& model, std::int64_t now) {
  const std::lock_guard lock(mutex_);
  record& known = records_[model];
  if (known.excluded_until > now)
    return;
  auto& failures = known.failures;
  failures.push_back(now);
  failures.erase(std::remove_if(failures.begin(), failures.end(),
                                [now](auto at) { return now - at > failures_within_ms; }),
                 failures.end());
  if (failures.size() < failures_max)
    return;
  known.excluded_until = now + excluded_ms;
  failures.clear();
}

void llm_health::note_success(const std::string& model) {
  const std::lock_guard lock(mutex_);
  records_.erase(model);
}

std::optional<json::value> json_in(std::string_view text) {
  text = flows::js::trim(text);
  constexpr std::string_view fence = "```";
  const std::size_t open = text.find(fence);
  const std::size_t close = open == std::string_view::npos ? open : text.find(fence, open + 3);
  if (close != std::string_view::npos) {
    text = text.substr(open + fence.size(), close - open - fence.size());
    if (text.substr(0, 4) == "json")
      text.remove_prefix(4);
  }
  text = flows::js::trim(text);
  if (const std::size_t first = text.find_first_of("{["); first != std::string_view::npos) {
    const std::size_t last = text.find_last_of("}]");
    const bool is_pair = last != std::string_view::npos && last > first &&
                         text[last] == (text[first] == '{' ? '}' : ']');
    if (is_pair)
      text = text.substr(first, last - first + 1);
  }
  if (auto parsed = parse_json(text, "answer"))
    return std::move(*parsed);
  const auto mended = mended_json(text);
  auto parsed = mended ? parse_json(*mended, "answer") : result<json::value>(error());
  return parsed ? std::optional<json::value>(std::move(*parsed)) : std::nullopt;
}

} // namespace millrace::services
