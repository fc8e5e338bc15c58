// SPDX-License-Identifier: Apache-2.0
//
// The modules that read and write tables, and what is left after a restart.
#include "item_modules.hpp"

#include "catch.hpp"
#include "handler_call.hpp"
#include "scratch.hpp"

using namespace millrace;
using testing::handler_call;

namespace {

json::object object(std::string_view text) {
  return parse_json(text, "test").value().get_object();
}

class place {
public:
  explicit place(item_options options = {}) { open(std::move(options)); }

  // As a restart would.
  void open(item_options options) {
    registry_ = steps::registry();
    objects_ = std::make_shared<services::object_store>(object_options(), folder_.path("o"));
    services::add_item_modules(
        registry_,
        std::make_shared<services::item_tables>(std::move(options), folder_.path("items.db")),
        objects_, "traces");
  }

  std::string load(std::string_view input) {
    const auto outcome = call("DATA_LOAD", "system/dynamodb-data-loader", input, "k");
    return outcome ? stringify(outcome->at("content")) : text_of(outcome);
  }
  step_result call(const char* type, const char* module, std::string_view input,
                   const std::string& key) {
    handler_call made;
    made.step_type = type;
    made.module_identifier = module;
    made.input = object(input);
    made.idempotency_key = key;
    return run(registry_, made);
  }
  std::string update(std::string_view input) {
    return text_of(call("DATA_SAVE", "system/dynamodb-update-item", input,
                        "key " + std::to_string(++updates_)));
  }
  void put(const std::string& table, const std::string& key, const std::string& values) {
    std::string expression = "SET ";
    json::object names;
    json::object all;
    for (const auto& each : object(values)) {
      const std::string number = std::to_string(names.size());
      expression += (names.empty() ? "#n" : ", #n") + number + " = :v" + number;
      names["#n" + number] = each.key();
      all[":v" + number] = each.value();
    }
    INFO(update(stringify(json::object{{"tableName", table},
                                       {"key", object(key)},
                                       {"updateExpression", expression},
                                       {"expressionAttributeNames", names},
                                       {"expressionAttributeValues", all}})));
  }
  [[nodiscard]] services::object_store& objects() { return *objects_; }

  static std::string text_of(const step_result& outcome) {
    return outcome ? stringify(*outcome) : outcome.error().name + ": " + outcome.error().message;
  }

private:
  testing::scratch folder_;
  steps::registry registry_;
  std::shared_ptr<services::object_store> objects_;
  int updates_ = 0;
};

item_options jobs_by_status() {
  item_options options;
  options.tables["jobs"] = {"id", "", {{"byStatus", {"status", "at"}}}, {}};
  return options;
}

void put_jobs(place& all) {
  for (int i = 1; i <= 5; ++i)
    all.put("jobs", R"({"id":"j)" + std::to_string(i) + "\"}",
            R"({"status":")" + std::string(i % 2 ? "open" : "done") + R"(","at":)" +
                std::to_string(10 - i) + '}');
}

constexpr const char* claim = R"({"query":{"tableName":"jobs","indexName":"byStatus","limit":2,
  "keyConditionExpression":"#s = :open","expressionAttributeNames":{"#s":"status"},
  "expressionAttributeValues":{":open":"open"}},
  "update":{"updateExpression":"SET #s = :mine","conditionExpression":"#s = :open",
  "expressionAttributeNames":{"#s":"status"},
  "expressionAttributeValues":{":mine":"mine",":open":"open"}}})";

} // namespace

