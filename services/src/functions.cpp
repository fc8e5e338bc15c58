// SPDX-License-Identifier: Apache-2.0
#include "functions.hpp"

#include "child_process.hpp"

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

invocation run(const function_target& target, const json::value& payload, std::string_view key) {
  command_line what{target.command, target.environment};
  what.environment[key_variable] = key;
  const std::string& program = target.command.front();
  const auto ran = run_command(what, stringify(payload), target.timeout, answer_bytes_max);
  if (!ran)
    return {invocation::outcome::refused, {}, ran.error().message()};
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

} // namespace

invocation invoke(const function_target& target, const json::value& payload, std::string_view key) {
  return target.handler ? call(target.handler, payload) : run(target, payload, key);
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
