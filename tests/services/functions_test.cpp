// SPDX-License-Identifier: Apache-2.0
//
// Functions as handlers and as programs, and the steps that they run.
#include <millrace/services.hpp>

#include "catch.hpp"
#include "functions.hpp"
#include "handler_call.hpp"
#include "loopback_server.hpp"

#include <future>

#include <fcntl.h>
#include <unistd.h>

using namespace millrace;
using namespace std::chrono_literals;
using services::invocation;
using testing::handler_call;

namespace {

function_target program(std::vector<std::string> words) {
  function_target target;
  target.command = std::move(words);
  target.timeout = 20s;
  return target;
}

// For tests alone: it is the programs of the configuration that are started without a shell.
function_target script(const std::string& text) {
  return program({"/bin/sh", "-c", text});
}

invocation invoke(const function_target& target, const json::value& payload = json::object()) {
  services::http_client client({});
  const services::interruption ends;
  return services::invoke(target, payload, "key-1", {client, ends});
}

std::string message_of(const invocation& ended) {
  REQUIRE(ended.how == invocation::outcome::function_error);
  return std::string(ended.payload.at("errorMessage").as_string());
}

handler_call lambda_call(std::string name, json::object step = {}, json::object fields = {}) {
  fields["lambdaFunctionArnTemplate"] = std::move(name);
  return {.step_type = "CUSTOM_LAMBDA_INVOKE",
          .input = {{"x", 1}},
          .fields = std::move(fields),
          .step = std::move(step)};
}

steps::registry with(function_options functions) {
  service_options options;
  options.functions = std::move(functions);
  auto local = services::local_services::make(std::move(options), "");
  REQUIRE(local.has_value());
  auto registry = steps::registry::with_system_modules();
  (*local)->add_to(registry);
  return registry;
}

std::string text_of(const step_result& outcome) {
  return outcome ? stringify(*outcome) : outcome.error().name + ": " + outcome.error().message;
}

} // namespace

TEST_CASE("a program gets JSON on its standard input and answers on its standard output") {
  const auto ended = invoke(program({"cat"}), json::object{{"a", json::array{1, "\u00e9"}}});
  CHECK(ended.how == invocation::outcome::returned);
  CHECK(stringify(ended.payload) == R"({"a":[1,"é"]})");
  CHECK(invoke(program({"true"})).payload.is_null());
}

TEST_CASE("a program need not read its input") {
  const json::value large = json::object{{"text", std::string(std::size_t{4} << 20U, 'x')}};
  const auto ended = invoke(script("echo '{\"read\": false}'"), large);
  CHECK(stringify(ended.payload) == R"({"read":false})");
}

TEST_CASE("an input larger than a pipe comes back whole") {
  const json::value large = json::object{{"text", std::string(std::size_t{3} << 20U, 'x')}};
  CHECK(invoke(program({"cat"}), large).payload == large);
}

TEST_CASE("no shell reads a program's arguments") {
  const auto ended = invoke(program({"printf", "%s", "\"$(id); echo `id` > /tmp/x | $HOME\""}));
  CHECK(ended.payload == "$(id); echo `id` > /tmp/x | $HOME");
}

TEST_CASE("a program sees the variables of its target and few others") {
  REQUIRE(::setenv("MILLRACE_TEST_SECRET", "not for programs", 1) == 0);
  auto target = script("printf '{\"a\":\"%s\",\"key\":\"%s\",\"secret\":\"%s\"}' \"$A\" "
                       "\"$MILLRACE_IDEMPOTENCY_KEY\" \"$MILLRACE_TEST_SECRET\"");
  target.environment["A"] = "own";
  CHECK(stringify(invoke(target).payload) == R"({"a":"own","key":"key-1","secret":""})");
}

