// SPDX-License-Identifier: Apache-2.0
//
// Source: reference ddb-query-to-s3-manifest.
#include "item_manifest.hpp"

#include "item_requests.hpp"

namespace millrace::services {
namespace {

constexpr std::size_t manifest_items_max = 500'000;
constexpr std::size_t offload_bytes_min = std::size_t{10} * 1024;

/// Where a manifest and its large items go.
struct manifest_place {
  object_store& objects;
  const std::string& trace_bucket;
};

// The line of one item: itself, or a pointer where it is large and may be elsewhere.
json::value manifest_line(const json::object& item, const manifest_place& place,
                          const std::string& key) {
  std::string text = stringify(item);
  if (key.empty() || text.size() <= offload_bytes_min)
    return item;
  const auto put = place.objects.put(place.trace_bucket, key, text, "application/json", {});
  if (!put)
    throw put.error();
  return json::object{{"_s3_output_pointer", {{"bucket", place.trace_bucket}, {"key", key}}}};
}

} // namespace

step_result write_manifest(item_tables& tables, object_store& objects,
                           const std::string& trace_bucket, const step_request& request) {
  const manifest_place place{objects, trace_bucket};
  const json::object given = combined_input(request);
  const json::object none;
  parameters input(given);
  const json::object* query_given = input.object("query");
  const json::object* destination_given = input.object("destination");
  const bool offloads = input.boolean("enableItemOffloading", false);
  parameters query(query_given ? *query_given : none, "query.");
  parameters destination(destination_given ? *destination_given : none, "destination.");
  const std::string what = "Invalid configuration for DDB to S3 Manifest step: ";
  if (!input.are_valid())
    return step_error("Error", what + input.problems() + ".");
  const std::string table = non_empty(query, "tableName");
  const std::string index = optional_non_empty(query, "indexName");
  if (!query.find("expressionAttributeValues"))
    query.refuse("expressionAttributeValues", "an object");
  expressions wanted = read_expressions(query, false);
  wanted.key = non_empty(query, "keyConditionExpression");
  const std::string bucket = non_empty(destination, "bucketName");
  const std::string key = non_empty(destination, "key");
  if (!query.are_valid())
    return step_error("Error", what + query.problems() + ".");
  if (!destination.are_valid())
    return step_error("Error", what + destination.problems() + ".");
  // Large items have names of their own that are the same in each attempt.
  const std::string prefix = "manifest_items/" + std::string(request.flow_execution_id) + '/' +
                             std::string(request.step_instance_id) + '/';
  const auto write = [&](table_session& session) -> json::value {
    item_query reads = parse_query(wanted, table, index);
    reads.is_one_page = false;
    reads.limit = manifest_items_max + 1;
    const item_page page = session.query(reads);
    if (page.items.size() > manifest_items_max)
      throw step_error::transient("Safety limit of " + std::to_string(manifest_items_max) +
                                  " items reached. Aborting query.");
    std::string lines;
    std::size_t offloaded = 0;
    for (std::size_t i = 0; i < page.items.size(); ++i) {
      const std::string name =
          offloads ? prefix + stable_id(std::string(request.idempotency_key) + std::to_string(i))
                   : std::string();
      const json::value line = manifest_line(to_plain(page.items[i]), place, name);
      offloaded += line.get_object().contains("_s3_output_pointer") ? 1 : 0;
      lines += stringify(line) + '\n';
    }
    const auto put = place.objects.put(bucket, key, lines, "application/x-jsonlines", {});
    if (!put)
      throw put.error();
    // As documented; the reference's code leaves out the member around bucket and key.
    return json::object{{"manifest", {{"_s3_output_pointer", {{"bucket", bucket}, {"key", key}}}}},
                        {"itemCount", page.items.size()},
                        {"itemsOffloaded", offloaded}};
  };
  auto outcome = tables.run("", unix_ms(request), write);
  // Whatever goes wrong here is tried again, as it is there.
  if (!outcome)
    return step_error::transient(outcome.error().message);
  return outcome;
}

} // namespace millrace::services
