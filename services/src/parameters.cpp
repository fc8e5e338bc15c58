// SPDX-License-Identifier: Apache-2.0
#include "parameters.hpp"

#include <millrace/execution.hpp>
#include <millrace/js.hpp>
#include <millrace/member_reader.hpp>
#include <millrace/text.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include <openssl/evp.h>

namespace millrace::services {

json::object combined_input(const step_request& request) {
  json::object all = request.custom_config;
  for (const auto& member : request.input)
    all[member.key()] = member.value();
  return all;
}

std::string parameters::text(std::string_view name) {
  const json::value* value = find(name);
  if (value && value->is_string())
    return std::string(value->get_string());
  refuse(name, "a text");
  return {};
}

std::string parameters::url(std::string_view name) {
  const json::value* value = find(name);
  if (value && value->is_string() && is_url(value->get_string()))
    return std::string(value->get_string());
  refuse(name, "a URL");
  return {};
}

std::optional<std::string> parameters::optional_text(std::string_view name) {
  const json::value* value = find(name);
  if (!value)
    return std::nullopt;
  if (value->is_string())
    return std::string(value->get_string());
  refuse(name, "a text");
  return std::nullopt;
}

std::string parameters::choice(std::string_view name, std::initializer_list<std::string_view> words,
                               std::string_view otherwise) {
  const json::value* value = find(name);
  if (!value)
    return std::string(otherwise);
  if (value->is_string() &&
      std::find(words.begin(), words.end(), std::string_view(value->get_string())) != words.end())
    return std::string(value->get_string());
  std::string all;
  for (const std::string_view word : words)
    all += (all.empty() ? "" : ", ") + in_quotes(word);
  refuse(name, "one of " + all);
  return std::string(otherwise);
}

bool parameters::boolean(std::string_view name, bool otherwise) {
  const json::value* value = find(name);
  if (!value)
    return otherwise;
  if (!value->is_bool())
    refuse(name, "true or false");
  return value->is_bool() ? value->get_bool() : otherwise;
}

// Texts count as the numbers that they say: templates render to texts.
std::optional<std::int64_t> parameters::whole_number(std::string_view name, std::int64_t least,
                                                     std::int64_t most) {
  const json::value* value = find(name);
  if (!value)
    return std::nullopt;
  const double number =
      value->is_number() || value->is_string() ? flows::js::to_number(value) : NAN;
  if (number >= static_cast<double>(least) && number <= static_cast<double>(most) &&
      number == std::floor(number))
    return static_cast<std::int64_t>(number);
  refuse(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

const json::object* parameters::object(std::string_view name) {
  const json::value* value = find(name);
  if (value && value->is_object())
    return value->if_object();
  refuse(name, "an object");
  return nullptr;
}

const json::object* parameters::optional_object(std::string_view name) {
  return find(name) ? object(name) : nullptr;
}

const json::array* parameters::optional_array(std::string_view name) {
  const json::value* value = find(name);
  if (value && !value->is_array())
    refuse(name, "a list");
  return value ? value->if_array() : nullptr;
}

void parameters::refuse(std::string_view name, std::string_view wanted) {
  const json::value* value = find(name);
  if (!problems_.empty())
    problems_ += "; ";
  problems_ += place_ + std::string(name) + " must be " + std::string(wanted) +
               (value ? ", but is " + shown(*value) : ", but is missing");
}

std::int64_t unix_ms(const step_request& request) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(request.now.time_since_epoch())
      .count();
}

std::string stable_id(std::string_view key) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(key.data(), key.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  for (std::size_t i = 0; i < sizeof high; ++i) {
    high = (high << 8U) | digest[i];
    low = (low << 8U) | digest[i + sizeof high];
  }
  return make_uuid_v7(0, high, low);
}

std::string new_id(const step_request& request) {
  return make_uuid_v7(unix_ms(request), request.random_high, request.random_low);
}

} // namespace millrace::services