TEST_CASE("an item that was updated is read, whether its table was declared or not") {
  item_options declared;
  declared.tables["t"] = {"id", "", {}, {}};
  for (const bool is_declared : {true, false}) {
    place all(is_declared ? declared : item_options());
    CHECK(all.load(R"({"operation":"GET","tableName":"t","key":{"id":"a"}})") == "null");
    CHECK(
        all.update(R"({"tableName":"t","key":{"id":"a"},"updateExpression":"SET n = :n, m = :m",
                         "expressionAttributeValues":{":n":1,":m":{"k":[true]}}})") ==
        R"({"updatedAttributes":{"m":{"k":[true]},"n":1},"_meta":{"status":"SUCCESS",)"
        R"("dynamodb_params":{"TableName":"t","Key":{"id":"a"},)"
        R"("UpdateExpression":"SET n = :n, m = :m",)"
        R"("ExpressionAttributeValues":{":n":1,":m":{"k":[true]}},"ReturnValues":"UPDATED_NEW"}}})");
    CHECK(all.load(R"({"operation":"GET","tableName":"t","key":{"id":"a"}})") ==
          R"({"id":"a","n":1,"m":{"k":[true]}})");
    CHECK(all.load(R"({"operation":"GET","tableName":"t","key":{"id":"a"},
                       "projectionExpression":"m.k[0]"})") == R"({"m":{"k":[true]}})");
    all.open(is_declared ? declared : item_options());
    CHECK(all.load(R"({"operation":"SCAN","tableName":"t","select":"COUNT"})") ==
          R"({"Count":1,"ScannedCount":1})");
  }
}

TEST_CASE("an update that is made again under its key happens once") {
  place all;
  const char* input = R"({"tableName":"t","key":{"id":"a"},"updateExpression":"ADD n :one",
                          "expressionAttributeValues":{":one":1}})";
  const auto first = all.call("DATA_SAVE", "system/dynamodb-update-item", input, "step 1");
  all.open({});
  const auto again = all.call("DATA_SAVE", "system/dynamodb-update-item", input, "step 1");
  CHECK(place::text_of(first) == place::text_of(again));
  CHECK(all.load(R"({"operation":"GET","tableName":"t","key":{"id":"a"}})") ==
        R"({"id":"a","n":1})");
  CHECK(all.call("DATA_SAVE", "system/dynamodb-update-item", input, "step 2").has_value());
  CHECK(all.load(R"({"operation":"GET","tableName":"t","key":{"id":"a"}})") ==
        R"({"id":"a","n":2})");
}

TEST_CASE("a condition that does not hold changes nothing") {
  place all;
  all.put("t", R"({"id":"a"})", R"({"n":1})");
  const char* input = R"json({"tableName":"t","key":{"id":"a"},"updateExpression":"SET n = :two",
                              "conditionExpression":"attribute_not_exists(id)",
                              "expressionAttributeValues":{":two":2}})json";
  CHECK(all.update(input) == "ConditionalCheckFailedException: The conditional request failed");
  CHECK(all.load(R"({"operation":"GET","tableName":"t","key":{"id":"a"}})") ==
        R"({"id":"a","n":1})");
}

TEST_CASE("a query reads an index in the order of its sort key") {
  for (const bool is_declared : {true, false}) {
    place all(is_declared ? jobs_by_status() : item_options());
    put_jobs(all);
    const std::string query =
        R"({"operation":"QUERY","tableName":"jobs","indexName":"byStatus",
            "projectionExpression":"id","expressionAttributeNames":{"#s":"status","#a":"at"},
            "expressionAttributeValues":{":s":"open",":a":0},
            "keyConditionExpression":"#s = :s AND #a > :a")";
    CHECK(all.load(query + "}") == R"([{"id":"j5"},{"id":"j3"},{"id":"j1"}])");
    CHECK(all.load(query + R"(,"scanIndexForward":false})") ==
          R"([{"id":"j1"},{"id":"j3"},{"id":"j5"}])");
    CHECK(all.load(query + R"(,"limit":2})") == R"([{"id":"j5"},{"id":"j3"}])");
    CHECK(all.load(query + R"(,"select":"COUNT","filterExpression":"id <> :s"})") ==
          R"({"Count":3,"ScannedCount":3})");
    CHECK(all.load(query + R"(,"limit":2,"filterExpression":"id > :s"})") == "[]");
  }
}

TEST_CASE("numbers of a sort key are in the order of numbers") {
  item_options options;
  options.tables["t"] = {"p", "n", {}, {}};
  for (const bool is_declared : {true, false}) {
    place all(is_declared ? options : item_options());
    for (const char* n : {"10", "9", "-1", "0.5"})
      all.put("t", R"({"p":"x","n":)" + std::string(n) + '}', R"({"v":1})");
    CHECK(all.load(R"({"operation":"QUERY","tableName":"t","keyConditionExpression":"p = :p",
                       "expressionAttributeValues":{":p":"x"},"projectionExpression":"n"})") ==
          R"([{"n":-1},{"n":0.5},{"n":9},{"n":10}])");
  }
}

