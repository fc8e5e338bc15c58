// SPDX-License-Identifier: Apache-2.0
#include "http_guard.hpp"
#include "options_reader.hpp"

#include <millrace/text.hpp>

#include <array>

namespace millrace::services {
namespace {

constexpr std::array<std::string_view, 5> connection_members{"command", "environment", "headers",
                                                             "timeout", "url"};

std::map<std::string, std::string> texts_in(member_reader& reader, std::string_view name) {
  const json::object* section = reader.object(name);
  return section ? read_hidden_texts(*section, reader.pointer(name), reader.problems())
                 : std::map<std::string, std::string>();
}

} // namespace

mcp_connections read_mcp(const json::object& section, const std::string& pointer,
                         pointed_problems& problems) {
  mcp_connections all;
  for (const auto& entry : section) {
    const std::string place = child_of(pointer, entry.key());
    const json::object* object = entry.value().if_object();
    if (!object) {
      problems.push_back(
          {place, "this must be an object with \"url\" or \"command\"" + but_is(entry.value())});
      continue;
    }
    member_reader reader(*object, place, connection_members, problems);
    mcp_connection made;
    if (reader.has("command") == reader.has("url"))
      reader.add(place, "exactly one of \"command\", a list with a program and its arguments, and "
                        "\"url\", an endpoint, must be here");
    made.command = reader.texts("command").value_or(std::vector<std::string>());
    if (reader.array("command") && (made.command.empty() || made.command.front().empty()))
      reader.refuse("command", "a list with a program and its arguments");
    made.url = reader.text("url").value_or("");
    if (!made.url.empty() && !is_url(made.url))
      reader.refuse("url", "a URL");
    made.environment = texts_in(reader, "environment");
    made.headers = texts_in(reader, "headers");
    for (const auto& [name, value] : made.headers)
      if (!is_header_name(name) || !is_header_value(value))
        reader.add(child_of(reader.pointer("headers"), name),
                   "this is no header: its name is a word, its value has no line breaks");
    if (const auto timeout = reader.duration("timeout")) {
      if (timeout->count() < 1)
        reader.refuse("timeout", "a duration of at least \"1ms\"");
      made.timeout = *timeout;
    }
    all.emplace(std::string(entry.key()), std::move(made));
  }
  return all;
}

} // namespace millrace::services
