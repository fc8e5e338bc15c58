// SPDX-License-Identifier: Apache-2.0
#include "template_helpers.hpp"

#include <millrace/js.hpp>
#include <millrace/limits.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace millrace::flows::templates {
namespace {

/// ToIntegerOrInfinity, then an index counted from the end where it is negative, within [0, size].
std::size_t relative_index(const json::value* value, std::size_t size) {
  const double length = static_cast<double>(size);
  const double given = js::to_number(value);
  const double whole = std::isnan(given) ? 0 : std::trunc(given);
  const double index = whole < 0 ? std::max(length + whole, 0.0) : std::min(whole, length);
  return static_cast<std::size_t>(index);
}

std::string encode_base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const unsigned char byte =
          i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0;
      group = (group << 8U) | byte;
    }
    for (std::size_t k = 0; k < 4; ++k) {
      const bool padding = i + k > bytes.size();
      text.push_back(padding ? '=' : digits[(group >> (18U - 6U * k)) & 63U]);
    }
  }
  return text;
}

/// ToUint8: modulo 256.
char to_byte(const json::value& value) {
  const double given = js::to_number(&value);
  const double whole = std::isfinite(given) ? std::fmod(std::trunc(given), 256.0) : 0;
  return static_cast<char>(static_cast<unsigned char>(whole < 0 ? whole + 256 : whole));
}

/// The bytes of an object that looks like an array: it has a length. One whose length is no number
/// is empty.
result<std::string> bytes_of(const json::object& array_like, const json::value& length) {
  std::string bytes;
  const double count = length.is_number() ? js::to_number(&length) : 0;
  if (count > static_cast<double>(limits().result_count_max)) {
    return error(errc::limit_exceeded, "The helper base64 takes at most " +
                                           std::to_string(limits().result_count_max) +
                                           " bytes, the limit result_count_max.");
  }
  for (std::size_t i = 0; static_cast<double>(i + 1) <= count; ++i) {
    const json::value* element = array_like.if_contains(std::to_string(i));
    bytes.push_back(element != nullptr ? to_byte(*element) : '\0');
  }
  return bytes;
}

std::string bytes_of(const json::array& array) {
  std::string bytes;
  bytes.reserve(array.size());
  for (const json::value& each : array) {
    bytes.push_back(to_byte(each));
  }
  return bytes;
}

/// The UTF-16 unit at `index`. Half of a surrogate pair, which UTF-8 cannot hold, is U+FFFD.
resolved unit_at(std::string_view text, std::uint32_t index) {
  std::uint32_t unit = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t bytes = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    const std::uint32_t units = bytes == 4 ? 2 : 1;
    if (index < unit + units) {
      return resolved(units == 2 ? json::value("\ufffd") : json::value(text.substr(i, bytes)));
    }
    unit += units;
    i += bytes;
  }
  return {};
}

} // namespace

helper find_helper(std::string_view name) noexcept {
  struct entry {
    std::string_view name;
    helper function;
  };
  constexpr std::array<entry, 15> table = {{{"if", helper::if_},
                                            {"unless", helper::unless},
                                            {"each", helper::each},
                                            {"with", helper::with},
                                            {"lookup", helper::lookup},
                                            {"log", helper::log},
                                            {"json", helper::json},
                                            {"slice", helper::slice},
                                            {"eq", helper::eq},
                                            {"neq", helper::neq},
                                            {"gt", helper::gt},
                                            {"lt", helper::lt},
                                            {"default", helper::default_},
                                            {"base64", helper::base64},
                                            {"with_json_path", helper::with_json_path}}};
  for (const entry& each : table) {
    if (each.name == name) {
      return each.function;
    }
  }
  return helper::none;
}

json::array slice(const json::value* array, const json::value* start, const json::value* end) {
  const json::array* elements = array != nullptr ? array->if_array() : nullptr;
  if (elements == nullptr) {
    return {};
  }
  const std::size_t from = relative_index(start, elements->size());
  const std::size_t to = end != nullptr ? relative_index(end, elements->size()) : elements->size();
  if (from >= to) {
    return {};
  }
  return json::array(elements->data() + from, elements->data() + to);
}

result<std::string> base64(const json::value* value) {
  if (!js::truthy(value)) {
    return std::string();
  }
  if (const json::string* text = value->if_string()) {
    return encode_base64(*text);
  }
  if (const json::array* array = value->if_array()) {
    return encode_base64(bytes_of(*array));
  }
  if (const json::object* object = value->if_object()) {
    const json::value* type = object->if_contains("type");
    const json::value* data = object->if_contains("data");
    if (const json::value* length = object->if_contains("length")) {
      result<std::string> bytes = bytes_of(*object, *length);
      return bytes.has_error() ? bytes : encode_base64(*bytes);
    }
    if (type != nullptr && *type == "Buffer" && data != nullptr && data->is_array()) {
      return encode_base64(bytes_of(data->get_array()));
    }
  }
  return error(errc::step_failed,
               "The helper base64 takes a text or an array of bytes, and not this: " +
                   std::string(js::type_name(value)) + ".");
}

resolved own_property(const json::value& parent, std::string_view name) {
  if (const json::object* object = parent.if_object()) {
    return object->if_contains(name);
  }
  const json::array* array = parent.if_array();
  const json::string* text = parent.if_string();
  if (array == nullptr && text == nullptr) {
    return {};
  }
  if (name == "length") {
    const std::size_t length = array != nullptr ? array->size() : js::utf16_length(*text);
    return resolved(json::value(static_cast<std::int64_t>(length)));
  }
  const std::optional<std::uint32_t> index = js::as_index(name);
  if (!index) {
    return {};
  }
  if (array != nullptr) {
    return *index < array->size() ? &(*array)[*index] : nullptr;
  }
  return unit_at(*text, *index);
}

bool is_empty(const json::value* value) noexcept {
  if (!js::truthy(value)) {
    return value == nullptr || !value->is_number();
  }
  const json::array* array = value->if_array();
  return array != nullptr && array->empty();
}

} // namespace millrace::flows::templates
