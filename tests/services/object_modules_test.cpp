// SPDX-License-Identifier: Apache-2.0
//
// The modules that read, write and list objects, and downloads into them.
#include "object_modules.hpp"

#include "binary_text.hpp"
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

class place {
public:
  place()
      : objects_(std::make_shared<services::object_store>(object_options(), folder_.path("o"))) {
    services::add_object_modules(registry_, objects_);
    services::add_file_download(registry_, {std::make_shared<services::http_client>(http_options()),
                                            objects_, "traces", std::size_t{1} << 20U});
  }

  step_result load(const json::object& input) {
    return call("DATA_LOAD", "system/s3-data-loader", input);
  }
  step_result save(const json::object& input) {
    return call("DATA_SAVE", "system/s3-data-saver", input);
  }
  step_result list(const json::object& input) {
    return call("DATA_LOAD", "system/s3-list-files", input);
  }
  step_result download(const std::string& url, json::object step = {}, json::object fields = {},
                       json::object config = {}) {
    handler_call made;
    made.step_type = "FILE_DOWNLOAD";
    made.step = std::move(step);
    made.fields = std::move(fields);
    made.fields["sourceUrlTemplate"] = url;
    made.custom_config = std::move(config);
    return run(registry_, made);
  }
  [[nodiscard]] services::object_store& objects() { return *objects_; }

private:
  step_result call(const char* type, const char* module, const json::object& input) {
    handler_call made;
    made.step_type = type;
    made.module_identifier = module;
    made.input = input;
    return run(registry_, made);
  }

  testing::scratch folder_;
  std::shared_ptr<services::object_store> objects_;
  steps::registry registry_;
};

std::string text_of(const step_result& outcome) {
  return outcome ? stringify(*outcome) : outcome.error().name + ": " + outcome.error().message;
}

} // namespace

TEST_CASE("what is saved is loaded, in the form that is asked for") {
  place all;
  const json::value order = json::object{{"id", 7}, {"lines", json::array{1, 2}}};
  const auto saved = all.save({{"destinationS3UriTemplate", "s3://b/orders/7.json"},
                               {"contentToSave", order},
                               {"metadataTemplate", {{"kind", "order"}}}});
  REQUIRE(saved.has_value());
  CHECK(saved->at("s3Uri") == "s3://b/orders/7.json");
  CHECK(saved->at("key") == "orders/7.json");
  CHECK(all.objects().get("b", "orders/7.json")->bytes ==
        "{\n  \"id\": 7,\n  \"lines\": [\n    1,\n    2\n  ]\n}");
  const auto as = [&](const char* format) {
    return all.load({{"sourceS3Uri", "s3://b/orders/7.json"}, {"outputFormat", format}});
  };
  CHECK(as("JSON")->at("content") == order);
  CHECK(as("TEXT")->at("content").as_string().starts_with("{\n"));
  CHECK(services::decode_base64(as("RAW_BUFFER")->at("content").as_string()).starts_with("{\n"));
  const auto meta = as("TEXT")->at("_meta");
  CHECK(meta.at("contentType") == "application/json");
  CHECK(meta.at("contentLength") == 44);
}

TEST_CASE("texts are bytes for types that are no text, and themselves for others") {
  place all;
  const auto bytes_after = [&](const char* type, const char* content) {
    REQUIRE(all.save({{"destinationS3UriTemplate", "s3://b/k"},
                      {"contentType", type},
                      {"contentToSave", content}})
                .has_value());
    return all.objects().get("b", "k")->bytes;
  };
  CHECK(bytes_after("text/csv", "YQ==") == "YQ==");
  CHECK(bytes_after("application/json", "YQ==") == "YQ==");
  CHECK(bytes_after("image/svg+xml", "YQ==") == "YQ==");
  CHECK(bytes_after("image/png", "YQ==") == "a");
  CHECK(bytes_after("application/vnd.openxmlformats-officedocument", "YWI") == "ab");
}

TEST_CASE("a missing object fails or is nothing, as the step says") {
  place all;
  CHECK(text_of(all.load({{"sourceS3Uri", "s3://b/none"}})) ==
        "NoSuchKey: The specified key does not exist.");
  CHECK(text_of(all.load({{"sourceS3Uri", "s3://b/none"}, {"onMissing", "IGNORE"}})) ==
        R"({"content":null,"_meta":{"found":false}})");
}

