// SPDX-License-Identifier: Apache-2.0
#include "options_reader.hpp"

namespace millrace::services {

// Values are secrets: what is wrong with one is said without it.
std::map<std::string, std::string> read_hidden_texts(const json::object& section,
                                                     const std::string& pointer,
                                                     pointed_problems& problems) {
  std::map<std::string, std::string> all;
  for (const auto& member : section)
    if (member.value().is_string())
      all.emplace(std::string(member.key()), std::string(member.value().get_string()));
    else
      problems.push_back({child_of(pointer, member.key()), "this must be a text"});
  return all;
}

secret_options read_secrets(const json::object& section, const std::string& pointer,
                            pointed_problems& problems) {
  secret_options all;
  for (const auto& entry : section) {
    const std::string place = child_of(pointer, entry.key());
    const std::string name(entry.key());
    if (const json::object* members = entry.value().if_object()) {
      json::object texts;
      for (auto& [key, text] : read_hidden_texts(*members, place, problems))
        texts[key] = text;
      all.emplace(name, stringify(texts));
    } else if (const json::string* text = entry.value().if_string()) {
      all.emplace(name, std::string(*text));
    } else {
      problems.push_back({place, "this must be a text, or an object with texts"});
    }
  }
  return all;
}

} // namespace millrace::services
