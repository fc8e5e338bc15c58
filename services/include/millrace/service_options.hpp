// SPDX-License-Identifier: Apache-2.0
//
// What stands where AWS stood: which local thing each name in a flow means. Read from
// millrace.json, or filled by an embedding program; with nothing filled there are folders and
// databases beside the engine's database, and no network unless a step asks for it.
#pragma once

#include <millrace/delivery.hpp>
#include <millrace/error.hpp>
#include <millrace/json.hpp>
#include <millrace/step_result.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// What a function gets; what it gives back, or how it fails. Called from several threads at once.
/// May throw: that is a function error with the exception's what().
using function_handler = std::function<step_result(const json::value& payload)>;

/// Where a function runs: exactly one of `handler`, `url` and `command` is set.
struct function_target {
  /// In this process.
  function_handler handler;
  /// An endpoint that speaks the invocation API of AWS Lambda: the payload is POSTed as JSON, the
  /// answer is the response's body. The Lambda runtime interface emulator works.
  std::string url;
  /// A program and its arguments, started for every invocation without a shell: JSON on its
  /// standard input, JSON on its standard output, exit status 0.
  std::vector<std::string> command;
  /// Variables of the program's environment beside PATH, HOME, LANG and TZ.
  std::map<std::string, std::string> environment;
  /// The longest that an invocation may take, 1 ms to 15 minutes (Lambda's own bound).
  std::chrono::milliseconds timeout = std::chrono::minutes(1);
};

/// Functions by name or ARN, and external modules by identifier.
struct function_options {
  /// For CUSTOM_LAMBDA_INVOKE. A step that names an ARN finds the function of that ARN, else of the
  /// ARN's last part.
  std::map<std::string, function_target, std::less<>> functions;
  /// For steps whose moduleIdentifier is not the flow language's own. The payload is
  /// {stepDefinition, stepInput, runtimeState}, the answer {outputData}.
  std::map<std::string, function_target, std::less<>> modules;
};

/// Requests over HTTP.
struct http_options {
  /// "api.example.com", "*.example.com", each with ":port" where only that one is meant. Empty: any
  /// host.
  std::vector<std::string> allowed_hosts;
  /// Refuses this machine and private networks too. Link-local addresses, where clouds keep their
  /// metadata (169.254.169.254), are refused anyhow.
  bool refuse_private_addresses = false;
  /// Addresses that are not refused although the rules above say so.
  std::vector<std::string> allowed_addresses;
  /// Bytes that a response may have, unpacked, at least 1.
  std::size_t response_bytes_max = std::size_t{10} * 1024 * 1024;
  /// Certificates that are trusted instead of the system's.
  std::string ca_file;
  /// "http://host:port"; empty: none, whatever the environment says.
  std::string proxy;
  /// Headers that requests to a host (lower case) carry, tokens for instance. They go to no other
  /// host, also after a redirect, and are shown nowhere.
  std::map<std::string, std::map<std::string, std::string>, std::less<>> headers;
};

/// Objects in buckets, where S3 stood.
struct object_options {
  /// Folders of buckets, as paths or file:// URLs; others lie in the services' folder.
  std::map<std::string, std::string, std::less<>> buckets;
  /// Where downloads go that name no bucket.
  std::string default_bucket = "execution-traces";
  /// Bytes of an object that a step may read into the context, at least 1.
  std::size_t read_bytes_max = std::size_t{64} * 1024 * 1024;
  /// Bytes of a download, at least 1.
  std::size_t download_bytes_max = std::size_t{5} * 1024 * 1024 * 1024;
};

/// Mail that steps send.
struct mail_options {
  /// "smtp://host:port" or "smtps://host:port"; empty: mail goes into the maildir.
  std::string smtp_url;
  std::string user; ///< empty: no login
  std::string password;
  /// Sends nothing over a connection without TLS; else TLS is used where the server offers it.
  bool requires_tls = false;
  /// Certificates that are trusted instead of the system's.
  std::string ca_file;
  /// The longest that sending one mail may take, at least 1 ms.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  /// The folder for mail without a server, with `new`, `cur` and `tmp` in it; empty: `mail` in the
  /// services' folder.
  std::string maildir;
};

