// SPDX-License-Identifier: Apache-2.0
#include "pointed_content.hpp"

#include "binary_text.hpp"

#include <millrace/text.hpp>

#include <utility>

namespace millrace::services {
namespace {

json::value content_of(const stored_object& object) {
  const std::string& type = object.info.content_type;
  const bool is_text = type.starts_with("text/") || type.find("json") != std::string::npos ||
                       type.find("xml") != std::string::npos;
  if (!is_text)
    return json::value(encode_base64(object.bytes));
  const std::string text = to_utf8(object.bytes);
  if (auto parsed = parse_json(text, "object"))
    return std::move(*parsed);
  return json::value(text);
}

} // namespace

pointed_content::pointed_content(std::shared_ptr<object_store> objects)
    : objects_(std::move(objects)) {}

result<json::value> pointed_content::read(const flows::object_pointer& at) {
  const auto object = objects_->get(at.bucket, at.key);
  if (!object)
    return error{errc::step_failed, "Failed to resolve S3 data pointer: " + object.error().message};
  return content_of(*object);
}

} // namespace millrace::services
