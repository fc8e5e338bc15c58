// SPDX-License-Identifier: Apache-2.0
//
// Reading millrace.json: what is right, and one sentence for everything that is wrong.
#include <millrace/service_options.hpp>

#include "catch.hpp"

using namespace millrace;

namespace {

result<service_options> parse(std::string_view text) {
  const auto document = parse_json(text, "millrace.json");
  REQUIRE(document.has_value());
  return parse_service_options(*document, "millrace.json",
                               [](const std::string& name) -> std::optional<std::string> {
                                 if (name == "TOKEN")
                                   return "t0ken";
                                 return std::nullopt;
                               });
}

std::string problems_of(std::string_view text) {
  const auto parsed = parse(text);
  return parsed ? std::string() : parsed.error().message();
}

} // namespace

TEST_CASE("an empty configuration is right") {
  CHECK(parse("{}").has_value());
  CHECK(parse(R"({"$schema": "x", "functions": {}, "modules": {}})").has_value());
}

TEST_CASE("functions and modules are read with their environment and timeout") {
  const auto read = parse(R"({"functions": {"f": {"command": ["python3", "f.py", "${TOKEN}"],
      "environment": {"T": "<${TOKEN}>", "plain": "$${TOKEN}"}, "timeout": "3s"}},
      "modules": {"my/m": {"command": ["m"]}}})");
  REQUIRE(read.has_value());
  const function_target& f = read->functions.functions.at("f");
  CHECK(f.command == std::vector<std::string>{"python3", "f.py", "t0ken"});
  CHECK(f.environment.at("T") == "<t0ken>");
  CHECK(f.environment.at("plain") == "${TOKEN}");
  CHECK(f.timeout == std::chrono::seconds(3));
  CHECK(read->functions.modules.at("my/m").timeout == std::chrono::minutes(1));
}

TEST_CASE("the options of mail are read, and a password asks for TLS") {
  const auto read = parse(R"({"mail": {"smtp": "smtps://mail.example:465", "user": "u",
      "password": "${TOKEN}", "timeout": "5s", "maildir": "m", "caFile": "ca.pem"}})");
  REQUIRE(read.has_value());
  CHECK(read->mail.smtp_url == "smtps://mail.example:465");
  CHECK(read->mail.user == "u");
  CHECK(read->mail.password == "t0ken");
  CHECK(read->mail.requires_tls);
  CHECK(read->mail.timeout == std::chrono::seconds(5));
  CHECK(read->mail.maildir == "m");
  CHECK(read->mail.ca_file == "ca.pem");
  const auto open = parse(R"({"mail": {"smtp": "smtp://h", "user": "u", "password": "p",
      "requireTls": false}})");
  CHECK_FALSE(open.value().mail.requires_tls);
}

TEST_CASE("connections to MCP servers are read") {
  const auto read = parse(R"({"mcp": {"a": {"url": "https://mcp.example/mcp",
      "headers": {"Authorization": "Bearer ${TOKEN}"}, "timeout": "5s"},
      "b": {"command": ["node", "server.js"], "environment": {"K": "${TOKEN}"}}}})");
  REQUIRE(read.has_value());
  CHECK(read->mcp.at("a").url == "https://mcp.example/mcp");
  CHECK(read->mcp.at("a").headers.at("Authorization") == "Bearer t0ken");
  CHECK(read->mcp.at("a").timeout == std::chrono::seconds(5));
  CHECK(read->mcp.at("b").command == std::vector<std::string>{"node", "server.js"});
  CHECK(read->mcp.at("b").environment.at("K") == "t0ken");
}

TEST_CASE("secrets are texts, or objects with texts") {
  const auto read = parse(R"({"secrets": {"plain": "${TOKEN}", "keys": {"a": "<${TOKEN}>"}}})");
  REQUIRE(read.has_value());
  CHECK(read->secrets.at("plain") == "t0ken");
  CHECK(read->secrets.at("keys") == R"({"a":"<t0ken>"})");
  CHECK(problems_of(R"({"secrets": {"a": 1234, "b": {"c": ["1234"]}}})") ==
        "millrace.json:3:5: /secrets/a: this must be a text, or an object with texts.\n"
        "millrace.json:5:7: /secrets/b/c: this must be a text.\n");
}

