// SPDX-License-Identifier: Apache-2.0
//
// LLM_INVOCATION: what a model is asked, what its answer becomes, and what is tried when it fails.
#include "llm_invocation.hpp"

#include "catch.hpp"
#include "handler_call.hpp"
#include "loopback_server.hpp"
#include "scratch.hpp"

using namespace millrace;
using testing::arrived_request;
using testing::handler_call;
using testing::loopback_server;
using testing::server_connection;

namespace {

json::value value(std::string_view text) {
  return parse_json(text, "test").value();
}

class place {
public:
  explicit place(llm_options options) {
    with_->prompts = std::make_shared<services::prompt_store>(options.prompts, folder_.path("p"));
    with_->options = std::move(options);
    with_->client = std::make_shared<services::http_client>(http_options());
    with_->objects = std::make_shared<services::object_store>(object_options(), folder_.path("o"));
    services::add_llm_invocation(registry_, with_);
  }

  // `step`: members of the step that are no templates; `fields`: those that are, with their values.
  step_result ask(json::object step = {}, json::object fields = {}, json::object config = {}) {
    handler_call made;
    made.step_type = "LLM_INVOCATION";
    made.step = std::move(step);
    if (!made.step.contains("directPrompt"))
      made.step["directPrompt"] = "Say {{word}}";
    made.input = {{"word", "hello"}};
    made.custom_config = std::move(config);
    made.fields = std::move(fields);
    if (!made.fields.contains("llmProvider"))
      made.fields["llmProvider"] = "OPENAI";
    if (!made.fields.contains("modelId"))
      made.fields["modelId"] = "m";
    made.now = std::chrono::system_clock::time_point(std::chrono::milliseconds(now_));
    return run(registry_, made);
  }
  // Without _meta.
  std::string text_of(json::object step = {}, json::object fields = {}, json::object config = {}) {
    auto outcome = ask(std::move(step), std::move(fields), std::move(config));
    if (!outcome)
      return outcome.error().name + ": " + outcome.error().message;
    outcome->get_object().stable_erase("_meta");
    return stringify(*outcome);
  }
  void later(std::int64_t ms) { now_ += ms; }
  [[nodiscard]] services::llm_services& with() { return *with_; }

private:
  testing::scratch folder_;
  std::shared_ptr<services::llm_services> with_ = std::make_shared<services::llm_services>();
  steps::registry registry_;
  std::int64_t now_ = 1'700'000'000'000;
};

llm_options scripted(std::vector<llm_scripted_answer> script) {
  llm_options options;
  options.providers["*"].script = std::move(script);
  return options;
}

llm_options at(const loopback_server& server) {
  llm_options options;
  options.providers["OPENAI"].url = server.url("/v1");
  options.providers["OPENAI"].api_key = "s3cret";
  options.providers["OPENAI"].timeout = std::chrono::seconds(5);
  return options;
}

std::string answer(std::string_view content) {
  return stringify(json::object{
      {"choices", json::array{{{"message", {{"role", "assistant"}, {"content", content}}}}}},
      {"usage", {{"prompt_tokens", 12}, {"completion_tokens", 3}}}});
}

} // namespace

TEST_CASE("a model is asked as OpenAI's chat API wants it") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.respond(200, answer("hi"), {{"content-type", "application/json"}});
  });
  llm_options options = at(server);
  options.providers["OPENAI"].models = {{"m", "llama3"}};
  options.providers["OPENAI"].body = {{"keep_alive", "5m"}, {"top_p", nullptr}};
  place all(options);
  const auto said = all.ask({{"inferenceParameters", {{"temperature", 0.1}, {"seed", 7}}}});
  REQUIRE(said.has_value());
  CHECK(stringify(said->at("llm_response")) == "\"hi\"");
  CHECK(stringify(said->at("_meta")) ==
        R"({"tokenUsage":{"inputTokens":12,"outputTokens":3},"llmInvocationParameters":)"
        R"({"provider":"OPENAI","modelId":"m","prompt":"Say hello","temperature":0.1,)"
        R"("maxOutputTokens":16000,"topP":0.95,"topK":40,"seed":7,"customConfig":{},)"
        R"("jsonOutputMode":false,"correlationId":"00000000-0000-4000-8000-000000000000"},)"
        R"("llmPrompt":"Say hello","llmRawResponse":"hi"})");
  const arrived_request request = server.requests().at(0);
  CHECK(request.target == "/v1/chat/completions");
  CHECK(request.headers.at("authorization") == "Bearer s3cret");
  CHECK(request.headers.at("idempotency-key") == "execution:s:1");
  CHECK(request.body == R"({"model":"llama3","messages":[{"role":"user","content":"Say hello"}],)"
                        R"("temperature":0.1,"max_tokens":16000,"seed":7,"keep_alive":"5m"})");
}