TEST_CASE("one page of a query ends after a megabyte") {
  item_options options;
  options.tables["t"] = {"p", "n", {}, {}};
  for (const bool is_declared : {true, false}) {
    place all(is_declared ? options : item_options());
    const std::string large(350'000, 'x');
    for (int i = 0; i < 5; ++i)
      all.put("t", R"({"p":"x","n":)" + std::to_string(i) + '}', R"({"v":")" + large + "\"}");
    CHECK(all.load(R"({"operation":"SCAN","tableName":"t","select":"COUNT"})") ==
          R"({"Count":3,"ScannedCount":3})");
    CHECK(all.update(R"({"tableName":"t","key":{"p":"x","n":0},"updateExpression":"SET w = :w",
                         "expressionAttributeValues":{":w":")" +
                     large + "\"}}") ==
          "ValidationException: Item size to update has exceeded the maximum allowed size");
  }
}

TEST_CASE("what an index is ordered by is a text or a number") {
  place all(jobs_by_status());
  for (const char* value : {"true", "null", "[1]"})
    CHECK(all.update(R"({"tableName":"jobs","key":{"id":"a"},"updateExpression":"SET #s = :v",
                         "expressionAttributeNames":{"#s":"status"},"expressionAttributeValues":{":v":)" +
                     std::string(value) + "}}") ==
          "ValidationException: The update expression attempted to update the secondary index key "
          "to unsupported type");
  CHECK(all.load(R"({"operation":"GET","tableName":"jobs","key":{"id":"a"}})") == "null");
}

TEST_CASE("what is wrong with a request is said as DynamoDB says it") {
  place all(jobs_by_status());
  struct row {
    const char* input;
    const char* error;
  };
  const std::vector<row> rows{
      {R"({"operation":"GET","tableName":"jobs","key":{"other":"a"}})",
       "ValidationException: The provided key element does not match the schema"},
      {R"({"operation":"GET","tableName":"jobs","key":{"id":true}})",
       "ValidationException: The provided key element does not match the schema"},
      {R"({"operation":"QUERY","tableName":"jobs","keyConditionExpression":"another = :v",
           "expressionAttributeValues":{":v":1}})",
       "ValidationException: Query condition missed key schema element: id"},
      {R"({"operation":"QUERY","tableName":"jobs","indexName":"gone",
           "keyConditionExpression":"id = :v","expressionAttributeValues":{":v":"1"}})",
       "ValidationException: The table does not have the specified index: gone"},
      {R"({"operation":"QUERY","tableName":"jobs","keyConditionExpression":"id = :v",
           "expressionAttributeValues":{":v":"1",":w":2}})",
       "ValidationException: Value provided in ExpressionAttributeValues unused in expressions: "
       "keys: {:w}"},
      {R"({"operation":"QUERY","tableName":"jobs","keyConditionExpression":"id = :v OR id = :v",
           "expressionAttributeValues":{":v":"1"}})",
       "ValidationException: Invalid operator used in KeyConditionExpression: OR"},
      {R"({"operation":"QUERY","tableName":"jobs","keyConditionExpression":"id = :v",
           "filterExpression":"id <> :w","expressionAttributeValues":{":v":"1",":w":"2"}})",
       "ValidationException: Filter Expression can only contain non-primary key attributes: "
       "Primary "
       "key attribute: id"},
      {R"({"operation":"PUT","tableName":"jobs"})",
       "Error: Invalid stepInput for dynamodb-data-loader: operation must be one of \"GET\", "
       "\"QUERY\", \"SCAN\", but is \"PUT\"."},
      {R"({"operation":"QUERY","tableName":"","limit":0})",
       "Error: Invalid stepInput for dynamodb-data-loader: tableName must be a text that is not "
       "empty, but is \"\"; keyConditionExpression must be a text, but is missing; limit must be a "
       "whole number from 1 to 2147483647, but is 0."},
  };
  for (const row& each : rows) {
    INFO(each.input);
    CHECK(all.load(each.input) == each.error);
  }
  item_options strict;
  strict.only_these_tables = true;
  all.open(strict);
  CHECK(all.load(R"({"operation":"SCAN","tableName":"nowhere"})") ==
        "ResourceNotFoundException: Requested resource not found: there is no table nowhere; name "
        "it under items.tables in the configuration.");
}

