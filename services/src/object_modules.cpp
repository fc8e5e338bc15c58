// SPDX-License-Identifier: Apache-2.0
//
// Source of inputs, outputs and errors: reference s3-loader, s3-saver, s3-list-files.
#include "object_modules.hpp"

#include "binary_text.hpp"
#include "parameters.hpp"

#include <millrace/execution.hpp>

#include <limits>

namespace millrace::services {
namespace {

const json::value succeeded = "SUCCESS";

step_error invalid(const char* what, const parameters& input) {
  return {"Error", std::string(what) + ": " + input.problems() + "."};
}

std::string s3_uri(parameters& input, std::string_view name) {
  std::string uri = input.text(name);
  if (input.are_valid() && uri.compare(0, 5, "s3://") != 0)
    input.refuse(name, "a text that begins with \"s3://\"");
  return uri;
}

object_result<json::value> content_of(const stored_object& object, std::string_view format,
                                      std::string_view encoding) {
  if (format == "RAW_BUFFER")
    return json::value(encode_base64(object.bytes));
  const auto text = decode_text(object.bytes, encoding);
  if (!text)
    return step_error("TypeError", "Unknown encoding: " + std::string(encoding));
  if (format != "JSON")
    return json::value(*text);
  auto value = parse_json(*text, "object");
  if (!value)
    return step_error("Error", "InvalidOutputFormat: Failed to parse S3 object content as JSON. "
                               "Error: " +
                                   value.error().message());
  return std::move(*value);
}

step_result load(object_store& objects, const step_request& request) {
  const json::object given = combined_input(request);
  parameters input(given);
  const std::string uri = s3_uri(input, "sourceS3Uri");
  const std::string format = input.choice("outputFormat", {"JSON", "TEXT", "RAW_BUFFER"}, "TEXT");
  const std::string encoding = input.optional_text("encoding").value_or("utf-8");
  const bool may_be_missing = input.choice("onMissing", {"FAIL", "IGNORE"}, "FAIL") == "IGNORE";
  if (!input.are_valid())
    return invalid("Invalid stepInput for s3-data-loader", input);
  const auto address = parse_s3_uri(uri);
  if (!address)
    return step_error("Error", "Invalid S3 URI format: " + uri);
  const auto object = objects.get(address->bucket, address->key);
  if (!object && object.error().name == "NoSuchKey" && may_be_missing)
    return json::object{{"content", nullptr}, {"_meta", {{"found", false}}}};
  if (!object)
    return object.error();
  auto content = content_of(*object, format, encoding);
  if (!content)
    return content.error();
  return json::object{{"content", std::move(*content)},
                      {"_meta",
                       {{"found", true},
                        {"sourceS3Uri", uri},
                        {"contentType", object->info.content_type},
                        {"contentLength", object->info.size},
                        {"eTag", object->info.etag}}}};
}

// Of everything else a text is taken for base64.
bool is_text_type(std::string_view type) {
  const auto has = [type](std::string_view part) { return type.find(part) != type.npos; };
  const auto ends = [type](std::string_view part) {
    return type.size() >= part.size() && type.substr(type.size() - part.size()) == part;
  };
  return type.substr(0, 5) == "text/" || has("application/json") || has("application/javascript") ||
         has("application/xml") || has("text/json") || has("text/javascript") || has("text/xml") ||
         ends("+json") || ends("+xml");
}

std::string bytes_of(const json::value& content, std::string type) {
  for (char& c : type)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  const json::string* text = content.if_string();
  if (!text)
    return stringify_pretty(content);
  return is_text_type(type) ? std::string(*text) : decode_base64(*text);
}

json::object metadata_of(parameters& input) {
  const json::object* given = input.optional_object("metadataTemplate");
  if (!given)
    return {};
  for (const auto& entry : *given)
    if (!entry.value().is_string()) {
      input.refuse("metadataTemplate", "an object of texts");
      return {};
    }
  return *given;
}

step_result save(object_store& objects, const step_request& request) {
  const json::object given = combined_input(request);
  parameters input(given);
  const std::string uri = s3_uri(input, "destinationS3UriTemplate");
  const std::string type = input.optional_text("contentType").value_or("application/json");
  json::object metadata = metadata_of(input);
  if (!input.are_valid())
    return invalid("Invalid input for S3 Saver", input);
  const auto address = parse_s3_uri(uri);
  if (!address)
    return step_error("Error", "Invalid S3 URI format after rendering: " + uri);
  const json::value* content = input.find("contentToSave");
  if (!content)
    return step_error("Error", "The 'contentToSave' input was undefined. Nothing to save.");
  const auto info = objects.put(address->bucket, address->key, bytes_of(*content, type), type,
                                std::move(metadata));
  if (!info)
    return info.error();
  return json::object{
      {"s3Uri", uri},
      {"bucket", address->bucket},
      {"key", address->key},
      {"eTag", info->etag},
      {"_meta",
       {{"status", succeeded},
        {"s3_params",
         {{"Bucket", address->bucket}, {"Key", address->key}, {"ContentType", type}}}}}};
}

step_result list(object_store& objects, const step_request& request) {
  const json::object given = combined_input(request);
  parameters input(given);
  const std::string bucket = input.text("bucket");
  const std::string prefix = input.optional_text("prefix").value_or("");
  constexpr std::int64_t no_limit = std::numeric_limits<std::int32_t>::max();
  const auto keys_max = input.whole_number("maxKeys", 1, no_limit).value_or(no_limit);
  if (!input.are_valid())
    return invalid("Invalid stepInput for s3-list-files", input);
  const auto found = objects.list(bucket, prefix, static_cast<std::size_t>(keys_max));
  if (!found)
    return found.error();
  json::array files;
  for (const object_info& each : *found)
    files.push_back(json::object{
        {"key", each.key},
        {"size", each.size},
        {"lastModified", format_timestamp(each.last_modified)},
        {"eTag", each.etag},
        {"bucket", bucket},
        {"content", {{"_s3_output_pointer", {{"bucket", bucket}, {"key", each.key}}}}}});
  const std::size_t count = files.size();
  return json::object{{"files", std::move(files)}, {"fileCount", count}};
}

} // namespace

void add_object_modules(steps::registry& to, const std::shared_ptr<object_store>& objects) {
  using function = step_result (*)(object_store&, const step_request&);
  const auto add = [&](std::string_view name, function run) {
    to.provide(name,
               {[objects, run](const step_request& request) { return run(*objects, request); },
                step_effect::external},
               "files in a folder per bucket");
  };
  add("system/s3-data-loader", load);
  add("system/s3-data-saver", save);
  add("system/s3-list-files", list);
}

} // namespace millrace::services
