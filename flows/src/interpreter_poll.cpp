// SPDX-License-Identifier: Apache-2.0
//
// POLL_EXTERNAL_API: after every answered call the conditions look at the body of the response;
// between calls the path waits and the execution may park. Source: documentation,
// POLL_EXTERNAL_API; the name of the error: reference polling-orchestrator.
#include <millrace/interpreter.hpp>

namespace millrace::flows {
namespace {

constexpr const char* polling_failed = "PollingFailed";

error_info failure(std::string message) {
  return {polling_failed, std::move(message), {}, false};
}

} // namespace

void interpreter::on_polled(cursor& c, const step& s, json::value response, const moment& at) {
  ++c.polls;
  const json::object* members = response.if_object();
  const json::value* body = members ? members->if_contains("data") : nullptr;
  const json::value nothing;
  scope visible(body ? *body : nothing);
  visible.read_with(objects_.get());
  const auto succeeded = s.poll->success.holds(visible);
  const auto failed = s.poll->failure.holds(visible);
  for (const auto* each : {&succeeded, &failed})
    if (!*each)
      return fail(c, &s, {"Error", each->error().message(), {}, false}, at);
  if (*succeeded)
    return on_output(c, s, std::move(response), at);
  if (*failed)
    return fail(c, &s,
                failure("The failure condition of step '" + s.id + "' holds after call " +
                        std::to_string(c.polls) + "."),
                at);
  if (c.polls >= s.poll->attempts_max)
    return fail(c, &s,
                failure("Neither condition of step '" + s.id + "' holds after " +
                        std::to_string(c.polls) + " calls, its maxAttempts."),
                at);
  // The next call has attempts of its own.
  c.attempt = 0;
  c.phase = cursor_phase::pausing;
  const std::int64_t pause = std::chrono::milliseconds(s.poll->interval).count();
  c.due_at = at.now + pause;
  report({.what = trace_event::type::delayed,
          .path = &c,
          .step_instance_id = s.id,
          .step = &s,
          .delay_ms = pause});
}

} // namespace millrace::flows