TEST_CASE("a program inherits no open file") {
  const int open_file = ::open("/dev/null", O_RDONLY); // NOLINT(android-cloexec-open): on purpose
  const auto ended = invoke(script("ls /proc/self/fd | wc -l"));
  ::close(open_file);
  CHECK(ended.payload.to_number<int>() <= 4); // the three of a program, and that of ls itself
}

TEST_CASE("a program that ends badly is a function error with what it said last") {
  CHECK(message_of(invoke(script("echo one >&2; echo two >&2; exit 3"))) == "two");
  CHECK(message_of(invoke(script("exit 3"))) == "The program '/bin/sh' ended with status 3.");
  CHECK(message_of(invoke(script("kill -9 $$"))) == "The program '/bin/sh' ended with status 137.");
  CHECK(message_of(invoke(script("echo '{\"errorMessage\": \"no\"}'; exit 1"))) == "no");
}

TEST_CASE("a program that answers no JSON is a function error that says where") {
  CHECK(message_of(invoke(script("echo nonsense"))).find("the output of '/bin/sh'") == 0);
}

TEST_CASE("a program that takes too long is ended, and what it started too") {
  auto target = script("sleep 30 & sleep 30; echo 1");
  target.timeout = 200ms;
  const auto begin = std::chrono::steady_clock::now();
  const auto ended = invoke(target);
  CHECK(ended.payload.at("errorType") == "Sandbox.Timedout");
  CHECK(std::chrono::steady_clock::now() - begin < 15s);
}

TEST_CASE("a program that answers without end is ended") {
  CHECK(invoke(script("yes")).payload.at("errorType") == "Function.ResponseSizeTooLarge");
}

TEST_CASE("a program is ended when the engine stops") {
  services::http_client client({});
  services::interruption ends;
  auto ended = std::async(std::launch::async, [&] {
    return services::invoke(program({"sleep", "30"}), nullptr, "key-1", {client, ends});
  });
  ends.raise();
  CHECK(ended.get().how == invocation::outcome::failed);
}

TEST_CASE("a program that is not there cannot be invoked") {
  const auto ended = invoke(program({"/nowhere/at/all"}));
  CHECK(ended.how == invocation::outcome::refused);
  CHECK(ended.message ==
        "The program '/nowhere/at/all' cannot be started: No such file or directory.");
}

TEST_CASE("a function is found by its name, its ARN, or the last part of an ARN") {
  function_options all;
  all.functions["price"] = program({"a"});
  all.functions["arn:aws:lambda:eu:1:function:tax"] = program({"b"});
  const auto first_word = [&all](std::string_view name) {
    const function_target* found = services::find_function(all, name);
    return found ? found->command.front() : std::string();
  };
  CHECK(first_word("price") == "a");
  CHECK(first_word("arn:aws:lambda:eu:1:function:price") == "a");
  CHECK(first_word("arn:aws:lambda:eu:1:function:price:live") == "a");
  CHECK(first_word("arn:aws:lambda:eu:1:function:tax") == "b");
  CHECK(first_word("tax").empty());
  CHECK(first_word("my:function:price").empty());
}

TEST_CASE("CUSTOM_LAMBDA_INVOKE sends the input, or what its template makes") {
  function_options all;
  all.functions["echo"] = program({"cat"});
  const auto registry = with(all);
  CHECK(text_of(run(registry, lambda_call("echo"))) ==
        R"({"stepInput":{"x":1},"correlationId":"00000000-0000-4000-8000-000000000000"})");
  CHECK(text_of(run(registry, lambda_call("echo", {{"payloadTemplate", {{"a", "$.x"}}}},
                                          {{"payloadTemplate", {{"a", 7}}}}))) ==
        R"({"correlationId":"00000000-0000-4000-8000-000000000000","a":7})");
  CHECK(text_of(run(registry, lambda_call("echo", {{"payloadTemplate", {{"a", "$.none"}}}},
                                          {{"payloadTemplate", json::object()}}))) ==
        R"({"correlationId":"00000000-0000-4000-8000-000000000000"})");
}

