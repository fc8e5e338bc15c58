// SPDX-License-Identifier: Apache-2.0
#include <millrace/service_options.hpp>

#include "options_reader.hpp"

#include <millrace/json_position.hpp>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace millrace {
namespace {

using variable_lookup = std::function<std::optional<std::string>(const std::string&)>;

constexpr std::string_view system_prefix = "system/";
constexpr std::array<std::string_view, 14> file_members{
    "$schema", "deliveries", "folder",   "functions", "http",    "items",   "llm",
    "mail",    "mcp",        "messages", "modules",   "objects", "secrets", "triggers"};

/// Puts the values of environment variables into the texts of a document.
class variables {
public:
  variables(const variable_lookup& look_up, pointed_problems& problems)
      : look_up_(look_up), problems_(problems) {}

  void fill(json::value& value, const std::string& pointer) {
    if (json::string* text = value.if_string())
      *text = filled(*text, pointer);
    else if (json::array* elements = value.if_array())
      for (std::size_t i = 0; i < elements->size(); ++i)
        fill((*elements)[i], child_of(pointer, i));
    else if (json::object* members = value.if_object())
      for (auto& member : *members)
        fill(member.value(), child_of(pointer, member.key()));
  }

private:
  // "${NAME}" is looked up, "$${" gives "${".
  std::string filled(std::string_view text, const std::string& pointer) {
    std::string made;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t open = text.find("${", at);
      if (open == std::string_view::npos)
        return made.append(text.substr(at));
      made.append(text.substr(at, open - at));
      if (!made.empty() && open > at && text[open - 1] == '$') {
        made.back() = '$';
        made += '{';
        at = open + 2;
        continue;
      }
      const std::size_t close = text.find('}', open);
      if (close == std::string_view::npos) {
        problems_.push_back(
            {pointer, "\"${\" is not closed; write \"$${\" for the two characters"});
        return std::string(text);
      }
      const std::string name(text.substr(open + 2, close - open - 2));
      if (const auto value = look_up_(name))
        made += *value;
      else
        problems_.push_back({pointer, "the environment variable " + in_quotes(name) +
                                          " is not set; set it or write the value itself"});
      at = close + 1;
    }
    return made;
  }

  const variable_lookup& look_up_;
  pointed_problems& problems_;
};

void check_modules(const service_options& options, pointed_problems& problems) {
  for (const auto& module : options.functions.modules)
    if (module.first.empty() || module.first.substr(0, system_prefix.size()) == system_prefix)
      problems.push_back({child_of("/modules", module.first),
                          "a module's identifier is not empty and does not begin with \"system/\", "
                          "which is the flow language's own"});
}

service_options read_members(const json::object& document, pointed_problems& problems) {
  member_reader reader(document, "", file_members, problems);
  service_options options;
  options.folder = reader.text("folder").value_or("");
  const auto read = [&](const char* name, auto& section, const auto& reads) {
    if (const json::object* given = reader.object(name))
      section = reads(*given, std::string("/") + name, problems);
  };
  read("http", options.http, services::read_http);
  read("functions", options.functions.functions, services::read_functions);
  read("modules", options.functions.modules, services::read_functions);
  read("messages", options.messages, services::read_messages);
  read("items", options.items, services::read_items);
  read("llm", options.llm, services::read_llm);
  read("mail", options.mail, services::read_mail);
  read("mcp", options.mcp, services::read_mcp);
  read("objects", options.objects, services::read_objects);
  read("deliveries", options.deliveries, services::read_deliveries);
  read("secrets", options.secrets, services::read_secrets);
  read("triggers", options.triggers, services::read_triggers);
  check_modules(options, problems);
  return options;
}

// What an environment variable holds may be a secret: no message shows it.
void hide_variables(const json::value& written, pointed_problems& problems) {
  for (pointed_problem& each : problems) {
    boost::system::error_code missing;
    const json::value* place = written.find_pointer(each.pointer, missing);
    const std::size_t shown = each.message.find(but_is_words);
    if (place && shown != std::string::npos && stringify(*place).find("${") != std::string::npos)
      each.message.erase(shown);
  }
}

// Each problem in a line: "millrace.json:3:5: /functions/f: ...".
error all_of(const pointed_problems& problems, std::string_view file, std::string_view text) {
  std::string lines;
  for (const pointed_problem& each : problems) {
    lines += file;
    if (const auto place = find_position(text, each.pointer))
      lines += ':' + std::to_string(place->line) + ':' + std::to_string(place->column);
    lines += ": " + (each.pointer.empty() ? "" : each.pointer + ": ") + each.message + ".\n";
  }
  return {errc::invalid_input, lines};
}

result<service_options> parse(json::value document, std::string_view file, std::string_view text,
                              const variable_lookup& variable) {
  pointed_problems problems;
  if (!document.is_object())
    return all_of({{"", "the configuration is an object" + but_is(document)}}, file, text);
  const json::value written = document;
  variables(variable, problems).fill(document, "");
  service_options options = read_members(document.get_object(), problems);
  hide_variables(written, problems);
  if (!problems.empty())
    return all_of(problems, file, text);
  return options;
}

} // namespace

result<service_options> read_service_options(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in)
    return error{errc::not_found, "The configuration " + file + " cannot be read."};
  auto document = parse_json(text, file);
  if (!document)
    return document.error();
  return parse(std::move(*document), file, text, [](const std::string& name) {
    const char* value = std::getenv(name.c_str()); // NOLINT(concurrency-mt-unsafe)
    return value ? std::optional<std::string>(value) : std::nullopt;
  });
}

result<service_options> parse_service_options(const json::value& document, std::string_view file,
                                              const variable_lookup& variable) {
  return parse(document, file, stringify_pretty(document), variable);
}

} // namespace millrace
