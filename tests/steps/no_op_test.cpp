// SPDX-License-Identifier: Apache-2.0
#include "step_call.hpp"

#include "catch.hpp"

using namespace millrace;
using namespace millrace::testing;

namespace {

json::value output_of(std::string_view input, std::string_view step) {
  const auto registry = steps::registry::with_system_modules();
  step_call call;
  call.input = parsed(input).as_object();
  call.step = parsed(step).as_object();
  call.custom_config = {{"ignored", true}};
  return run(*registry.find_step_type("NO_OP"), call).value();
}

} // namespace

TEST_CASE("a no-op gives its input and a message with the name of the step") {
  CHECK(output_of(R"({"a":1})", R"({"name":"Merge","displayName":"Shown"})") ==
        parsed(R"({"a":1,"message":"NO_OP step 'Merge' executed successfully."})"));
  CHECK(stringify(output_of(R"({"message":"mine","a":1})", R"({"name":"Merge"})")) ==
        R"({"message":"NO_OP step 'Merge' executed successfully.","a":1})");
}

TEST_CASE("a no-op without name is called by its display name, else by its id") {
  CHECK(output_of("{}", R"({"displayName":"Shown"})") ==
        parsed(R"({"message":"NO_OP step 'Shown' executed successfully."})"));
  CHECK(output_of("{}", "{}") == parsed(R"({"message":"NO_OP step 's' executed successfully."})"));
}