TEST_CASE("tools, their choice and media go along, and calls of tools come back") {
  loopback_server server([](const arrived_request&, server_connection& connection) {
    connection.respond(
        200, R"({"choices":[{"message":{"content":null,"tool_calls":[{"id":"c1","type":"function",
             "function":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}}]}}]})",
        {{"content-type", "application/json"}});
  });
  place all(at(server));
  REQUIRE(all.with().objects->put("in", "a.png", "xyz", "image/png", {}).has_value());
  const json::value tool = value(
      R"({"type":"function","name":"weather","description":"d","parameters":{"type":"object"}})");
  const auto said = all.ask(
      {{"tools", json::array{tool}},
       {"toolChoice", {{"type", "function"}, {"name", "weather"}}},
       {"mediaAttachments", json::array{{{"s3Pointer", {{"bucket", "in"}, {"key", "a.png"}}}},
                                        {{"base64", "QQ=="}, {"mimeType", "application/pdf"}}}}});
  REQUIRE(said.has_value());
  CHECK(stringify(said->at("tool_calls")) ==
        R"([{"id":"c1","name":"weather","args":{"city":"Rome"}}])");
  CHECK(stringify(said->at("_meta").at("llmInvocationParameters").at("media")) ==
        R"({"count":2,"mimeTypes":["image/png","application/pdf"]})");
  const json::value sent = value(server.requests().at(0).body);
  CHECK(stringify(sent.at("messages").at(0).at("content")) ==
        R"([{"type":"image_url","image_url":{"url":"data:image/png;base64,eHl6"}},)"
        R"({"type":"file","file":{"filename":"document.pdf",)"
        R"("file_data":"data:application/pdf;base64,QQ=="}},{"type":"text","text":"Say hello"}])");
  CHECK(stringify(sent.at("tools")) ==
        R"([{"type":"function","function":{"name":"weather","description":"d",)"
        R"("parameters":{"type":"object"}}}])");
  CHECK(stringify(sent.at("tool_choice")) ==
        R"({"type":"function","function":{"name":"weather"}})");
}