TEST_CASE("a failing function is transient, an unknown one is not") {
  function_options all;
  all.functions["down"].handler = [](const json::value&) -> step_result {
    throw std::runtime_error("the database is away");
  };
  all.functions["gone"] = program({"/nowhere/at/all"});
  const auto registry = with(all);
  CHECK(text_of(run(registry, lambda_call("down"))) ==
        "TransientStepError: Failed to invoke custom logic Lambda 'down': the database is away");
  CHECK(run(registry, lambda_call("nobody")).error().name == "ResourceNotFoundException");
  CHECK(run(registry, lambda_call("gone")).error().name == "Error");
}

TEST_CASE("an endpoint is invoked as Lambda is, with the key of the step") {
  testing::loopback_server server(
      [](const testing::arrived_request& request, testing::server_connection& connection) {
        if (request.target == "/marked")
          return connection.respond(200, R"({"errorMessage": "no stock"})",
                                    {{"X-Amz-Function-Error", "Unhandled"}});
        if (request.target == "/emulator")
          return connection.respond(200, R"({"errorType": "E", "errorMessage": "no stock"})");
        if (request.target == "/ok")
          return connection.respond(200, request.body);
        connection.respond(std::stoi(request.target.substr(1)));
      });
  const auto at = [&](const char* path) {
    function_target target;
    target.url = server.url(path);
    return invoke(target, json::object{{"a", 1}});
  };
  CHECK(stringify(at("/ok").payload) == R"({"a":1})");
  CHECK(server.requests().back().method == "POST");
  CHECK(server.requests().back().headers.at("idempotency-key") == "key-1");
  CHECK(message_of(at("/marked")) == "no stock");
  CHECK(message_of(at("/emulator")) == "no stock");
  CHECK(at("/429").how == invocation::outcome::failed);
  CHECK(at("/429").message == "Rate Exceeded.");
  CHECK(at("/502").how == invocation::outcome::failed);
  CHECK(at("/404").how == invocation::outcome::refused);
  CHECK(at("/404").message == "Its endpoint answered with status 404.");
  function_target nobody;
  nobody.url = "http://127.0.0.1:1/";
  CHECK(invoke(nobody).how == invocation::outcome::failed);
  nobody.url = "http://169.254.169.254/";
  CHECK(invoke(nobody).how == invocation::outcome::refused);
}

TEST_CASE("an external module gets step, input and run state, and gives outputData") {
  function_options all;
  json::value seen;
  all.modules["my/module"].handler = [&seen](const json::value& payload) -> step_result {
    seen = payload;
    return json::object{{"outputData", {{"ok", true}}}};
  };
  all.modules["my/broken"].handler = [](const json::value&) -> step_result {
    return step_error("E", "not today");
  };
  all.modules["my/odd"].handler = [](const json::value&) -> step_result { return json::value(3); };
  const auto registry = with(all);
  handler_call call{.step_type = "CUSTOM_LOGIC",
                    .module_identifier = "my/module",
                    .input = {{"x", 1}},
                    .step = {{"stepInstanceId", "s"}},
                    .run_state = {{"flowDefinitionId", "flow"}}};
  CHECK(text_of(run(registry, call)) == R"({"ok":true})");
  CHECK(
      stringify(seen) ==
      R"({"stepDefinition":{"stepInstanceId":"s"},"stepInput":{"x":1},"runtimeState":{"flowDefinitionId":"flow"}})");
  CHECK(registry.find("CUSTOM_LOGIC", "my/module")->wants_run_state);
  call.module_identifier = "my/broken";
  CHECK(text_of(run(registry, call)) ==
        "PermanentStepError: External step Lambda for my/broken failed: not today");
  call.module_identifier = "my/odd";
  CHECK(text_of(run(registry, call)) ==
        "PermanentStepError: External step Lambda for my/odd returned a successful response with "
        "no payload.");
}
