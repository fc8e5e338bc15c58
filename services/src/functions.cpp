// SPDX-License-Identifier: Apache-2.0
#include "functions.hpp"

#include "api_call.hpp"

#include <exception>

namespace millrace::services {
namespace {

// Lambda's own bound of a synchronous answer.
constexpr std::size_t answer_bytes_max = std::size_t{6} * 1024 * 1024;
constexpr const char* key_variable = "MILLRACE_IDEMPOTENCY_KEY";

json::value error_payload(std::string_view type, std::string_view message) {
  return json::object{{"errorType", type}, {"errorMessage", message}};
}

invocation call(const function_handler& handler, const json::value& payload) {
  try {
    step_result answer = handler(payload);
    if (answer)
      return {invocation::outcome::returned, std::move(*answer), {}};
    return {invocation::outcome::function_error,
            error_payload(answer.error().name, answer.error().message),
            {}};
  } catch (const std::exception& failure) {
    return {invocation::outcome::function_error, error_payload("Error", failure.what()), {}};
  } catch (...) {
    return {invocation::outcome::function_error,
            error_payload("Error", "The function threw something that is no exception."),
            {}};
  }
}

std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.remove_suffix(1);
  return std::string(text.substr(text.rfind('\n') + 1));
}

bool is_error_payload(const json::value& answer) {
  const json::object* members = answer.if_object();
  return members && members->contains("errorMessage");
}

// What a program means that ends badly: the error that it printed, else the last line of what it
// said on its standard error.
invocation failed_program(const command_result& ran, const std::string& program) {
  if (auto answer = parse_json(ran.output, program); answer && is_error_payload(*answer))
    return {invocation::outcome::function_error, std::move(*answer), {}};
  std::string said = last_line(ran.errors);
  if (said.empty())
    said = "The program '" + program + "' ended with status " + std::to_string(ran.status) + ".";
  return {invocation::outcome::function_error, error_payload("ProgramError", said), {}};
}

invocation run(const function_target& target, const json::value& payload, std::string_view key,
               const interruption& ends) {
  command_line what{target.command, target.environment};
  what.environment[key_variable] = key;
  const std::string& program = target.command.front();
  const auto ran = run_command(what, stringify(payload), target.timeout, answer_bytes_max, ends);
  if (!ran)
    return {invocation::outcome::refused, {}, ran.error().message()};
  if (ran->is_interrupted)
    return {invocation::outcome::failed, {}, "The engine stopped before '" + program + "' ended."};
  if (ran->is_timed_out)
    return {invocation::outcome::function_error,
            error_payload("Sandbox.Timedout",
                          "The program '" + program + "' took longer than its timeout of " +
                              std::to_string(target.timeout.count()) + " ms and was ended."),
            {}};
  if (ran->is_too_much)
    return {invocation::outcome::function_error,
            error_payload("Function.ResponseSizeTooLarge",
                          "The program '" + program + "' answered more than " +
                              std::to_string(answer_bytes_max) + " bytes."),
            {}};
  if (ran->status != 0)
    return failed_program(*ran, program);
  if (ran->output.find_first_not_of(" \t\r\n") == std::string::npos)
    return {invocation::outcome::returned, nullptr, {}};
  auto answer = parse_json(ran->output, "the output of '" + program + "'");
  if (!answer)
    return {invocation::outcome::function_error,
            error_payload("InvalidOutput", answer.error().message()),
            {}};
  return {invocation::outcome::returned, std::move(*answer), {}};
}

// The emulator marks errors by their form alone, Lambda itself by a header as well.
bool is_marked_error(const http_response& response, const json::value& answer) {
  const json::object* members = answer.if_object();
  return response.headers.contains("x-amz-function-error") ||
         (members && members->contains("errorMessage") && members->contains("errorType"));
}

invocation post(const function_target& target, const json::value& payload, std::string_view key,
                http_client& client) {
  http_request request;
  request.method = "POST";
  request.url = target.url;
  request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", std::string(key)}};
  request.body = stringify(payload);
  request.timeout = target.timeout;
  request.response_bytes_max = answer_bytes_max;
  const auto response = client.run(std::move(request));
  if (!response)
    return {response.error().is_transient() ? invocation::outcome::failed
                                            : invocation::outcome::refused,
            {},
            response.error().message};
  const int status = response->status;
  if (!is_success(status))
    return {status == too_many_requests || is_server_error(status) ? invocation::outcome::failed
                                                                   : invocation::outcome::refused,
            {},
            status == too_many_requests
                ? std::string("Rate Exceeded.")
                : "Its endpoint answered with status " + std::to_string(status) + '.'};
  json::value answer = response->body.empty() ? json::value() : decode_body(response->body);
  return {is_marked_error(*response, answer) ? invocation::outcome::function_error
                                             : invocation::outcome::returned,
          std::move(answer),
          {}};
}

} // namespace

invocation invoke(const function_target& target, const json::value& payload, std::string_view key,
                  const function_runtime& on) {
  if (target.handler)
    return call(target.handler, payload);
  return target.url.empty() ? run(target, payload, key, on.ends)
                            : post(target, payload, key, on.client);
}

const function_target* find_function(const function_options& options, std::string_view name) {
  constexpr std::string_view arn_function = ":function:";
  if (const auto exact = options.functions.find(name); exact != options.functions.end())
    return &exact->second;
  const std::size_t at = name.rfind(arn_function);
  if (name.substr(0, 4) != "arn:" || at == std::string_view::npos)
    return nullptr;
  std::string_view last = name.substr(at + arn_function.size());
  last = last.substr(0, last.find(':'));
  const auto found = options.functions.find(last);
  return found == options.functions.end() ? nullptr : &found->second;
}

} // namespace millrace::services
