// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include <algorithm>

namespace millrace::cli {

CLI::Option* add_verbatim(CLI::App& command, const std::string& name,
                          const std::string& description) {
  return command.add_option(name, description);
}

std::string verbatim(const CLI::Option* option) {
  return option->count() == 0 ? std::string() : option->results().back();
}

void add_choice(CLI::App& command, const std::string& name, const std::string& description,
                const std::vector<std::string>& words,
                const std::function<void(const std::string&)>& choose) {
  std::string all;
  for (const std::string& word : words)
    all += (all.empty() ? "" : "|") + word;
  const auto check = [name, words, all, choose](const std::string& given) {
    if (std::find(words.begin(), words.end(), given) == words.end())
      throw CLI::ValidationError(name, "must be one of " + all + ", not \"" + given + '"');
    choose(given);
  };
  command.add_option_function<std::string>(name, check, description)->type_name(all);
}

void add_output(CLI::App& command, bool& as_json) {
  add_choice(command, "--output", "text for people (default), json for programs", {"text", "json"},
             [&as_json](const std::string& form) { as_json = form == "json"; });
}

void add_database(CLI::App& command, std::string& database) {
  command.add_option("--db", database, "the database file")->type_name("FILE");
}

void add_configuration(CLI::App& command, std::string& file) {
  command
      .add_option("--config", file,
                  "what names of queues, functions and so on mean here (default: millrace.json of "
                  "this folder, if there is one)")
      ->type_name("FILE");
}

} // namespace millrace::cli
