// SPDX-License-Identifier: Apache-2.0
//
// Source of inputs, outputs and errors: reference mcp-call-handler, mcp-client; of the protocol:
// its specification of 2025-06-18, "Lifecycle" and "Tools".
#include "mcp_call.hpp"

#include "mcp_transport.hpp"

#include <mutex>

namespace millrace::services {
namespace {

json::object message_of(const char* method, json::object params) {
  json::object made{{"jsonrpc", "2.0"}, {"method", method}};
  if (!params.empty())
    made["params"] = std::move(params);
  return made;
}

/// One connection and its session. Thread-safe.
class mcp_server {
public:
  mcp_server(mcp_connection connection, const std::shared_ptr<http_client>& client,
             const std::shared_ptr<const interruption>& ends)
      : connection_(std::move(connection)),
        transport_(connection_.command.empty() ? make_http_transport(connection_, client)
                                               : make_stdio_transport(connection_, ends)) {}

  step_result call(const step_request& request) {
    const std::lock_guard lock(mutex_);
    // A session that was kept may be over by now: once more with a new one.
    const bool was_open = is_open_;
    auto outcome = call_once(request);
    if (!outcome && was_open && !is_open_)
      outcome = call_once(request);
    return outcome;
  }
  [[nodiscard]] const mcp_connection& connection() const noexcept { return connection_; }

private:
  step_result call_once(const step_request& request) {
    if (auto failure = open())
      return std::move(*failure);
    json::object message = message_of(
        "tools/call", {{"name", request.step.at("toolName")},
                       {"arguments", request.input},
                       {"_meta", {{"millrace/idempotencyKey", request.idempotency_key}}}});
    message["id"] = ++id_;
    auto response = transport_->request(message, request.idempotency_key);
    if (!response) {
      forget_where_lost();
      return response.error();
    }
    const json::object* members = response->if_object();
    if (!members)
      return json::object();
    if (const json::value* error = members->if_contains("error"); error && !error->is_null())
      return failed_tool(*error);
    json::object output;
    if (const json::value* result = members->if_contains("result"))
      output["result"] = *result;
    return output;
  }

  static step_error failed_tool(const json::value& error) {
    const json::object* members = error.if_object();
    const auto text = [&](const char* name) {
      const json::value* value = members ? members->if_contains(name) : nullptr;
      if (!value)
        return std::string("undefined");
      return value->is_string() ? std::string(value->get_string()) : stringify(*value);
    };
    step_error made =
        step_error::permanent("MCP tool call failed with JSON-RPC error. Code: " + text("code") +
                              ", Message: " + text("message"));
    if (const json::value* data = members ? members->if_contains("data") : nullptr)
      made.details["errorData"] = *data;
    return made;
  }

  // A server that knows no sessions, as those that Allma calls need not, refuses and is called all
  // the same.
  std::optional<step_error> open() {
    if (is_open_)
      return std::nullopt;
    json::object message = message_of(
        "initialize", {{"protocolVersion", mcp_protocol_version},
                       {"capabilities", json::object()},
                       {"clientInfo", {{"name", "millrace"}, {"version", MILLRACE_VERSION}}}});
    message["id"] = ++id_;
    auto response = transport_->request(message, {});
    if (!response && response.error().name == "TransientStepError") {
      forget_where_lost();
      return response.error();
    }
    const json::object* members = response ? response->if_object() : nullptr;
    is_open_ = true;
    if (!members || !members->contains("result"))
      return std::nullopt;
    auto failure = transport_->notify(message_of("notifications/initialized", {}));
    if (failure)
      forget_where_lost();
    return failure;
  }

  void forget_where_lost() {
    if (!transport_->is_lost())
      return;
    transport_->close();
    is_open_ = false;
  }

  const mcp_connection connection_;
  std::mutex mutex_;
  std::unique_ptr<mcp_transport> transport_; // guarded by mutex_, as the next
  bool is_open_ = false;
  std::int64_t id_ = 0;
};

/// The sessions with all servers. Thread-safe.
class mcp_servers {
public:
  mcp_servers(std::shared_ptr<connection_store> connections, std::shared_ptr<http_client> client,
              std::shared_ptr<const interruption> ends)
      : connections_(std::move(connections)), client_(std::move(client)), ends_(std::move(ends)) {}

  step_result call(const step_request& request) {
    const std::string id(request.step.at("mcpConnectionId").as_string());
    auto connection = connections_->find(id);
    if (!connection)
      return connection.error();
    return server(id, std::move(*connection))->call(request);
  }

private:
  // A connection that was defined anew gets a session of its own; who calls the old one finishes.
  std::shared_ptr<mcp_server> server(const std::string& id, mcp_connection connection) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<mcp_server>& known = servers_[id];
    if (!known || known->connection() != connection)
      known = std::make_shared<mcp_server>(std::move(connection), client_, ends_);
    return known;
  }

  const std::shared_ptr<connection_store> connections_;
  const std::shared_ptr<http_client> client_;
  const std::shared_ptr<const interruption> ends_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<mcp_server>> servers_; // guarded by mutex_
};

} // namespace

void add_mcp_call(steps::registry& to, std::shared_ptr<connection_store> connections,
                  std::shared_ptr<http_client> client, std::shared_ptr<const interruption> ends) {
  auto servers =
      std::make_shared<mcp_servers>(std::move(connections), std::move(client), std::move(ends));
  to.provide(
      "MCP_CALL",
      {[servers](const step_request& request) -> step_result { return servers->call(request); },
       step_effect::external},
      "servers of the Model Context Protocol, over HTTP or as programs");
}

} // namespace millrace::services
