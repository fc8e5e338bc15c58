// SPDX-License-Identifier: Apache-2.0
#include "request_signature.hpp"

#include "binary_text.hpp"
#include "secrets.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace millrace::services {

std::string signature_of(std::string_view body, std::string_view secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data(), &size);
  const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), size);
  return "sha256=" + decode_text(bytes, "hex").value_or("");
}

std::optional<step_error> sign(http_request& made, const step_request& request,
                               const secret_options& secrets) {
  const json::value* name = request.custom_config.if_contains("signingSecretArn");
  if (!name || !name->is_string())
    return std::nullopt;
  const std::string* secret = look_up_secret(secrets, name->get_string());
  if (!secret)
    return step_error::permanent("There is no secret \"" + std::string(name->get_string()) +
                                 "\" to sign the request with; name it under secrets in the "
                                 "configuration.");
  made.headers.emplace_back("x-allma-signature",
                            signature_of(made.body.value_or(std::string()), *secret));
  return std::nullopt;
}

} // namespace millrace::services