TEST_CASE("a worker claims the jobs that nobody else has") {
  for (const bool is_declared : {true, false}) {
    place all(is_declared ? jobs_by_status() : item_options());
    put_jobs(all);
    const auto ids = [&](const std::string& key) {
      const auto claimed = all.call("DATA_SAVE", "system/dynamodb-query-and-update", claim, key);
      REQUIRE(claimed.has_value());
      std::string text = stringify(claimed->at("updatedItemCount"));
      for (const auto& item : claimed->at("items").as_array())
        text += ' ' + std::string(item.at("id").as_string());
      return text;
    };
    const std::string first = ids("worker 1");
    CHECK(first == (is_declared ? "2 j5 j3" : "2 j1 j3"));
    CHECK(ids("worker 1") == first); // the same attempt again
    CHECK(ids("worker 2") == (is_declared ? "1 j1" : "1 j5"));
    CHECK(ids("worker 3") == "0");
  }
}

TEST_CASE("items move when a table gets its keys and indexes in the configuration") {
  place all;
  put_jobs(all);
  all.open(jobs_by_status());
  CHECK(all.load(R"({"operation":"QUERY","tableName":"jobs","indexName":"byStatus",
                     "keyConditionExpression":"#s = :s","expressionAttributeNames":{"#s":"status"},
                     "expressionAttributeValues":{":s":"done"},"projectionExpression":"id"})") ==
        R"([{"id":"j4"},{"id":"j2"}])");
  all.open({});
  CHECK(all.load(R"({"operation":"SCAN","tableName":"jobs"})")
            .find("ResourceNotFoundException: The table jobs was made with keys of the "
                  "configuration") == 0);
}

TEST_CASE("a table begins with the items of the configuration, once") {
  item_options options;
  options.tables["t"] = {"id", "", {}, {object(R"({"id":"a","n":1})")}};
  place all(options);
  all.put("t", R"({"id":"a"})", R"({"n":2})");
  all.open(options);
  CHECK(all.load(R"({"operation":"SCAN","tableName":"t"})") == R"([{"id":"a","n":2}])");
}

TEST_CASE("a manifest has a line for each item of a query, and pointers to the large ones") {
  place all;
  all.put("t", R"({"p":"x","n":1})", R"({"v":1})");
  all.put("t", R"({"p":"x","n":2})", R"({"v":")" + std::string(20'000, 'y') + "\"}");
  const char* input = R"({"query":{"tableName":"t","keyConditionExpression":"p = :p",
                          "expressionAttributeValues":{":p":"x"}},
                          "destination":{"bucketName":"lists","key":"all.jsonl"},
                          "enableItemOffloading":true})";
  const auto made = all.call("DATA_LOAD", "system/ddb-query-to-s3-manifest", input, "k");
  CHECK(place::text_of(made) ==
        R"({"manifest":{"_s3_output_pointer":{"bucket":"lists","key":"all.jsonl"}},)"
        R"("itemCount":2,"itemsOffloaded":1})");
  const auto lines = all.objects().get("lists", "all.jsonl");
  REQUIRE(lines.has_value());
  CHECK(lines->info.content_type == "application/x-jsonlines");
  const std::size_t end = lines->bytes.find('\n');
  CHECK(lines->bytes.substr(0, end) == R"({"p":"x","n":1,"v":1})");
  const auto pointer = parse_json(lines->bytes.substr(end + 1), "line").value();
  const auto key = std::string(pointer.at("_s3_output_pointer").at("key").as_string());
  REQUIRE(all.objects().get("traces", key).has_value());
  CHECK(all.call("DATA_LOAD", "system/ddb-query-to-s3-manifest",
                 R"({"query":{"tableName":"t","keyConditionExpression":"p",
                     "expressionAttributeValues":{}},
                     "destination":{"bucketName":"lists","key":"k"}})",
                 "k")
            .error()
            .name == "TransientStepError");
}
