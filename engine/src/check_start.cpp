// SPDX-License-Identifier: Apache-2.0
//
// What a start from outside has to be, whoever it comes from.
#include "engine_implementation.hpp"

#include <millrace/limits.hpp>

#include <utility>

namespace millrace {
namespace {

error invalid_start(const error& reason) {
  return {errc::invalid_input, "Invalid StartFlowExecutionInput: " + reason.message()};
}

result<void> check_depth(const start_request& request) {
  const std::string_view name = context_that_is_too_deep(request);
  if (name.empty())
    return {};
  return error{errc::limit_exceeded, "The context " + std::string(name) + " nests deeper than " +
                                         std::to_string(flows::limits().context_depth_max) +
                                         " levels."};
}

} // namespace

// Checked as the start input it stands for, whoever filled it in. The contexts may be large: they
// are set aside meanwhile.
result<start_request> check_start(start_request request) {
  if (auto fits = check_depth(request); !fits)
    return fits.error();
  json::object initial = std::exchange(request.initial_context_data, {});
  json::object current;
  if (request.start_from_state)
    current = std::exchange(request.start_from_state->context, {});
  auto checked = parse_start_request(to_json(request));
  if (!checked)
    return invalid_start(checked.error());
  checked->initial_context_data = std::move(initial);
  if (checked->start_from_state)
    checked->start_from_state->context = std::move(current);
  return checked;
}

result<start_request> check_start(const json::object& input) {
  auto request = parse_start_request(input);
  if (!request)
    return invalid_start(request.error());
  if (auto fits = check_depth(*request); !fits)
    return fits.error();
  return request;
}

} // namespace millrace
