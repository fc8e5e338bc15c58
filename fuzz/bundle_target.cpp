// SPDX-License-Identifier: Apache-2.0
#include "promises.hpp"

#include <millrace/bundle.hpp>

namespace millrace::fuzz {

namespace {

/// The record of a flow is what stands at its pointer.
void require_origin(const json::value& document, const flows::flow_record& flow) {
  boost::system::error_code failed;
  const json::value* const origin = document.find_pointer(flow.pointer, failed);
  require(origin != nullptr && origin->is_object(), "a flow's pointer leads to no object");
  require(stringify(origin->get_object()) == stringify(flow.definition),
          "a flow is not what stands at its pointer");
}

} // namespace

void bundle(std::string_view input) {
  const auto document = parse_json(input, "the bundle");
  if (document.has_error())
    return;
  const flows::flow_source read = flows::read_flow_source(*document, "the bundle");
  const flows::flow_source again = flows::read_flow_source(*document, "the bundle");
  require(flows::describe(read.problems) == flows::describe(again.problems),
          "a bundle has two lists of problems");
  require(read.flows.size() == again.flows.size() && read.agents.size() == again.agents.size() &&
              stringify(read.other) == stringify(again.other),
          "a bundle is taken apart in two ways");
  for (const flows::problem& each : read.problems)
    require_pointer(*document, each.pointer);
  for (const json::object& each : read.agents)
    require(each.contains("flows"), "an agent has no list of flows");
  const flows::definition_rules in_force = rules(read.step_definitions);
  for (const flows::flow_record& each : read.flows) {
    require_origin(*document, each);
    const auto made = flows::compile_definition(each.definition, in_force, each.pointer);
    require(made.ok() || !made.problems.empty(), "a flow is refused without a reason");
  }
}

} // namespace millrace::fuzz
