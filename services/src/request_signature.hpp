// SPDX-License-Identifier: Apache-2.0
//
// Signed requests: what webhooks of notifications prove themselves with. Source: Allma
// documentation, "Verifying the webhook signature".
#pragma once

#include "http_client.hpp"

#include <millrace/service_options.hpp>
#include <millrace/step_handler.hpp>

#include <optional>
#include <string>

namespace millrace::services {

/// "sha256=" and the HMAC-SHA256 of `body` under `secret` in hexadecimal.
[[nodiscard]] std::string signature_of(std::string_view body, std::string_view secret);

/// Puts the signature of its body into the header x-allma-signature of `made` where customConfig
/// names a secret in `signingSecretArn`. Fails where there is no such secret: unsigned it is not to
/// go out.
[[nodiscard]] std::optional<step_error> sign(http_request& made, const step_request& request,
                                             const secret_options& secrets);

} // namespace millrace::services