TEST_CASE("endpoints and scripts of models are read") {
  const auto read = parse(R"({"llm": {"prompts": {"p": "Say {{x}}"}, "providers": {
      "OPENAI": {"url": "http://localhost:11434/v1/", "apiKey": "${TOKEN}", "timeout": "9s",
                 "models": {"gpt-4o": "llama3"}, "body": {"top_p": null}},
      "*": {"script": [{"when": "a", "text": "b"}, {"error": "down"}]}}}})");
  REQUIRE(read.has_value());
  const llm_endpoint& endpoint = read->llm.providers.at("OPENAI");
  CHECK(endpoint.url == "http://localhost:11434/v1");
  CHECK(endpoint.api_key == "t0ken");
  CHECK(endpoint.timeout == std::chrono::seconds(9));
  CHECK(endpoint.models.at("gpt-4o") == "llama3");
  CHECK(endpoint.body.at("top_p").is_null());
  CHECK(read->llm.providers.at("*").script.at(0).text == "b");
  CHECK(read->llm.providers.at("*").script.at(1).error == "down");
  CHECK(read->llm.prompts.at("p") == "Say {{x}}");
  const auto vectors = parse(R"({"llm": {"embeddings": {"url": "http://localhost:11434/v1/",
      "model": "nomic-embed-text", "apiKey": "${TOKEN}", "timeout": "4s"}}})");
  REQUIRE(vectors.has_value());
  CHECK(vectors->llm.embeddings->url == "http://localhost:11434/v1");
  CHECK(vectors->llm.embeddings->model == "nomic-embed-text");
  CHECK(vectors->llm.embeddings->api_key == "t0ken");
  CHECK(vectors->llm.embeddings->timeout == std::chrono::seconds(4));
  CHECK(problems_of(R"({"llm": {"embeddings": {}}})").find("\"url\", an endpoint such as") !=
        std::string::npos);
}

TEST_CASE("no message shows what an environment variable holds") {
  for (const char* text :
       {R"({"http": {"responseBytesMax": "${TOKEN}"}})", R"({"functions": "${TOKEN}"})",
        R"({"mail": {"smtp": "${TOKEN}"}})", R"({"llm": {"prompts": {"p": {"a": "${TOKEN}"}}}})",
        R"({"http": {"headers": {"h": {"A": ["${TOKEN}"]}}}})",
        R"({"functions": {"f": {"command": ["a"], "timeout": "${TOKEN}"}}})"}) {
    INFO(text);
    const std::string problems = problems_of(text);
    CHECK_FALSE(problems.empty());
    CHECK(problems.find("t0ken") == std::string::npos);
  }
}

TEST_CASE("tables are read with their keys, indexes and items") {
  const auto read = parse(R"({"items": {"onlyTheseTables": true, "tables": {"t": {
      "partitionKey": "p", "sortKey": "s", "indexes": {"i": {"partitionKey": "q"}},
      "items": [{"p": "a", "s": 1}]}}}})");
  REQUIRE(read.has_value());
  CHECK(read->items.only_these_tables);
  const table_options& table = read->items.tables.at("t");
  CHECK(table.partition_key == "p");
  CHECK(table.sort_key == "s");
  CHECK(table.indexes.at("i").partition_key == "q");
  CHECK(table.items.size() == 1);
}

TEST_CASE("the options of requests are read, hosts in lower case") {
  const auto read = parse(R"({"http": {"allowedHosts": ["API.example.com", "*.example.org:8443"],
      "allowedAddresses": ["127.0.0.1"], "refusePrivateAddresses": true, "caFile": "ca.pem",
      "proxy": "http://proxy:3128", "responseBytesMax": 1000,
      "headers": {"API.example.com": {"Authorization": "Bearer ${TOKEN}"}}}})");
  REQUIRE(read.has_value());
  const http_options& http = read->http;
  CHECK(http.allowed_hosts == std::vector<std::string>{"api.example.com", "*.example.org:8443"});
  CHECK(http.allowed_addresses == std::vector<std::string>{"127.0.0.1"});
  CHECK(http.refuse_private_addresses);
  CHECK(http.ca_file == "ca.pem");
  CHECK(http.proxy == "http://proxy:3128");
  CHECK(http.response_bytes_max == 1000);
  CHECK(http.headers.at("api.example.com").at("Authorization") == "Bearer t0ken");
}

TEST_CASE("queues and topics are read") {
  const auto read = parse(R"({"messages": {"onlyTheseQueues": true,
      "queues": {"orders.fifo": {"visibilityTimeout": "2m", "delay": "5s", "retention": "1d",
                                 "contentBasedDeduplication": true}},
      "topics": {"arn:aws:sns:eu:1:t": {"subscriptions": [{"queue": "http://q/1"},
                                                          {"queue": "http://q/2", "raw": true}]}}}})");
  REQUIRE(read.has_value());
  const message_options& messages = read->messages;
  CHECK(messages.only_these_queues);
  const queue_options& orders = messages.queues.at("orders.fifo");
  CHECK(orders.visibility == std::chrono::minutes(2));
  CHECK(orders.delay == std::chrono::seconds(5));
  CHECK(orders.retention == std::chrono::hours(24));
  CHECK(orders.content_based_deduplication);
  const auto& subscriptions = messages.topics.at("arn:aws:sns:eu:1:t").subscriptions;
  REQUIRE(subscriptions.size() == 2);
  CHECK(subscriptions[0].queue_url == "http://q/1");
  CHECK(subscriptions[1].is_raw);
}

