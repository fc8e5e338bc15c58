// SPDX-License-Identifier: Apache-2.0
//
// Images and documents for a model. Source: reference media-resolver.
#include "ascii.hpp"
#include "binary_text.hpp"
#include "json_members.hpp"
#include "llm_step.hpp"
#include "media_types.hpp"

#include <algorithm>
#include <array>

namespace millrace::services {
namespace {

constexpr std::array<std::string_view, 5> media_types{"image/jpeg", "image/png", "image/gif",
                                                      "image/webp", "application/pdf"};

// "image/PNG; charset=x" as "image/png".
std::string plain_type(std::string_view type) {
  std::string made = lower(type.substr(0, type.find(';')));
  while (!made.empty() && made.back() == ' ')
    made.pop_back();
  return made;
}

llm_part<llm_media> read_medium(const json::object& given, llm_services& with) {
  llm_media made;
  made.mime_type = plain_type(text_in(given, "mimeType"));
  const json::object* pointer = object_in(given, "s3Pointer");
  const std::string url = text_in(given, "url");
  made.base64 = text_in(given, "base64");
  if ((pointer != nullptr) + !url.empty() + !made.base64.empty() != 1)
    return step_error::permanent("Each media attachment must have exactly one source: s3Pointer, "
                                 "url, or base64.");
  std::string type;
  std::string name;
  if (pointer) {
    name = text_in(*pointer, "key");
    auto object = with.objects->get(text_in(*pointer, "bucket"), name);
    if (!object)
      return object.error();
    made.base64 = encode_base64(object->bytes);
    type = object->info.content_type;
  } else if (!url.empty()) {
    name = url;
    http_request request;
    request.url = url;
    auto response = with.client->run(std::move(request));
    if (!response)
      return response.error().is_transient() ? step_error::transient(response.error().message)
                                             : step_error::permanent(response.error().message);
    if (response->status != 200)
      return step_error::permanent("Failed to fetch media from a URL: HTTP " +
                                   std::to_string(response->status) + ".");
    made.base64 = encode_base64(response->body);
    type = text_in(response->headers, "content-type");
  }
  const std::string stored = plain_type(type);
  // What is only known to be bytes may be told by its name.
  if (made.mime_type.empty() && stored != "application/octet-stream")
    made.mime_type = stored;
  if (made.mime_type.empty())
    made.mime_type = media_type_by_name(name.substr(0, name.find_first_of("?#")));
  if (made.mime_type.empty())
    return step_error::permanent(
        name.empty() ? "A base64 media attachment must include an explicit mimeType."
                     : "Could not determine the MIME type for a media attachment. "
                       "Provide an explicit mimeType.");
  if (std::find(media_types.begin(), media_types.end(), made.mime_type) == media_types.end())
    return step_error::permanent("Unsupported media type '" + made.mime_type +
                                 "'. Supported types: image/jpeg, image/png, image/gif, "
                                 "image/webp, application/pdf.");
  return made;
}

} // namespace

llm_part<std::vector<llm_media>> read_media(const step_request& request, llm_services& with) {
  const json::value* given = member(request.step, "mediaAttachments");
  if (!given)
    given = member(request.fields, "mediaAttachmentsPath");
  std::vector<llm_media> all;
  if (!given)
    return all;
  const json::array* list = given->if_array();
  if (!list)
    return step_error::permanent("The media attachments are not a valid array.");
  for (const json::value& each : *list) {
    const json::object* object = each.if_object();
    auto medium = read_medium(object ? *object : json::object(), with);
    if (!medium)
      return medium.error();
    all.push_back(std::move(*medium));
  }
  return all;
}

} // namespace millrace::services
