// SPDX-License-Identifier: Apache-2.0
//
// A program outside the tree that uses the installed package: runs one flow in memory and prints
// its status and what it made.
#include <millrace/engine.hpp>

#include <cstdlib>
#include <iostream>

namespace {

constexpr auto flow_text = R"json({
  "id": "greeting", "version": 1, "isPublished": true, "startStepInstanceId": "hello",
  "steps": {
    "hello": {
      "stepInstanceId": "hello", "displayName": "Hello", "stepType": "NO_OP",
      "literals": { "text": "hello, {{name}}" },
      "outputMappings": { "$.greeting": "$.text" }
    }
  }
})json";

// The value, or the end of the program with the reason.
template <class T>
T take(millrace::result<T> result) {
  if (result.has_value())
    return std::move(*result);
  std::cerr << result.error().message() << '\n';
  std::exit(EXIT_FAILURE);
}

} // namespace

int main() {
  auto engine = take(millrace::engine::open({}));
  take(engine.define(take(millrace::parse_json(flow_text, "flow_text"))));

  millrace::start_request request;
  request.flow_definition_id = "greeting";
  request.initial_context_data = {{"name", "world"}};
  const auto record = take(engine.wait(take(engine.start(request)), std::chrono::seconds(30)));

  std::cout << millrace::to_string(record.status) << ' '
            << millrace::stringify(record.context.at("greeting")) << '\n';
  return record.status == millrace::execution_status::completed ? EXIT_SUCCESS : EXIT_FAILURE;
}