TEST_CASE("what cannot be loaded or saved is said") {
  place all;
  REQUIRE(
      all.save({{"destinationS3UriTemplate", "s3://b/t"}, {"contentToSave", "{no"}}).has_value());
  CHECK(text_of(all.load({{"sourceS3Uri", "s3://b/t"}, {"outputFormat", "JSON"}}))
            .starts_with("Error: InvalidOutputFormat: Failed to parse S3 object content as JSON."));
  CHECK(text_of(all.load({{"sourceS3Uri", "http://b/t"}})) ==
        "Error: Invalid stepInput for s3-data-loader: sourceS3Uri must be a text that begins with "
        "\"s3://\", but is \"http://b/t\".");
  CHECK(text_of(all.load({{"sourceS3Uri", "s3://b"}})) == "Error: Invalid S3 URI format: s3://b");
  CHECK(text_of(all.load({{"sourceS3Uri", "s3://b/t"}, {"encoding", "klingon"}})) ==
        "TypeError: Unknown encoding: klingon");
  CHECK(text_of(all.save({{"destinationS3UriTemplate", "s3://b/t"}})) ==
        "Error: The 'contentToSave' input was undefined. Nothing to save.");
  CHECK(all.save({{"destinationS3UriTemplate", "s3://../t"}, {"contentToSave", 1}}).error().name ==
        "InvalidBucketName");
  CHECK(text_of(all.save({{"destinationS3UriTemplate", "s3://b/t"},
                          {"metadataTemplate", {{"a", 1}}},
                          {"contentToSave", 1}}))
            .starts_with("Error: Invalid input for S3 Saver: metadataTemplate must be"));
}

TEST_CASE("files are listed with a pointer to their content") {
  place all;
  for (const char* key : {"in/a.txt", "in/b.txt", "out/c.txt"})
    REQUIRE(all.objects().put("b", key, "x", "text/plain", {}).has_value());
  const auto listed = all.list({{"bucket", "b"}, {"prefix", "in/"}});
  REQUIRE(listed.has_value());
  CHECK(listed->at("fileCount") == 2);
  const json::value& first = listed->at("files").at(0);
  CHECK(first.at("key") == "in/a.txt");
  CHECK(first.at("size") == 1);
  CHECK(stringify(first.at("content")) ==
        R"({"_s3_output_pointer":{"bucket":"b","key":"in/a.txt"}})");
  CHECK(all.list({{"bucket", "b"}, {"maxKeys", 1}})->at("fileCount") == 1);
  CHECK(text_of(all.list({{"maxKeys", 0}}))
            .starts_with("Error: Invalid stepInput for s3-list-files"));
}

TEST_CASE("a download lands in an object, with its type and where it came from") {
  place all;
  loopback_server server([](const arrived_request& request, server_connection& connection) {
    connection.respond(200, request.headers.contains("x-key") ? "with key" : "without",
                       {{"Content-Type", "text/plain"}});
  });
  const auto output = all.download(
      server.url("/files/report.txt"), {{"destinationBucket", "b"}},
      {{"destinationKeyTemplate", "in/report.txt"}, {"headersTemplate", {{"X-Key", "1"}}}});
  REQUIRE(output.has_value());
  CHECK(output->at("contentType") == "text/plain");
  CHECK(output->at("contentLength") == 8);
  CHECK(stringify(output->at("filePointer")) == R"({"bucket":"b","key":"in/report.txt"})");
  const auto object = all.objects().get("b", "in/report.txt");
  CHECK(object->bytes == "with key");
  CHECK(object->info.metadata.at("originalName") == "report.txt");
  // Without a key of its own: the same one for every attempt.
  const auto first = all.download(server.url("/x"));
  const auto again = all.download(server.url("/x"));
  REQUIRE(first.has_value());
  CHECK(first->at("filePointer") == again->at("filePointer"));
  CHECK(first->at("filePointer").at("bucket") == "traces");
}

TEST_CASE("a download that fails leaves nothing") {
  place all;
  loopback_server server([](const arrived_request& request, server_connection& connection) {
    if (request.target == "/large")
      return connection.respond(200, std::string((std::size_t{1} << 20U) + 1, 'x'));
    if (request.target == "/stall") {
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
      connection.stall();
      return connection.close();
    }
    connection.respond(std::stoi(request.target.substr(1)), "an error page");
  });
  const auto name_at = [&](const char* path) {
    return all.download(server.url(path), {{"destinationBucket", "b"}}, {}, {{"timeoutMs", 300}})
        .error()
        .name;
  };
  CHECK(name_at("/500") == "TransientStepError");
  CHECK(name_at("/404") == "AxiosError");
  CHECK(name_at("/stall") == "TransientStepError");
  CHECK(name_at("/large") == "PermanentStepError");
  CHECK(all.objects().list("b", "", 10)->empty());
}

TEST_CASE("bytes are texts in Node's encodings") {
  using services::decode_text;
  CHECK(decode_text("\xe9z", "latin1") == "\u00e9z");
  CHECK(decode_text("\xe9z", "ascii") == "iz");
  CHECK(decode_text("\xe9z", "UTF-8") == "\uFFFDz");
  CHECK(decode_text("\xe9z", "hex") == "e97a");
  CHECK(decode_text("abcd", "base64") == "YWJjZA==");
  CHECK_FALSE(decode_text("a", "utf-16").has_value());
  CHECK(services::decode_base64("YW Jj\nZA") == "abcd");
  CHECK(services::decode_base64("-_-_") == services::decode_base64("+/+/"));
}
