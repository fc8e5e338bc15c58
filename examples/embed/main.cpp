// SPDX-License-Identifier: Apache-2.0
#include <millrace/engine.hpp>

#include <iostream>

int main() {
  millrace::engine_options options;
  options.database = "greetings.db";
  auto engine = millrace::engine::open(options).value();
  engine.define_path("greeting.json").value();
  const auto id =
      engine.start({.flow_definition_id = "greeting", .initial_context_data = {{"name", "world"}}})
          .value();
  // The start is on disk: whatever happens to this process now, the flow will run.
  const auto record = engine.wait(id).value();
  std::cout << millrace::to_string(record.status) << ' '
            << millrace::stringify(record.context.at("greeting")) << '\n';
}