/// A server of the Model Context Protocol: exactly one of `url` and `command` is set.
struct mcp_connection {
  std::string url;                            ///< of an endpoint that speaks streamable HTTP
  std::map<std::string, std::string> headers; ///< of requests to it: tokens, shown nowhere
  /// A program and its arguments, started without a shell with the first call and kept.
  std::vector<std::string> command;
  /// Variables of the program's environment beside PATH, HOME, LANG and TZ.
  std::map<std::string, std::string> environment;
  std::chrono::milliseconds timeout = std::chrono::minutes(1); ///< of one message

  bool operator==(const mcp_connection&) const = default;
};
/// By the id that steps name. They come before those of bundles.
using mcp_connections = std::map<std::string, mcp_connection, std::less<>>;

/// Where Secrets Manager stood: what a secret holds, by its name or ARN, for the connections of
/// bundles and for signatures. A text, or a JSON object with texts; shown nowhere, stored nowhere.
using secret_options = std::map<std::string, std::string, std::less<>>;

/// What a scripted model says.
struct llm_scripted_answer {
  std::string when; ///< a part of the prompts that it is for; empty: all
  std::string text;
  std::string error;      ///< instead of an answer; empty: none
  json::array tool_calls; ///< {name, args}
};

/// Where a provider's models are: exactly one of `url` and `script` is set.
struct llm_endpoint {
  std::string url;     ///< before "/chat/completions": OpenAI's chat API
  std::string api_key; ///< shown nowhere; empty: none
  /// What a model's id means there; others keep their id.
  std::map<std::string, std::string, std::less<>> models;
  json::object body; ///< further members of each request; null takes one away
  std::chrono::milliseconds timeout = std::chrono::minutes(2);
  std::vector<llm_scripted_answer> script; ///< the first that fits answers
};

/// What turns texts into vectors, for the semantic check of what a model said.
struct embedding_endpoint {
  std::string url;     ///< before "/embeddings": OpenAI's API
  std::string api_key; ///< shown nowhere; empty: none
  std::string model;
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
};

/// Language models.
struct llm_options {
  /// By provider: OPENAI, AWS_BEDROCK...; "*" for all others.
  std::map<std::string, llm_endpoint, std::less<>> providers;
  /// Prompt templates by id; they come before those of bundles.
  std::map<std::string, std::string, std::less<>> prompts;
  /// Absent: a step with a semantic check fails.
  std::optional<embedding_endpoint> embeddings;
};

/// The attributes that are a key.
struct index_options {
  std::string partition_key;
  std::string sort_key; ///< empty: none
};

/// A table of items.
struct table_options {
  std::string partition_key;
  std::string sort_key; ///< empty: none
  /// Secondary indexes by name, with all attributes of the items.
  std::map<std::string, index_options, std::less<>> indexes;
  /// What the table has in the beginning.
  std::vector<json::object> items;
};

/// Tables by name, where DynamoDB stood. Items are kept in SQLite, durably.
struct item_options {
  std::map<std::string, table_options, std::less<>> tables;
  /// Other tables do not exist; else they come into being with the first item, whose key tells
  /// which attributes are the key, and their queries read the whole table.
  bool only_these_tables = false;
};

/// A queue. Bounds of the times are those of SQS.
struct queue_options {
  /// How long a received message is hidden from other receivers, up to 12 hours.
  std::chrono::milliseconds visibility = std::chrono::seconds(30);
  std::chrono::milliseconds delay{0}; ///< before a message can be received, up to 15 minutes
  /// How long a message is kept, 1 minute to 14 days.
  std::chrono::milliseconds retention = std::chrono::hours(4 * 24);
  /// FIFO queues: the hash of a message's body stands for a missing deduplication id.
  bool content_based_deduplication = false;
};

