// SPDX-License-Identifier: Apache-2.0
//
// FILE_DOWNLOAD: a response streamed into an object. Source: reference file-download-handler.
#include "json_members.hpp"
#include "object_modules.hpp"
#include "parameters.hpp"

#include <millrace/js.hpp>

#include <charconv>

namespace millrace::services {
namespace {

constexpr std::chrono::milliseconds download_timeout_default{30'000};

http_request request_for(const step_request& request) {
  http_request made;
  made.method = text_in(request.step, "method", "GET");
  made.url = text_in(request.fields, "sourceUrlTemplate");
  if (const json::value* headers = request.fields.if_contains("headersTemplate"))
    for (const auto& header : headers->as_object())
      made.headers.emplace_back(header.key(), std::string(header.value().as_string()));
  const json::value* timeout = request.custom_config.if_contains("timeoutMs");
  const double milliseconds = timeout ? flows::js::to_number(timeout) : 0;
  constexpr double longest = 24.0 * 3600 * 1000;
  made.timeout = milliseconds >= 1 && milliseconds <= longest
                     ? std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds))
                     : download_timeout_default;
  const json::value* verifies = request.custom_config.if_contains("verifySsl");
  made.verifies_certificates = !(verifies && verifies->is_bool() && !verifies->get_bool());
  return made;
}

step_error failed(const http_failure& failure) {
  if (failure.why == http_failure::reason::timeout)
    return step_error::transient("Download timed out.");
  return failure.is_transient() ? step_error::transient(failure.message)
                                : step_error::permanent(failure.message);
}

step_result output_of(const http_response& response, const std::string& bucket,
                      const std::string& key, const std::string& type, const std::string& url) {
  const json::object pointer{{"bucket", bucket}, {"key", key}};
  json::object output{{"filePointer", pointer},
                      {"content", {{"_s3_output_pointer", pointer}}},
                      {"contentType", type}};
  const std::string length = text_in(response.headers, "content-length");
  std::uint64_t bytes = 0;
  if (std::from_chars(length.data(), length.data() + length.size(), bytes).ec == std::errc())
    output["contentLength"] = bytes;
  output["_meta"] = json::object{{"status", "SUCCESS"}, {"sourceUrl", url}};
  return json::value(std::move(output));
}

std::string last_part(const std::string& url) {
  const std::string part = url.substr(url.rfind('/') + 1);
  return part.empty() ? "unknown" : part;
}

step_result download(const download_services& with, const step_request& request) {
  const std::string bucket = text_in(request.step, "destinationBucket", with.default_bucket);
  const std::string own_key = "downloads/" + std::string(request.flow_execution_id) + '/' +
                              std::string(request.step_instance_id) + '/' +
                              stable_id(request.idempotency_key);
  const std::string key = text_in(request.fields, "destinationKeyTemplate", own_key);
  auto upload = with.objects->begin(bucket, key);
  if (!upload)
    return upload.error();
  http_request wanted = request_for(request);
  const std::string url = wanted.url;
  wanted.response_bytes_max = with.bytes_max;
  wanted.sink = [&upload](std::string_view part) { return upload->write(part); };
  const auto response = with.client->run(std::move(wanted));
  if (!response && response.error().why == http_failure::reason::sink)
    return upload->finish({}, {}).error();
  if (!response)
    return failed(response.error());
  if (is_server_error(response->status))
    return step_error::transient("Download failed with server error: " +
                                 std::to_string(response->status));
  if (!is_success(response->status))
    return step_error("AxiosError",
                      "Request failed with status code " + std::to_string(response->status));
  const std::string type = text_in(response->headers, "content-type", "application/octet-stream");
  const auto stored = upload->finish(type, {{"sourceUrl", url}, {"originalName", last_part(url)}});
  if (!stored)
    return stored.error();
  return output_of(*response, bucket, key, type, url);
}

} // namespace

void add_file_download(steps::registry& to, download_services with) {
  to.provide(
      "FILE_DOWNLOAD",
      {[with = std::move(with)](const step_request& request) { return download(with, request); },
       step_effect::external},
      "requests over HTTP, streamed into a file");
}

} // namespace millrace::services