TEST_CASE("subscriptions of webhooks and flows, deliveries and secrets are read") {
  const auto read = parse(R"({"messages": {"topics": {"t": {"subscriptions": [
      {"webhook": "http://h/", "signingSecret": "s", "filterPolicy": {"a": ["b"]}},
      {"flow": "f", "flowVersion": "2"}]}}},
      "deliveries": {"retries": {"count": 3, "interval": "10s", "backoffRate": 1.5},
                     "statusTopicArn": "arn:aws:sns:eu:1:all"},
      "secrets": {"s": "${TOKEN}"}})");
  REQUIRE(read.has_value());
  const auto& subscriptions = read->messages.topics.at("t").subscriptions;
  CHECK(subscriptions[0].webhook_url == "http://h/");
  CHECK(subscriptions[0].signing_secret == "s");
  CHECK(stringify(subscriptions[0].filter_policy) == R"({"a":["b"]})");
  CHECK(subscriptions[1].flow == "f");
  CHECK(subscriptions[1].flow_version == "2");
  CHECK(read->deliveries.retries == 3);
  CHECK(read->deliveries.interval == std::chrono::seconds(10));
  CHECK(read->deliveries.backoff_rate == 1.5);
  CHECK(read->deliveries.status_topic == "arn:aws:sns:eu:1:all");
  CHECK(read->secrets.at("s") == "t0ken");
}

TEST_CASE("buckets are read") {
  const auto read = parse(R"({"objects": {"buckets": {"in": "/srv/in", "out": "file:///srv/out"},
      "defaultBucket": "d", "readBytesMax": 5, "downloadBytesMax": 6}})");
  REQUIRE(read.has_value());
  CHECK(read->objects.buckets.at("out") == "file:///srv/out");
  CHECK(read->objects.default_bucket == "d");
  CHECK(read->objects.read_bytes_max == 5);
  CHECK(read->objects.download_bytes_max == 6);
}