/// What gets what is published to a topic: exactly one of `queue_url`, `webhook_url` and `flow`.
struct topic_subscription {
  std::string queue_url;
  /// POSTed to, as a delivery of the execution that publishes.
  std::string webhook_url;
  /// The secret that requests to the webhook are signed with; empty: none.
  std::string signing_secret;
  /// The id of a flow that is started, as a root of its own: the message is its context, or
  /// `{message, notification}` unless `is_raw`.
  std::string flow;
  std::string flow_version = "LATEST_PUBLISHED";
  bool is_raw = false; ///< the message alone, without what SNS puts around it
  /// By attribute, a list of what is let through; empty: all.
  json::object filter_policy;
};

struct topic_options {
  std::vector<topic_subscription> subscriptions;
};

/// Queues by URL, or by the last part of it; topics by ARN. Queues keep what was sent in SQLite,
/// durably; one whose name ends with ".fifo" keeps order within message groups.
struct message_options {
  std::map<std::string, queue_options, std::less<>> queues;
  std::map<std::string, topic_options, std::less<>> topics;
  /// Other queues do not exist; else they come into being with the first message.
  bool only_these_queues = false;
};

/// A message in a queue.
struct queue_message {
  std::string queue_url;
  std::string id;
  std::string body;
  std::string group;            ///< empty: none
  std::string deduplication_id; ///< empty: none
};

/// A step type or module that ran here, and what ran it.
struct stand_in {
  std::string identifier; ///< of the module where the step names one, else of the step type
  std::string what;       ///< a sentence part: "a program, by function name"
};

/// What becomes of runs of a schedule that were due while nobody looked.
enum class missed_runs : unsigned char {
  skip, ///< none is made up for
  once, ///< the last one of each start point is
  all,  ///< the last trigger_options::missed_max are
};

/// What starts flows by itself: SCHEDULE_START_POINT and EMAIL_START_POINT steps of published
/// flows, while an engine is open.
struct trigger_options {
  bool is_on = true;
  missed_runs missed = missed_runs::once;
  std::size_t missed_max = 100; ///< of one start point at one open, at least 1
  /// The folder where mail arrives, with `new`, `cur` and `tmp` in it; empty: `inbox` in the
  /// services' folder, and none for an engine in memory.
  std::string maildir;
  std::chrono::milliseconds poll = std::chrono::seconds(5); ///< between looks there, at least 10 ms
  std::size_t message_bytes_max = std::size_t{40} * 1024 * 1024; ///< of a mail; SES takes as much
  std::string bucket = "incoming-emails";                        ///< of attachments
};

/// Everything that can be chosen about local services.
struct service_options {
  /// The folder for what has no other place; empty: `<database>.local` beside the engine's
  /// database, and a temporary folder, removed at stop, for an engine in memory.
  std::string folder;
  http_options http;
  function_options functions;
  message_options messages;
  object_options objects;
  item_options items;
  mail_options mail;
  mcp_connections mcp;
  llm_options llm;
  secret_options secrets;
  delivery_options deliveries;
  trigger_options triggers;
};

/// Reads a configuration file (millrace.json, docs/schemas/millrace.schema.json). `${NAME}` in a
/// text is the environment variable NAME, `$${` a plain `${`. Errors: `not_found`;
/// `invalid_syntax` with line and column; `invalid_input` with every problem, a line each, which
/// names the file, the place and what is expected there.
[[nodiscard]] result<service_options> read_service_options(const std::string& file);
/// The same for a document that was read already; `variable` looks an environment variable up.
[[nodiscard]] result<service_options> parse_service_options(
    const json::value& document, std::string_view file,
    const std::function<std::optional<std::string>(const std::string& name)>& variable);

} // namespace millrace