TEST_CASE("an answer in JSON mode becomes the output, whatever stands around it") {
  struct row {
    const char* said;
    const char* output;
  };
  const std::vector<row> rows{
      {R"({"a":1})", R"({"a":1})"},
      {"```json\n{\"a\":1}\n```", R"({"a":1})"},
      {"Here: {\"a\":[1,2,]} // done", R"({"a":[1,2]})"},
      {"[1,2]", R"({"llm_response":[1,2]})"},
      {"5", R"({"llm_response":5})"},
      {"", R"({"llm_response":""})"},
      {"no json", "ContentBasedRetryableError: Failed to parse LLM response as JSON from m. Raw "
                  "response: no json"},
  };
  for (const row& each : rows) {
    INFO(each.said);
    place all(scripted({{"", each.said, "", {}}}));
    CHECK(all.text_of({}, {}, {{"jsonOutputMode", true}}) == each.output);
  }
  CHECK_FALSE(services::json_in(std::string(100'000, '[')).has_value());
}

TEST_CASE("what is not JSON, and a model that fails, lead to the next model") {
  llm_options options;
  options.providers["OPENAI"].script = {{"", "no json", "", {}}};
  options.providers["GEMINI"].script = {{"", "", "overloaded", {}}};
  options.providers["ANTHROPIC"].script = {{"", R"({"from":"the third"})", "", {}}};
  place all(options);
  const json::value fallbacks =
      value(R"([{"llmProvider":"GEMINI","modelId":"g"},{"llmProvider":"ANTHROPIC","modelId":"a",
                "inferenceParameters":{"temperature":0}}])");
  const json::object json_mode{{"jsonOutputMode", true}};
  const auto said = all.ask({}, {{"fallbacks", fallbacks}}, json_mode);
  REQUIRE(said.has_value());
  CHECK(said->at("from") == "the third");
  CHECK(said->at("_meta").at("llmInvocationParameters").at("temperature") == 0);
  const json::value two = value(R"([{"llmProvider":"GEMINI","modelId":"g"}])");
  CHECK(all.text_of({}, {{"fallbacks", two}}, json_mode) == "TransientStepError: overloaded");
}

TEST_CASE("a model that failed five times in a minute is left alone for five") {
  llm_options options = scripted({{"", "", "down", {}}});
  place all(options);
  for (int i = 0; i < 5; ++i) {
    CHECK(all.text_of() == "TransientStepError: down");
    all.later(1000);
  }
  CHECK(all.text_of() == "Error: Model m from OPENAI is temporarily excluded until "
                         "2023-11-14T22:18:24.000Z due to high failure rate.");
  CHECK(all.text_of({}, {{"modelId", "other"}}) == "TransientStepError: down");
  all.later(5 * 60'000);
  CHECK(all.text_of() == "TransientStepError: down");
}

TEST_CASE("failures that are far apart, or end with an answer, exclude nothing") {
  place slow(scripted({{"", "", "down", {}}}));
  for (int i = 0; i < 10; ++i) {
    CHECK(slow.text_of() == "TransientStepError: down");
    slow.later(20'000);
  }
}

TEST_CASE("an answer with a forbidden text fails the step, and no other model is asked") {
  llm_options options;
  options.providers["OPENAI"].script = {{"", "The SECRET plan", "", {}}};
  options.providers["GEMINI"].script = {{"", "fine", "", {}}};
  place all(options);
  const json::object rules{{"forbiddenStrings", json::array{5, "secret plan"}}};
  CHECK(all.text_of({{"securityValidatorConfig", rules}},
                    {{"fallbacks", value(R"([{"llmProvider":"GEMINI","modelId":"g"}])")}}) ==
        "SecurityViolationError: Output contained forbidden string: \"secret plan\"");
  CHECK(all.text_of({{"securityValidatorConfig", {{"forbiddenStrings", json::array{"other"}}}}}) ==
        R"({"llm_response":"The SECRET plan"})");
}

TEST_CASE("an answer that is too similar to what its prompt protects fails the step") {
  const std::string prompt =
      "<prompt_template><system_configuration a=\"1\"><security_configuration><semantic_checks/>"
      "<semantic_check><protected_content_source> The plan </protected_content_source>"
      "</semantic_check></security_configuration></system_configuration></prompt_template>";
  std::string vectors;
  int status = 200;
  loopback_server server([&](const arrived_request&, server_connection& connection) {
    connection.respond(status, R"({"data":[{"index":1,"embedding":[0.6,0.8]},)" + vectors + "]}");
  });
  llm_options options = scripted({{"", "The PLAN is", "", {}}});
  const auto outcome = [&](const std::string& asked) {
    place all(options);
    return all.text_of(
        {{"directPrompt", asked},
         {"securityValidatorConfig", {{"semanticCheck", {{"similarityThreshold", 0.9}}}}}});
  };
  const std::string passed = R"({"llm_response":"The PLAN is"})";
  CHECK(outcome(prompt) ==
        "PermanentStepError: The semanticCheck of this step cannot be made. Say "
        "what gives vectors of texts under llm.embeddings in the configuration.");
  CHECK(outcome("nothing is protected") == passed);
  options.embeddings = {server.url("/v1"), "k3y", "m", std::chrono::seconds(5)};
  vectors = R"({"index":0,"embedding":[0.8,0.6]})";
  CHECK(outcome(prompt) ==
        "SecurityViolationError: Semantic similarity of 0.9600 exceeded threshold of 0.9.");
  const auto asked = server.requests().back();
  CHECK(asked.target == "/v1/embeddings");
  CHECK(asked.headers.at("authorization") == "Bearer k3y");
  CHECK(asked.body == R"({"model":"m","input":["The plan","the plan is"]})");
  vectors = R"({"index":0,"embedding":[0.8,-0.6]})";
  CHECK(outcome(prompt) == passed);
  for (const char* odd : {R"({"index":0,"embedding":[1]})", R"({"index":0})", "5", "null"}) {
    vectors = odd;
    CHECK(outcome(prompt) == passed);
  }
  status = 500; // as on Allma, what cannot be compared is let through
  CHECK(outcome(prompt) == passed);
}

TEST_CASE("a prompt template comes from the configuration, else from a bundle") {
  llm_options options = scripted({{"one", "1", "", {}}, {"two", "2", "", {}}});
  options.prompts = {{"configured", "one {{word}} {{extra}}"}};
  place all(options);
  REQUIRE_FALSE(all.with().prompts->define("defined", "two {{word}}").has_value());
  const auto with_template = [&](const char* id) {
    return all.ask({{"directPrompt", ""}, {"promptTemplateId", id}},
                   {{"templateContextMappings", {{"extra", "more"}}}});
  };
  const auto first = with_template("configured");
  REQUIRE(first.has_value());
  CHECK(first->at("_meta").at("llmPrompt") == "one hello more");
  CHECK(stringify(first->at("_meta").at("templateContextMappingResult")) == R"({"extra":"more"})");
  CHECK(with_template("defined")->at("llm_response") == "2");
  CHECK(with_template("../../etc/passwd").error().message ==
        "Prompt template '../../etc/passwd' not found. Define the bundle that has it, or write it "
        "under llm.prompts in the configuration.");
  CHECK(all.text_of({{"directPrompt", ""}}) ==
        "Error: Prompt template ID not found in step definition.");
}

TEST_CASE("what is wrong with a step is said") {
  place all(scripted({{"never", "", "", {}}}));
  CHECK(all.text_of({}, {{"modelId", " "}})
            .find("Error: Primary model modelId resolved to an empty") == 0);
  CHECK(all.text_of({}, {{"llmProvider", "ELSE"}})
            .find("Error: Primary model llmProvider resolved to 'ELSE', which is not a valid LLM "
                  "provider") == 0);
  CHECK(all.text_of({}, {{"fallbacks", json::array{json::object()}}}).find("Error: Fallback[0] ") ==
        0);
  CHECK(all.text_of({{"tools", json::array{{{"type", "function"}}}}})
            .find("PermanentStepError: Static tools definition is invalid") == 0);
  CHECK(all.text_of({{"tools", json::array{{{"type", "web_search"}}}}})
            .find("PermanentStepError: The tool web_search is built into") == 0);
  CHECK(all.text_of({{"toolChoice", "sometimes"}})
            .find("PermanentStepError: Tool choice configuration is invalid") == 0);
  const auto medium = [&](const char* text) {
    return all.text_of({{"mediaAttachments", json::array{value(text)}}});
  };
  CHECK(medium("{}").find("exactly one source") != std::string::npos);
  CHECK(medium(R"({"base64":"QQ=="})").find("explicit mimeType") != std::string::npos);
  CHECK(medium(R"({"base64":"QQ==","mimeType":"text/html"})")
            .find("Unsupported media type 'text/html'") != std::string::npos);
  CHECK(medium(R"({"url":"http://169.254.169.254/latest/meta-data"})").find("PermanentStepError") ==
        0);
  CHECK(all.text_of() ==
        "PermanentStepError: The script of the model m has no answer for this prompt.");
  place none({});
  CHECK(none.text_of() == "PermanentStepError: There is no endpoint for the provider OPENAI. Say "
                          "what it is under llm.providers in the configuration.");
}

TEST_CASE("a server's failures are told apart, and its key is in no message") {
  const auto outcome = [](int status, const char* body) {
    loopback_server server([&](const arrived_request&, server_connection& connection) {
      connection.respond(status, body, {{"content-type", "application/json"}});
    });
    place all(at(server));
    return all.text_of();
  };
  CHECK(outcome(429, "{}") == "TransientStepError: LLM invocation of m failed: HTTP 429");
  CHECK(outcome(503, "{}").find("TransientStepError") == 0);
  CHECK(outcome(401, R"({"error":{"message":"bad key"}})") ==
        "PermanentStepError: LLM invocation of m failed: HTTP 401: bad key");
  CHECK(outcome(200, "{}") == "TransientStepError: The model's answer has no choices.");
  CHECK(outcome(200, R"({"choices":[5]})") == R"({"llm_response":""})");
}
