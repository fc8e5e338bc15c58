// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "child_process.hpp"
#include "http_client.hpp"
#include "mcp_connections.hpp"

#include <millrace/step_handler.hpp>

#include <memory>

namespace millrace::services {

/// Provides MCP_CALL: tools of servers that speak the Model Context Protocol. A session is opened
/// with the first call and kept; calls over one connection wait for each other.
void add_mcp_call(steps::registry& to, std::shared_ptr<connection_store> connections,
                  std::shared_ptr<http_client> client, std::shared_ptr<const interruption> ends);

} // namespace millrace::services
