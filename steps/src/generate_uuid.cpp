// SPDX-License-Identifier: Apache-2.0
//
// Facts: documentation of system/generate-uuid; transform.json, "generate-uuid: ...". The random
// bits are the request's, so that a repetition after a crash gives the same UUID.
#include "module_input.hpp"
#include "modules.hpp"

namespace millrace::steps {

namespace {

void append_hex(std::string& out, std::uint64_t bits, int digits) {
  static constexpr char hex[] = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out.push_back(hex[(bits >> shift) & 0xFU]);
  }
}

/// RFC 9562, version 4: 122 random bits, in lower case.
std::string uuid_v4(std::uint64_t high, std::uint64_t low) {
  high = (high & ~std::uint64_t{0xF000}) | 0x4000U;
  low = (low & ~(std::uint64_t{3} << 62U)) | (std::uint64_t{1} << 63U);
  std::string text;
  text.reserve(36);
  append_hex(text, high >> 32U, 8);
  text.push_back('-');
  append_hex(text, high >> 16U, 4);
  text.push_back('-');
  append_hex(text, high, 4);
  text.push_back('-');
  append_hex(text, low >> 48U, 4);
  text.push_back('-');
  append_hex(text, low, 12);
  return text;
}

} // namespace

step_result generate_uuid(const step_request& request) {
  module_input input(request);
  const std::optional<std::string_view> prefix = input.text_or("prefix", "");
  const std::optional<std::string_view> suffix = input.text_or("suffix", "");
  if (!input.is_valid()) {
    return step_error("Error", input.problems("system/generate-uuid"));
  }
  std::string uuid(*prefix);
  uuid.append(uuid_v4(request.random_high, request.random_low)).append(*suffix);
  json::object output;
  output.emplace("uuid", std::move(uuid));
  return json::value(std::move(output));
}

} // namespace millrace::steps
