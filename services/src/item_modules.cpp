// SPDX-License-Identifier: Apache-2.0
//
// Source of inputs, outputs and errors: reference dynamodb-loader, dynamodb-update-item,
// dynamodb-query-and-update; of what DynamoDB answers: its API reference.
#include "item_modules.hpp"

#include "item_manifest.hpp"
#include "item_requests.hpp"

namespace millrace::services {
namespace {

constexpr std::int64_t claimed_max = 1'000'000;

json::value loaded(json::value content, const json::object& request) {
  return json::object{{"content", std::move(content)}, {"_meta", {{"dynamodb_params", request}}}};
}

step_error invalid_load(const parameters& input) {
  return {"Error", "Invalid stepInput for dynamodb-data-loader: " + input.problems() + "."};
}

step_result get_item(item_tables& tables, parameters& input, const json::object& given,
                     std::int64_t now) {
  const std::string table = non_empty(input, "tableName");
  const json::object* key = read_key(input);
  const expressions wanted = read_expressions(input, false);
  if (!input.are_valid())
    return invalid_load(input);
  json::object request = request_of(given);
  for (const char* other : {"IndexName", "FilterExpression", "ExpressionAttributeValues", "Limit"})
    request.erase(other);
  return with_request(
      tables.run("", now,
                 [&](table_session& session) {
                   expressions shown;
                   shown.names = wanted.names;
                   shown.projection = wanted.projection;
                   const item_query parsed = parse_query(shown, table, "");
                   const auto item = session.get(table, unwrapped(to_attributes(*key)));
                   if (!item)
                     return loaded(nullptr, request);
                   return loaded(
                       to_plain(parsed.projection ? project(*parsed.projection, *item) : *item),
                       request);
                 }),
      request);
}

step_result query_items(item_tables& tables, parameters& input, const json::object& given,
                        bool scans, std::int64_t now) {
  constexpr std::int64_t limit_max = std::numeric_limits<std::int32_t>::max();
  const std::string table = non_empty(input, "tableName");
  const std::string index = optional_non_empty(input, "indexName");
  const bool counts =
      input.choice("select",
                   {"ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT"},
                   "ALL_ATTRIBUTES") == "COUNT";
  expressions wanted = read_expressions(input, false);
  if (!scans)
    wanted.key = non_empty(input, "keyConditionExpression");
  const auto limit = input.whole_number("limit", 1, limit_max);
  const bool is_ascending = scans || input.boolean("scanIndexForward", true);
  if (!input.are_valid())
    return invalid_load(input);
  json::object request = request_of(given);
  request.erase("Key");
  if (scans)
    request.erase("KeyConditionExpression");
  else
    request["ScanIndexForward"] = is_ascending;
  const auto read = [&](table_session& session) -> json::value {
    item_query query = parse_query(wanted, table, index);
    query.is_ascending = is_ascending;
    if (limit)
      query.limit = static_cast<std::size_t>(*limit);
    const item_page page = session.query(query);
    if (counts)
      return loaded(
          json::object{{"Count", page.items.size()}, {"ScannedCount", page.scanned_count}},
          request);
    return loaded(plain_items(page.items), request);
  };
  return with_request(tables.run("", now, read), request);
}

step_result load(item_tables& tables, const step_request& request) {
  const json::object given = combined_input(request);
  parameters input(given);
  const std::string operation = input.choice("operation", {"GET", "QUERY", "SCAN"}, "");
  if (operation.empty() && input.are_valid())
    input.refuse("operation", "one of \"GET\", \"QUERY\", \"SCAN\"");
  if (!input.are_valid())
    return invalid_load(input);
  if (operation == "GET")
    return get_item(tables, input, given, unix_ms(request));
  return query_items(tables, input, given, operation == "SCAN", unix_ms(request));
}

// What an update changed: the new values where its SET and ADD wrote.
json::object changed_part(const std::vector<update_action>& actions, const json::object& item) {
  std::vector<document_path> paths;
  for (const update_action& action : actions)
    if (action.is != update_action::kind::remove)
      paths.push_back(action.path);
  return project(paths, item);
}

step_result update(item_tables& tables, const step_request& request) {
  const json::object given = combined_input(request);
  parameters input(given);
  const std::string table = non_empty(input, "tableName");
  const json::object* key = read_key(input);
  expressions wanted = read_expressions(input, true);
  wanted.update = non_empty(input, "updateExpression");
  wanted.only_if = input.optional_text("conditionExpression").value_or("");
  if (!input.are_valid())
    return step_error("Error", "Invalid input for dynamodb-update-item: " + input.problems() + ".");
  json::object shown = request_of(given);
  for (const char* other : {"IndexName", "FilterExpression", "ProjectionExpression", "Limit",
                            "Select", "KeyConditionExpression"})
    shown.erase(other);
  shown["ReturnValues"] = "UPDATED_NEW";
  const auto write = [&](table_session& session) -> json::value {
    const item_update parsed = parse_item_update(wanted, table);
    const json::object after = session.update(parsed, unwrapped(to_attributes(*key)));
    json::object made;
    if (const json::object changed = changed_part(parsed.actions, after); !changed.empty())
      made["updatedAttributes"] = to_plain(changed);
    made["_meta"] = json::object{{"status", "SUCCESS"}, {"dynamodb_params", shown}};
    return made;
  };
  return with_request(tables.run(request.idempotency_key, unix_ms(request), write), shown);
}

// The attributes of an item that are its table's key.
json::object key_of(const json::object& item, const std::vector<std::string>& names) {
  json::object key;
  for (const std::string& name : names) {
    const json::value* value = item.if_contains(name);
    if (!value)
      throw step_error("Error", "Primary key attribute '" + name +
                                    "' not found in item returned from query. Ensure the index "
                                    "projects all primary key attributes.");
    key[name] = *value;
  }
  return key;
}

std::optional<std::vector<std::string>> read_key_attributes(parameters& query) {
  const json::array* given = query.optional_array("keyAttributes");
  if (!given)
    return std::nullopt;
  std::vector<std::string> names;
  for (const json::value& name : *given)
    if (const json::string* text = name.if_string())
      names.emplace_back(*text);
  if (names.empty() || names.size() != given->size())
    query.refuse("keyAttributes", "a list of texts that is not empty");
  return names;
}

step_result query_and_update(item_tables& tables, const step_request& request) {
  const json::object given = combined_input(request);
  const json::object none;
  parameters input(given);
  const json::object* query_given = input.object("query");
  const json::object* update_given = input.object("update");
  parameters query(query_given ? *query_given : none, "query.");
  parameters change(update_given ? *update_given : none, "update.");
  const std::string what = "Invalid input for system/dynamodb-query-and-update module.: ";
  if (!input.are_valid())
    return step_error("Error", what + input.problems() + ".");
  const std::string table = non_empty(query, "tableName");
  const std::string index = optional_non_empty(query, "indexName");
  const auto named_key = read_key_attributes(query);
  const auto limit = query.whole_number("limit", 1, claimed_max).value_or(100);
  if (!query.find("expressionAttributeValues"))
    query.refuse("expressionAttributeValues", "an object");
  expressions found = read_expressions(query, true);
  found.projection.clear();
  found.key = non_empty(query, "keyConditionExpression");
  expressions wanted = read_expressions(change, true);
  wanted.update = non_empty(change, "updateExpression");
  wanted.only_if = change.optional_text("conditionExpression").value_or("");
  if (!query.are_valid())
    return step_error("Error", what + query.problems() + ".");
  if (!change.are_valid())
    return step_error("Error", what + change.problems() + ".");
  const auto claim = [&](table_session& session) -> json::value {
    item_query reads = parse_query(found, table, index);
    reads.limit = static_cast<std::size_t>(limit);
    const item_update writes = parse_item_update(wanted, table);
    json::array claimed;
    for (const json::object& item : session.query(reads).items) {
      const auto names = named_key ? *named_key : session.key_attributes(table);
      const json::object key = key_of(item, names);
      try {
        claimed.push_back(to_plain(session.update(writes, key)));
      } catch (const step_error& why) {
        if (why.name != "ConditionalCheckFailedException")
          throw;
      }
    }
    return json::object{{"updatedItemCount", claimed.size()}, {"items", claimed}};
  };
  return tables.run(request.idempotency_key, unix_ms(request), claim);
}

} // namespace

void add_item_modules(steps::registry& to, const std::shared_ptr<item_tables>& tables,
                      const std::shared_ptr<object_store>& objects, std::string trace_bucket) {
  using function = step_result (*)(item_tables&, const step_request&);
  const auto add = [&](std::string_view name, function run) {
    to.provide(name,
               {[tables, run](const step_request& request) { return run(*tables, request); },
                step_effect::external},
               "tables in SQLite");
  };
  add("system/dynamodb-data-loader", load);
  add("system/dynamodb-update-item", update);
  add("system/dynamodb-query-and-update", query_and_update);
  to.provide("system/ddb-query-to-s3-manifest",
             {[tables, objects, bucket = std::move(trace_bucket)](const step_request& request) {
                return write_manifest(*tables, *objects, bucket, request);
              },
              step_effect::external},
             "tables in SQLite, and files in a folder per bucket");
}

} // namespace millrace::services
