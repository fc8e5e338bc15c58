// SPDX-License-Identifier: Apache-2.0
//
// Source: reference api-executor, api-call-handler; what axios does with bodies: its transforms.
#include "api_call.hpp"

#include "ascii.hpp"
#include "json_members.hpp"

#include <millrace/js.hpp>
#include <millrace/text.hpp>

#include <algorithm>

namespace millrace::services {
namespace {

constexpr std::chrono::milliseconds call_timeout_default{10'000};
constexpr std::size_t shown_data_bytes_max = 1000;
constexpr const char* json_type = "application/json";
constexpr const char* form_type = "application/x-www-form-urlencoded";

/// Headers by name in any case; a later one replaces an earlier one.
class header_set {
public:
  void put(std::string_view name, std::string_view value) {
    for (auto& header : headers_)
      if (same_word(header.first, name)) {
        header = {std::string(name), std::string(value)};
        return;
      }
    headers_.emplace_back(name, value);
  }
  void put_missing(std::string_view name, std::string_view value) {
    if (!find(name))
      headers_.emplace_back(name, value);
  }
  [[nodiscard]] const std::string* find(std::string_view name) const {
    for (const auto& header : headers_)
      if (same_word(header.first, name))
        return &header.second;
    return nullptr;
  }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> take() && {
    return std::move(headers_);
  }

private:
  std::vector<std::pair<std::string, std::string>> headers_;
};

void put_all(header_set& headers, const json::object* given) {
  if (!given)
    return;
  for (const auto& header : *given)
    if (header.value().is_string())
      headers.put(header.key(), header.value().get_string());
}

// The body as a flow gives it; null: none.
const json::value* body_of(const step_request& request, const json::object& call) {
  const json::object* written = object_in(call, "requestBodyTemplate");
  if (written && !written->empty())
    return request.fields.if_contains("requestBodyTemplate");
  return request.fields.if_contains("requestBodyPath");
}

std::string encoded(const json::value& body, header_set& headers) {
  const std::string* type = headers.find("content-type");
  const bool is_json = type && type->find(json_type) != std::string::npos;
  const json::string* text = body.if_string();
  if (!text) {
    headers.put_missing("Content-Type", json_type);
    return stringify(body);
  }
  if (!is_json) {
    headers.put_missing("Content-Type", form_type);
    return std::string(*text);
  }
  // A text that is JSON already goes as it is.
  return parse_json(*text, "body") ? std::string(*text) : stringify(body);
}

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

/// What requests of steps are made with.
struct api_services {
  std::shared_ptr<http_client> client;
  secret_options secrets;
};

http_request request_for(const step_request& request, const json::object& call) {
  http_request made;
  made.method = std::string(call.at("apiHttpMethod").as_string());
  made.url = std::string(request.fields.at("apiUrlTemplate").as_string());
  header_set headers;
  put_all(headers, object_in(call, "apiStaticHeaders"));
  put_all(headers, object_in(request.fields, "apiHeadersTemplate"));
  if (const json::value* body = body_of(request, call))
    made.body = encoded(*body, headers);
  headers.put_missing("Accept", "application/json, text/plain, */*");
  if (!is_safe(made.method))
    headers.put_missing("Idempotency-Key", request.idempotency_key);
  made.headers = std::move(headers).take();
  const json::value* timeout = request.custom_config.if_contains("timeoutMs");
  const double milliseconds = timeout ? flows::js::to_number(timeout) : 0;
  constexpr double longest = 24.0 * 3600 * 1000;
  made.timeout =
      milliseconds >= 1
          ? std::chrono::milliseconds(static_cast<std::int64_t>(std::min(milliseconds, longest)))
          : call_timeout_default;
  return made;
}

step_error failed_status(const http_response& response) {
  if (is_server_error(response.status))
    return step_error::transient("API call failed with server error: " +
                                 std::to_string(response.status));
  json::value data = decode_body(response.body);
  if (stringify(data).size() > shown_data_bytes_max)
    data = to_utf8(std::string_view(response.body).substr(0, shown_data_bytes_max)) + "...";
  return {"AxiosError",
          "Request failed with status code " + std::to_string(response.status),
          {{"status", response.status}, {"data", std::move(data)}}};
}

step_result run(const api_services& with, const step_request& request) {
  const json::object* nested = object_in(request.step, "apiCallDefinition");
  const json::object& call =
      request.step_type == "POLL_EXTERNAL_API" && nested ? *nested : request.step;
  http_request wanted = request_for(request, call);
  if (auto refused = sign(wanted, request, with.secrets))
    return std::move(*refused);
  auto response = with.client->run(std::move(wanted));
  if (!response) {
    const http_failure& failure = response.error();
    return failure.is_transient() ? step_error::transient(failure.message)
                                  : step_error::permanent(failure.message);
  }
  if (!is_success(response->status))
    return failed_status(*response);
  return json::object{{"status", response->status},
                      {"headers", std::move(response->headers)},
                      {"data", decode_body(response->body)}};
}

} // namespace

json::value decode_body(std::string_view bytes) {
  std::string text = to_utf8(bytes);
  if (auto value = parse_json(text, "response"))
    return std::move(*value);
  return json::value(text);
}

void add_api_call(steps::registry& to, const std::shared_ptr<http_client>& client,
                  secret_options secrets) {
  const auto with = std::make_shared<const api_services>(api_services{client, std::move(secrets)});
  const auto handler = [with](const step_request& request) { return run(*with, request); };
  const char* stands_in = "requests over HTTP with libcurl";
  to.provide("API_CALL", {handler, step_effect::external}, stands_in);
  to.provide("POLL_EXTERNAL_API", {handler, step_effect::external}, stands_in);
}

} // namespace millrace::services
