// SPDX-License-Identifier: Apache-2.0
//
// What the id of an MCP connection means.
#pragma once

#include "defined_texts.hpp"

#include <millrace/service_options.hpp>

namespace millrace::services {

/// Connections by id: those of the configuration, then those that were defined with a bundle.
/// Thread-safe.
class connection_store {
public:
  /// `folder`: of the defined ones; empty: a temporary one.
  connection_store(mcp_connections configured, secret_options secrets, const std::string& folder)
      : configured_(std::move(configured)), secrets_(std::move(secrets)), defined_(folder) {}

  /// Keeps a connection as it stands in a bundle, durably: id, serverUrl and authentication, which
  /// names a secret and does not hold it.
  [[nodiscard]] std::optional<step_error> define(const json::object& connection);
  /// With its credentials. Errors: PermanentStepError where there is no connection, or no secret of
  /// the name that it gives.
  [[nodiscard]] object_result<mcp_connection> find(const std::string& id);

private:
  [[nodiscard]] object_result<mcp_connection> read(const std::string& id,
                                                   const json::object& record) const;

  const mcp_connections configured_;
  const secret_options secrets_;
  defined_texts defined_;
};

} // namespace millrace::services
