// SPDX-License-Identifier: Apache-2.0
#include "options_reader.hpp"

#include <array>

namespace millrace::services {
namespace {

using namespace std::chrono_literals;

constexpr auto timeout_max = 15min; // Lambda's own bound
constexpr std::array<std::string_view, 4> target_members{"command", "environment", "timeout",
                                                         "url"};

std::map<std::string, std::string> read_environment(member_reader& reader) {
  std::map<std::string, std::string> all;
  const json::object* variables = reader.object("environment");
  if (variables == nullptr)
    return all;
  const std::string pointer = reader.pointer("environment");
  for (const auto& member : *variables) {
    if (member.value().is_string())
      all[member.key()] = member.value().get_string();
    else
      reader.add(child_of(pointer, member.key()), "this must be a text" + but_is(member.value()));
  }
  return all;
}

function_target read_target(member_reader& reader) {
  function_target target;
  if (reader.has("command") == reader.has("url"))
    reader.add(reader.pointer(), "exactly one of \"command\", a list with a program and its "
                                 "arguments, and \"url\", an endpoint, must be here");
  target.command = reader.texts("command").value_or(std::vector<std::string>());
  if (reader.array("command") && (target.command.empty() || target.command.front().empty()))
    reader.refuse("command", "a list with a program and its arguments");
  target.url = reader.text("url").value_or("");
  target.environment = read_environment(reader);
  if (const auto timeout = reader.duration("timeout")) {
    if (*timeout < 1ms || *timeout > timeout_max)
      reader.refuse("timeout", "a duration from \"1ms\" to \"15m\"");
    target.timeout = *timeout;
  }
  return target;
}

} // namespace

std::map<std::string, function_target, std::less<>> read_functions(const json::object& section,
                                                                   const std::string& pointer,
                                                                   pointed_problems& problems) {
  std::map<std::string, function_target, std::less<>> all;
  for (const auto& member : section) {
    const std::string place = child_of(pointer, member.key());
    if (!member.value().is_object()) {
      problems.push_back(
          {place, "this must be an object with \"command\" or \"url\"" + but_is(member.value())});
      continue;
    }
    member_reader reader(member.value().get_object(), place, target_members, problems);
    all.emplace(std::string(member.key()), read_target(reader));
  }
  return all;
}

} // namespace millrace::services
