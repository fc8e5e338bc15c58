// SPDX-License-Identifier: Apache-2.0
//
// Facts: documentation of system/compose-object-from-input; transform.json,
// "compose-object-from-input: ...".
#include "module_input.hpp"
#include "modules.hpp"

namespace millrace::steps {

step_result compose_object_from_input(const step_request& request) {
  return json::value(module_input(request).combined());
}

} // namespace millrace::steps