TEST_CASE("what is wrong is said with its place and what to do") {
  struct wrong {
    const char* text;
    const char* says;
  };
  const wrong all[] = {
      {"[]", "the configuration is an object, but it is []"},
      {R"({"function": {}})", "/function: there is no member \"function\" here; \"functions\""},
      {R"({"functions": {"f": {}}})", "/functions/f: exactly one of \"command\""},
      {R"({"functions": {"f": 3}})", "/functions/f: this must be an object"},
      {R"({"functions": {"f": {"command": []}}})", "/functions/f/command: this must be a list"},
      {R"({"functions": {"f": {"command": ["a"], "timeout": "16m"}}})",
       "/functions/f/timeout: this must be a duration from \"1ms\" to \"15m\""},
      {R"({"functions": {"f": {"command": ["a"], "environment": {"A": 1}}}})",
       "/functions/f/environment/A: this must be a text, but it is 1"},
      {R"({"modules": {"system/x": {"command": ["a"]}}})",
       "a module's identifier is not empty and does not begin with \"system/\""},
      {R"({"http": {"headers": {"h": {"A B": "1"}}}})", "/http/headers/h/A B: this is no name"},
      {R"({"http": {"headers": {"h": {"A": "1\n2"}}}})", "must be a text without line breaks"},
      {R"({"http": {"responseBytesMax": 0}})", "/http/responseBytesMax: this must be a whole"},
      {R"({"messages": {"queues": {"q": {"delay": "1h"}}}})",
       "/messages/queues/q/delay: this must be a duration up to \"15m\""},
      {R"({"messages": {"queues": {"q": 1}}})", "/messages/queues/q: this must be an object"},
      {R"({"messages": {"topics": {"t": {"subscriptions": [{}]}}}})",
       "/messages/topics/t/subscriptions/0: a subscription has one of \"queue\""},
      {R"({"messages": {"topics": {"t": {"subscriptions": [{"queue": "q", "flow": "f"}]}}}})",
       "/messages/topics/t/subscriptions/0: a subscription has one of \"queue\""},
      {R"({"messages": {"topics": {"t": {"subscriptions": [{"flow": "f",
           "filterPolicy": {"a": "b"}}]}}}})",
       "/messages/topics/t/subscriptions/0/filterPolicy: \"a\" must be a list"},
      {R"({"deliveries": {"retries": {"count": 6}}})",
       "/deliveries/retries/count: this must be a whole number from 0 to 5"},
      {R"({"deliveries": {"retries": {"interval": "1500ms"}}})",
       "/deliveries/retries/interval: this must be a duration of whole seconds"},
      {R"({"deliveries": {"retries": {"backoffRate": 0.5}}})",
       "/deliveries/retries/backoffRate: this must be a number from 1 to 5"},
      {R"({"secrets": {"a": 7}})", "/secrets/a: this must be a text, or an object with texts"},
      {R"({"items": {"tables": {"t": {}}}})", "/items/tables/t: \"partitionKey\" is missing"},
      {R"({"items": {"tables": {"t": {"partitionKey": "a", "sortKey": "a"}}}})",
       "/items/tables/t/sortKey: this must be another attribute than the partition key"},
      {R"({"items": {"tables": {"t": {"partitionKey": "a", "items": [{"b": 1}]}}}})",
       "/items/tables/t/items/0: an item of this table has \"a\", which is a text or a number"},
      {R"({"mail": {"smtp": "smtp://user:secret@host"}})",
       "/mail/smtp: this must be \"smtp://host:port\""},
      {R"({"mail": {"password": "p"}})", "/mail/password: a password needs a \"user\""},
      {R"({"mail": {"timeout": 0}})", "/mail/timeout: this must be"},
      {R"({"mcp": {"a": {}}})", "/mcp/a: exactly one of \"command\""},
      {R"({"mcp": {"a": {"url": "nowhere"}}})", "/mcp/a/url: this must be a URL"},
      {R"({"mcp": {"a": {"url": "http://h", "headers": {"X": "a\nb"}}}})",
       "/mcp/a/headers/X: this is no header"},
      {R"({"mcp": {"a": {"command": []}}})", "/mcp/a/command: this must be a list"},
      {R"({"llm": {"providers": {"OPENAI": {}}}})",
       "/llm/providers/OPENAI: exactly one of \"url\""},
      {R"({"llm": {"providers": {"OPENAI": {"url": "x"}}}})",
       "/llm/providers/OPENAI/url: this must be a URL"},
      {R"({"llm": {"providers": {"*": {"script": [{"toolCalls": [{}]}]}}}})",
       "/llm/providers/*/script/0/toolCalls/0: this must be an object with"},
      {R"({"llm": {"prompts": {"p": 1}}})", "/llm/prompts/p: this must be a text, but it is 1"},
      {R"({"triggers": {"missedRuns": "some"}})",
       "/triggers/missedRuns: there is no missedRuns \"some\"; there is \"skip\""},
      {R"({"triggers": {"missedRunsMax": 0}})", "/triggers/missedRunsMax: this must be"},
      {R"({"triggers": {"mail": {"pollInterval": "1ms"}}})",
       "/triggers/mail/pollInterval: this must be a duration of at least \"10ms\""},
      {R"({"triggers": {"mail": {"bucket": "a/b"}}})", "/triggers/mail/bucket: this must be"},
      {R"({"objects": {"buckets": {"a/b": "/x"}}})", "this is no name that a bucket may have"},
      {R"({"objects": {"buckets": {"a": 1}}})", "/objects/buckets/a: this must be a folder"},
      {R"({"functions": {"f": {"url": "http://a/", "command": ["a"]}}})",
       "/functions/f: exactly one of"},
      {R"({"folder": "${HOMELESS}"})", "/folder: the environment variable \"HOMELESS\" is not set"},
      {R"({"folder": "${TOKEN"})", "/folder: \"${\" is not closed"},
  };
  for (const wrong& each : all) {
    INFO(each.text);
    const std::string problems = problems_of(each.text);
    INFO(problems);
    CHECK(problems.find("millrace.json") == 0);
    CHECK(problems.find(each.says) != std::string::npos);
  }
}

TEST_CASE("the configuration says what starts flows by itself") {
  const auto read = parse_service_options(
      json::parse(R"({"triggers": {"enabled": false, "missedRuns": "all", "missedRunsMax": 7,
                      "mail": {"maildir": "/var/mail/desk", "pollInterval": "2s",
                               "messageBytesMax": 1000, "bucket": "post"}}})"),
      "millrace.json", [](const std::string&) { return std::nullopt; });
  REQUIRE(read.has_value());
  const trigger_options& triggers = read->triggers;
  CHECK_FALSE(triggers.is_on);
  CHECK(triggers.missed == missed_runs::all);
  CHECK(triggers.missed_max == 7);
  CHECK(triggers.maildir == "/var/mail/desk");
  CHECK(triggers.poll == std::chrono::seconds(2));
  CHECK(triggers.message_bytes_max == 1000);
  CHECK(triggers.bucket == "post");
  CHECK(trigger_options().is_on);
}

TEST_CASE("a configuration that is not there is named") {
  const auto read = read_service_options("/nowhere/millrace.json");
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().code() == errc::not_found);
  CHECK(read.error().message() == "The configuration /nowhere/millrace.json cannot be read.");
}
