// SPDX-License-Identifier: Apache-2.0
//
// API_CALL and the call of POLL_EXTERNAL_API.
#pragma once

#include "http_client.hpp"
#include "request_signature.hpp"

#include <millrace/step_handler.hpp>

#include <memory>

namespace millrace::services {

/// Provides both step types. A request that is not safe to repeat carries the step's idempotency
/// key in the header Idempotency-Key, unless the flow sets one itself: Millrace's own addition,
/// since an attempt may be repeated after a crash. `customConfig.signingSecretArn` names the one of
/// `secrets` that a request is signed with.
void add_api_call(steps::registry& to, const std::shared_ptr<http_client>& client,
                  secret_options secrets = {});

/// What axios makes of a body: its JSON value, else its text.
[[nodiscard]] json::value decode_body(std::string_view bytes);

} // namespace millrace::services
