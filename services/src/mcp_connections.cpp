// SPDX-License-Identifier: Apache-2.0
//
// Source of connections and how they authenticate: reference core-types mcp/connections,
// mcp-client.
#include "mcp_connections.hpp"

#include "http_guard.hpp"
#include "json_members.hpp"
#include "secrets.hpp"

namespace millrace::services {
std::optional<step_error> connection_store::define(const json::object& connection) {
  return defined_.define(text_in(connection, "id"), stringify(connection));
}

object_result<mcp_connection> connection_store::find(const std::string& id) {
  if (const auto found = configured_.find(id); found != configured_.end())
    return found->second;
  auto stored = defined_.find(id);
  if (!stored)
    return stored.error();
  if (!*stored)
    return step_error::permanent("MCP Connection with ID '" + id +
                                 "' not found. Define the bundle that has it, or say what it is "
                                 "under mcp in the configuration.");
  const auto record = parse_json(**stored, "MCP connection");
  if (!record || !record->is_object())
    return step_error::permanent("The MCP connection '" + id +
                                 "' is damaged. Define its bundle again.");
  return read(id, record->get_object());
}

object_result<mcp_connection> connection_store::read(const std::string& id,
                                                     const json::object& record) const {
  mcp_connection made;
  made.url = text_in(record, "serverUrl");
  const json::object* how = object_in(record, "authentication");
  const std::string type = how ? text_in(*how, "type") : "NONE";
  if (type != "BEARER_TOKEN" && type != "API_KEY")
    return made;
  auto secret = find_secret(secrets_, text_in(*how, "secretArn"), text_in(*how, "secretJsonKey"));
  if (!secret)
    return step_error::permanent("MCP Connection '" + id +
                                 "' cannot authenticate: " + secret.error().message);
  if (!is_header_value(*secret))
    return step_error::permanent("MCP Connection '" + id +
                                 "' cannot authenticate: its secret has a line break or another "
                                 "control character, which no header can hold.");
  if (type == "BEARER_TOKEN")
    made.headers["Authorization"] = "Bearer " + *secret;
  else
    made.headers["X-API-Key"] = std::move(*secret);
  return made;
}

} // namespace millrace::services
