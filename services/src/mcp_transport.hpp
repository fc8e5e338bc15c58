// SPDX-License-Identifier: Apache-2.0
//
// How messages of the Model Context Protocol travel: over streamable HTTP, or as lines to and from
// a program. Source: the specification of 2025-06-18, "Transports".
#pragma once

#include "child_process.hpp"
#include "http_client.hpp"

#include <millrace/service_options.hpp>
#include <millrace/step_result.hpp>

#include <memory>
#include <optional>
#include <string>

namespace millrace::services {

inline constexpr const char* mcp_protocol_version = "2025-06-18";

/// The connection to one server. One thread at a time.
class mcp_transport {
public:
  virtual ~mcp_transport() = default;

  /// Sends a request and gives the response of the same id. Errors: what becomes of the step.
  [[nodiscard]] virtual step_result request(const json::object& message, std::string_view key) = 0;
  /// Sends what has no response.
  [[nodiscard]] virtual std::optional<step_error> notify(const json::object& message) = 0;
  /// Whether the server has forgotten the session, or is gone: the next message begins anew.
  [[nodiscard]] virtual bool is_lost() const = 0;
  /// Ends the session.
  virtual void close() = 0;
};

[[nodiscard]] std::unique_ptr<mcp_transport>
make_http_transport(const mcp_connection& connection, std::shared_ptr<http_client> client);
[[nodiscard]] std::unique_ptr<mcp_transport>
make_stdio_transport(const mcp_connection& connection, std::shared_ptr<const interruption> ends);

} // namespace millrace::services
