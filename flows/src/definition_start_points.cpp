// SPDX-License-Identifier: Apache-2.0
//
// Source: reference start-points.ts; what is a template is checked when it is rendered.
#include "definition_start_points.hpp"

#include "definition_expressions.hpp"
#include "regex.hpp"
#include "shape.hpp"

#include <millrace/mail_address.hpp>
#include <millrace/schedule.hpp>

namespace millrace::flows::definitions {
namespace {

/// The text `key` where it is one and no template; a template is looked at as such.
const json::string* plain_text(object_reader& reader, std::string_view key) {
  const json::value* value = reader.find(key);
  const json::string* text = value ? value->if_string() : nullptr;
  if (!text || text->empty())
    return nullptr;
  if (text->find("{{") == json::string::npos)
    return text;
  warn_unusable_template(reader.problems(), reader.pointer(key), *text);
  return nullptr;
}

} // namespace

std::string no_mail_address(std::string_view text) {
  return shape::quoted(text) + " is no email address; write one such as support@example.com, or a "
                               "template such as {{flow_variables.address}} that gives one";
}

void check_schedule_start(object_reader& reader) {
  if (const json::string* text = plain_text(reader, "scheduleExpression"))
    if (const auto read = schedule::parse(*text); !read)
      reader.error("scheduleExpression", read.error().message());
  if (const json::value* payload = reader.find("payloadTemplate"); payload && payload->is_object())
    warn_unusable_templates(reader.problems(), reader.pointer("payloadTemplate"), *payload);
}

void check_mail_start(object_reader& reader) {
  if (const json::string* text = plain_text(reader, "emailAddress"))
    if (!is_mail_address(*text))
      reader.error("emailAddress", no_mail_address(*text));
  const json::value* pattern = reader.find("triggerMessagePattern");
  if (!pattern || !pattern->is_string())
    return;
  if (const auto compiled = detail::regex::compile(pattern->get_string(), ""); !compiled)
    reader.warning("triggerMessagePattern", "this pattern cannot be used, and nothing will be "
                                            "found by it: " +
                                                compiled.error().message());
}

} // namespace millrace::flows::definitions
