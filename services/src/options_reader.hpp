// SPDX-License-Identifier: Apache-2.0
//
// The sections of millrace.json, each read by one function. A section's reader adds what is wrong
// to the problems and goes on.
#pragma once

#include <millrace/member_reader.hpp>
#include <millrace/service_options.hpp>

namespace millrace::services {

/// "deliveries".
[[nodiscard]] delivery_options read_deliveries(const json::object& section,
                                               const std::string& pointer,
                                               pointed_problems& problems);

/// "functions" or "modules": targets by name.
[[nodiscard]] std::map<std::string, function_target, std::less<>>
read_functions(const json::object& section, const std::string& pointer, pointed_problems& problems);

/// "http".
[[nodiscard]] http_options read_http(const json::object& section, const std::string& pointer,
                                     pointed_problems& problems);

/// "items".
[[nodiscard]] item_options read_items(const json::object& section, const std::string& pointer,
                                      pointed_problems& problems);

/// "llm".
[[nodiscard]] llm_options read_llm(const json::object& section, const std::string& pointer,
                                   pointed_problems& problems);

/// "mail".
[[nodiscard]] mail_options read_mail(const json::object& section, const std::string& pointer,
                                     pointed_problems& problems);

/// "mcp".
[[nodiscard]] mcp_connections read_mcp(const json::object& section, const std::string& pointer,
                                       pointed_problems& problems);

/// "messages".
[[nodiscard]] message_options read_messages(const json::object& section, const std::string& pointer,
                                            pointed_problems& problems);

/// "objects".
[[nodiscard]] object_options read_objects(const json::object& section, const std::string& pointer,
                                          pointed_problems& problems);

/// "secrets".
[[nodiscard]] secret_options read_secrets(const json::object& section, const std::string& pointer,
                                          pointed_problems& problems);

/// Texts by name that no message shows.
[[nodiscard]] std::map<std::string, std::string> read_hidden_texts(const json::object& section,
                                                                   const std::string& pointer,
                                                                   pointed_problems& problems);

/// "triggers".
[[nodiscard]] trigger_options read_triggers(const json::object& section, const std::string& pointer,
                                            pointed_problems& problems);

/// Reads each member of the object `name` with `read`, which gets a reader that knows `members`.
template <class Made, class Read>
void read_each(member_reader& reader, std::string_view name,
               std::span<const std::string_view> members, Read read,
               std::map<std::string, Made, std::less<>>& into) {
  const json::object* section = reader.object(name);
  if (!section)
    return;
  for (const auto& entry : *section) {
    const std::string place = child_of(reader.pointer(name), entry.key());
    if (const json::object* object = entry.value().if_object())
      into.emplace(std::string(entry.key()),
                   read(member_reader(*object, place, members, reader.problems())));
    else
      reader.add(place, "this must be an object" + but_is(entry.value()));
  }
}

} // namespace millrace::services
