// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace millrace::cli {
namespace {

using file_handle = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

// Reads one byte more than JSON text may have, so that parse_json refuses what is too long.
result<std::string> read_all(std::FILE* file, const std::string& name) {
  constexpr std::size_t bytes_max = json_limits().text_bytes_max + 1;
  std::string text;
  std::array<char, std::size_t{64} * 1024> buffer{};
  while (text.size() < bytes_max) {
    const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file);
    text.append(buffer.data(), count);
    if (count < buffer.size())
      break;
  }
  if (std::ferror(file) != 0)
    return error{errc::not_found,
                 name + " cannot be read: " + std::generic_category().message(errno) + "."};
  return text;
}

result<std::string> read_file(const std::string& path) {
  const file_handle file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file)
    return error{errc::not_found, "The file " + path + " cannot be opened: " +
                                      std::generic_category().message(errno) + "."};
  return read_all(file.get(), "The file " + path);
}

// What messages call the place that the text came from.
std::string name_of(const std::string& argument, std::string_view option) {
  if (argument == "-")
    return "standard input";
  if (!argument.empty() && argument.front() == '@')
    return argument.substr(1);
  return std::string(option);
}

} // namespace

result<json::value> read_json_file(const std::string& file) {
  const std::string name = file == "-" ? "standard input" : file;
  auto text = file == "-" ? read_all(stdin, "Standard input") : read_file(file);
  if (!text)
    return text.error();
  if (text->empty())
    return error{errc::invalid_syntax, name + " is empty; a JSON text must stand there."};
  return parse_json(*text, name);
}

result<json::value> read_json_argument(const std::string& argument, std::string_view option) {
  const std::string name = name_of(argument, option);
  if (argument == "@")
    return error{errc::not_found, std::string(option) + " @ names no file; write @FILE."};
  if (argument == "-" || (!argument.empty() && argument.front() == '@'))
    return read_json_file(argument == "-" ? argument : name);
  return parse_json(argument, name);
}

result<json::object> read_object_argument(const std::string& argument, std::string_view option) {
  auto value = read_json_argument(argument, option);
  if (!value)
    return value.error();
  if (!value->is_object()) {
    std::string where(option);
    if (const std::string name = name_of(argument, option); name != option)
      where += " (" + name + ")";
    return error{errc::invalid_input, where +
                                          " must be a JSON object such as {\"orderId\": 7}, "
                                          "but it is " +
                                          kind_of(*value) + "."};
  }
  return std::move(value->get_object());
}

const char* kind_of(const json::value& value) noexcept {
  switch (value.kind()) {
  case json::kind::null: return "null";
  case json::kind::bool_: return "a boolean";
  case json::kind::string: return "a string";
  case json::kind::array: return "an array";
  case json::kind::object: return "an object";
  default: return "a number";
  }
}

} // namespace millrace::cli
