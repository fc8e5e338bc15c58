// SPDX-License-Identifier: Apache-2.0
//
// What a flow source holds: one definition, an authoring-format flow, or an export bundle, taken
// apart into records. Reads values, not files.
#pragma once

#include <millrace/definition.hpp>

#include <string>
#include <vector>

namespace millrace::flows {

/// One flow version as it was read.
struct flow_record {
  json::object definition;
  /// flowVariables of the flow record (its metadata): those that stand in the definition, which
  /// importing makes the record's, as on Allma. At run time only these count.
  json::object flow_variables;
  /// isPublished; true where the text does not say.
  bool is_published = false;
  /// Where it stood: source name and JSON pointer.
  std::string source;
  std::string pointer;
};

/// Everything that flow sources hold. Lists keep the order of reading.
struct flow_source {
  std::vector<flow_record> flows;
  std::vector<json::object> step_definitions;
  /// Agents: id, flowVariables and the ids of the `flows` they own (`flowIds` in a bundle).
  /// Disabled ones are left out with a warning.
  std::vector<json::object> agents;
  /// Other sections of a bundle, untouched (promptTemplates, mcpConnections...).
  json::object other;
  std::vector<problem> problems;
};

/// Takes one JSON document apart. Accepted: a flow definition, an authoring-format flow, an export
/// bundle (`formatVersion: "1.0"`), or an array of flow definitions. Anything else is a problem at
/// "" that says what was expected. `source` names the document in problems. A flow in the authoring
/// format counts as published (it says nothing about it and is there to be run). Source: reference
/// importExport (the export format) and config-importer; Allma flow definition reference.
[[nodiscard]] flow_source read_flow_source(const json::value& document, std::string_view source);

} // namespace millrace::flows
