// SPDX-License-Identifier: Apache-2.0
#include "defined_texts.hpp"

namespace millrace::services {
namespace {

constexpr const char* published_bucket = "published";

} // namespace

std::optional<step_error> defined_texts::define(std::string_view id, std::string_view text) {
  const auto put = files_.put(published_bucket, id, text, "text/plain", {});
  if (!put)
    return put.error();
  return std::nullopt;
}

object_result<std::optional<std::string>> defined_texts::find(std::string_view id) {
  auto stored = files_.get(published_bucket, id);
  if (stored)
    return std::optional<std::string>(std::move(stored->bytes));
  if (stored.error().name == "NoSuchKey")
    return std::optional<std::string>();
  return stored.error();
}

} // namespace millrace::services
