// SPDX-License-Identifier: Apache-2.0
//
// Facts: mapping.json, "step: no-op ..." and "step: start point steps act as no-op". The message
// names the step by `name`; where it has none, by what the documentation shows there.
#include "modules.hpp"

#include <millrace/js.hpp>

namespace millrace::steps {

namespace {

std::string step_name(const step_request& request) {
  for (const char* const member : {"name", "displayName"}) {
    const json::value* const found = request.step.if_contains(member);
    if (found != nullptr && !found->is_null()) {
      return flows::js::to_string(found);
    }
  }
  return std::string(request.step_instance_id);
}

} // namespace

step_result no_op(const step_request& request) {
  json::object output = request.input;
  output.insert_or_assign("message",
                          "NO_OP step '" + step_name(request) + "' executed successfully.");
  return json::value(std::move(output));
}

} // namespace millrace::steps
