// SPDX-License-Identifier: Apache-2.0
#include "secrets.hpp"

namespace millrace::services {

const std::string* look_up_secret(const secret_options& secrets, std::string_view name) {
  constexpr std::string_view arn_secret = ":secret:";
  constexpr std::size_t suffix = 7; // "-AbCdEf"
  const auto at = [&](std::string_view wanted) -> const std::string* {
    const auto found = secrets.find(wanted);
    return found == secrets.end() ? nullptr : &found->second;
  };
  if (const std::string* whole = at(name))
    return whole;
  const std::size_t place = name.find(arn_secret);
  if (name.substr(0, 4) != "arn:" || place == std::string_view::npos)
    return nullptr;
  name.remove_prefix(place + arn_secret.size());
  if (const std::string* last = at(name))
    return last;
  if (name.size() <= suffix || name[name.size() - suffix] != '-')
    return nullptr;
  return at(name.substr(0, name.size() - suffix));
}

boost::system::result<std::string, step_error>
find_secret(const secret_options& secrets, std::string_view name, std::string_view key) {
  const std::string* text = look_up_secret(secrets, name);
  const std::string shown(name);
  if (!text)
    return step_error::permanent("There is no secret " + shown +
                                 ". Say what it is under secrets in the configuration.");
  const auto parsed = parse_json(*text, "secret");
  if (!parsed)
    return *text;
  const json::object* members = parsed->if_object();
  if (!members)
    return step_error::permanent("Secret " + shown + " parsed as JSON, but it is not an object.");
  const json::value* value = members->if_contains(key);
  if (!value)
    return step_error::permanent("Secret " + shown +
                                 " is a valid JSON object but does not contain the key '" +
                                 std::string(key) + "'.");
  if (!value->is_string())
    return step_error::permanent("The value for key '" + std::string(key) + "' in secret " + shown +
                                 " is not a string.");
  return std::string(value->get_string());
}

} // namespace millrace::services
