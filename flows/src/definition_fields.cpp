// SPDX-License-Identifier: Apache-2.0
//
// One row per field. Source: the payload schemas in packages/core-types/src/steps/system of the
// reference; what sees which layers: its step handlers.
#include "definition_fields.hpp"

#include "definition_differences.hpp"
#include "definition_expressions.hpp"
#include "shape.hpp"

#include <millrace/js.hpp>

#include <array>

namespace millrace::flows::definitions {
namespace {

enum class shape_of : unsigned char {
  text,      ///< a template
  value,     ///< any JSON with templates and paths in it
  path,      ///< a path
  variables, ///< variables by name
  mapped,    ///< {template, contextMappings}
  headers,   ///< paths by name
  plain,     ///< a text that is taken as it stands; the handler reads it
  texts,     ///< plain texts by name
  method,    ///< an HTTP method
  flag,      ///< true or false
  payload,   ///< an object; who starts the flow renders it, with the flow's variables alone
};

enum class needed : bool { no, yes };

struct field_row {
  std::string_view step_type;
  std::string_view place; ///< the member whose members these are; empty: the step itself
  std::string_view name;
  shape_of shape = shape_of::text;
  needed is_needed = needed::no;
  field_scope sees = field_scope::everything;
};

constexpr std::array field_rows{
    field_row{"API_CALL", "", "apiUrlTemplate", shape_of::mapped, needed::yes},
    field_row{"API_CALL", "", "apiHttpMethod", shape_of::method, needed::yes},
    field_row{"API_CALL", "", "apiHeadersTemplate", shape_of::headers},
    field_row{"API_CALL", "", "apiStaticHeaders", shape_of::texts},
    field_row{"API_CALL", "", "requestBodyTemplate", shape_of::variables},
    field_row{"API_CALL", "customConfig", "requestBodyPath", shape_of::path},
    field_row{"CUSTOM_LAMBDA_INVOKE", "", "lambdaFunctionArnTemplate", shape_of::text, needed::yes,
              field_scope::context},
    field_row{"CUSTOM_LAMBDA_INVOKE", "", "payloadTemplate", shape_of::variables, needed::no,
              field_scope::context_and_input},
    field_row{"EMAIL", "", "from", shape_of::value, needed::yes},
    field_row{"EMAIL", "", "fromName", shape_of::value},
    field_row{"EMAIL", "", "to", shape_of::value, needed::yes},
    field_row{"EMAIL", "", "cc", shape_of::value},
    field_row{"EMAIL", "", "bcc", shape_of::value},
    field_row{"EMAIL", "", "replyTo", shape_of::value},
    field_row{"EMAIL", "", "subject", shape_of::value, needed::yes},
    field_row{"EMAIL", "", "body", shape_of::value, needed::yes},
    field_row{"EMAIL", "", "customHeaders", shape_of::value},
    field_row{"EMAIL", "", "attachments", shape_of::value},
    field_row{"EMAIL", "", "attachmentsPath", shape_of::path},
    field_row{"FILE_DOWNLOAD", "", "sourceUrlTemplate", shape_of::text, needed::yes},
    field_row{"FILE_DOWNLOAD", "", "method", shape_of::method},
    field_row{"FILE_DOWNLOAD", "", "headersTemplate", shape_of::headers},
    field_row{"FILE_DOWNLOAD", "", "destinationBucket", shape_of::plain},
    field_row{"FILE_DOWNLOAD", "", "destinationKeyTemplate", shape_of::text},
    field_row{"LLM_INVOCATION", "", "llmProvider", shape_of::text, needed::yes},
    field_row{"LLM_INVOCATION", "", "modelId", shape_of::text, needed::yes},
    field_row{"LLM_INVOCATION", "", "fallbacks", shape_of::value},
    field_row{"LLM_INVOCATION", "", "templateContextMappings", shape_of::variables},
    field_row{"LLM_INVOCATION", "", "promptTemplateId", shape_of::plain},
    field_row{"LLM_INVOCATION", "", "mediaAttachmentsPath", shape_of::path},
    field_row{"LLM_INVOCATION", "", "toolsPath", shape_of::path},
    field_row{"MCP_CALL", "", "mcpConnectionId", shape_of::plain, needed::yes},
    field_row{"MCP_CALL", "", "toolName", shape_of::plain, needed::yes},
    field_row{"POLL_EXTERNAL_API", "apiCallDefinition", "apiUrlTemplate", shape_of::mapped,
              needed::yes},
    field_row{"POLL_EXTERNAL_API", "apiCallDefinition", "apiHttpMethod", shape_of::method,
              needed::yes},
    field_row{"POLL_EXTERNAL_API", "apiCallDefinition", "apiHeadersTemplate", shape_of::headers},
    field_row{"POLL_EXTERNAL_API", "apiCallDefinition", "apiStaticHeaders", shape_of::texts},
    field_row{"POLL_EXTERNAL_API", "apiCallDefinition", "requestBodyTemplate", shape_of::variables},
    field_row{"SCHEDULE_START_POINT", "", "scheduleExpression", shape_of::plain, needed::yes},
    field_row{"SCHEDULE_START_POINT", "", "timezone", shape_of::plain},
    field_row{"SCHEDULE_START_POINT", "", "enabled", shape_of::flag},
    field_row{"SCHEDULE_START_POINT", "", "payloadTemplate", shape_of::payload},
    field_row{"EMAIL_START_POINT", "", "emailAddress", shape_of::plain, needed::yes},
    field_row{"EMAIL_START_POINT", "", "keyword", shape_of::plain},
    field_row{"EMAIL_START_POINT", "", "triggerMessagePattern", shape_of::plain},
};

/// Compiles one row; what is wrong is a problem and leaves the field out.
class field_compiler {
public:
  field_compiler(step& target, object_reader& reader, const field_row& row)
      : target_(target), reader_(reader), row_(row), name_(row.name) {}

  void compile() {
    const bool is_needed = row_.is_needed == needed::yes;
    if (!reader_.has(name_) && !is_needed)
      return;
    switch (row_.shape) {
    case shape_of::text: return compile_text();
    case shape_of::value: return compile_value();
    case shape_of::path: return compile_path();
    case shape_of::variables: return compile_variables();
    case shape_of::mapped: return compile_mapped();
    case shape_of::headers: return compile_headers();
    case shape_of::plain: is_needed ? reader_.required_text(name_) : reader_.text(name_); return;
    case shape_of::texts: return check_texts();
    case shape_of::method: return check_method();
    case shape_of::flag: static_cast<void>(reader_.boolean(name_)); return;
    case shape_of::payload: static_cast<void>(reader_.object(name_)); return;
    }
  }

private:
  void add(field_expression expression) {
    target_.fields.add(std::string(name_), row_.sees, std::move(expression));
  }

  void compile_text() {
    const auto text =
        row_.is_needed == needed::yes ? reader_.required_text(name_) : reader_.text(name_);
    if (!text)
      return;
    warn_unusable_template(reader_.problems(), reader_.pointer(name_), *text);
    add(text_template::compile(*text));
  }

  void compile_value() {
    const json::value* value = reader_.find(name_);
    if (!value) {
      static_cast<void>(reader_.required_text(name_));
      return;
    }
    warn_unusable_templates(reader_.problems(), reader_.pointer(name_), *value);
    add(value_template::compile(*value));
  }

  void compile_path() {
    if (const json::string* text = check_path(reader_, name_))
      add(path::compile(*text));
  }

  void compile_variables() {
    if (const json::object* mappings = reader_.object(name_)) {
      object_reader inner = reader_.inside(name_);
      check_variables(inner);
      add(template_variables::compile(*mappings));
    }
  }

  static void check_variables(object_reader& variables) {
    for (const auto& member : variables.source()) {
      if (member.value().is_string()) {
        static_cast<void>(check_path(variables, member.key()));
        continue;
      }
      if (!member.value().is_object()) {
        variables.refuse(member.key(), "a path or an object with sourceJsonPath");
        continue;
      }
      object_reader item = variables.inside(member.key());
      if (!item.has("sourceJsonPath"))
        item.refuse("sourceJsonPath", "a path");
      else
        static_cast<void>(check_path(item, "sourceJsonPath"));
      static_cast<void>(item.choice("formatAs", {"RAW", "JSON", "CUSTOM_STRING"}));
      static_cast<void>(item.texts("selectFields"));
      static_cast<void>(item.text("itemTemplate"));
      static_cast<void>(item.text("joinSeparator"));
    }
  }

  void compile_mapped() {
    if (reader_.object(name_) == nullptr) {
      if (!reader_.has(name_))
        reader_.refuse(name_, "an object with template");
      return;
    }
    object_reader inner = reader_.inside(name_);
    mapped_template made;
    if (const auto text = inner.required_text("template")) {
      warn_unusable_template(inner.problems(), inner.pointer("template"), *text);
      made.text = text_template::compile(*text);
    }
    if (const json::object* mappings = inner.object("contextMappings")) {
      object_reader variables = inner.inside("contextMappings");
      check_variables(variables);
      made.variables = template_variables::compile(*mappings);
    }
    add(std::move(made));
  }

  void compile_headers() {
    const json::object* headers = reader_.object(name_);
    if (headers == nullptr)
      return;
    object_reader inner = reader_.inside(name_);
    texts_by_path made;
    for (const json::key_value_pair* header : js::members(*headers))
      if (const json::string* text = check_path(inner, header->key()))
        made.entries.emplace_back(header->key(), path::compile(*text));
    add(std::move(made));
  }

  void check_texts() {
    if (reader_.object(name_) == nullptr)
      return;
    object_reader inner = reader_.inside(name_);
    for (const auto& member : inner.source())
      static_cast<void>(inner.text(member.key()));
  }

  void check_method() {
    const auto method =
        reader_.choice(name_, {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"});
    if (!method && !reader_.has(name_))
      reader_.refuse(name_, "an HTTP method such as \"GET\"");
  }

  step& target_;
  object_reader& reader_;
  const field_row& row_;
  std::string_view name_;
};

/// Whether a row of `type` in `place` may not be missing.
bool needs(std::string_view type, std::string_view place) {
  for (const field_row& row : field_rows)
    if (row.step_type == type && row.place == place && row.is_needed == needed::yes)
      return true;
  return false;
}

} // namespace

void compile_fields(step& target, object_reader& reader) {
  std::string_view missing; // the place that was reported already
  for (const field_row& row : field_rows) {
    if (row.step_type != target.type)
      continue;
    if (row.place.empty()) {
      field_compiler(target, reader, row).compile();
      continue;
    }
    const bool is_there = reader.has(row.place);
    if (!is_there && needs(row.step_type, row.place) && missing != row.place) {
      missing = row.place;
      reader.refuse(row.place, "an object");
    }
    const json::value* place = reader.find(row.place);
    if (place == nullptr || !place->is_object())
      continue;
    object_reader inner = reader.inside(row.place);
    field_compiler(target, inner, row).compile();
  }
}

poll_config compile_poll(object_reader& reader) {
  // Bounds: PollExternalApiStepPayloadSchema of the reference.
  constexpr std::int64_t interval_least = 5;
  constexpr std::int64_t interval_most = 3600;
  constexpr std::int64_t attempts_most = 100;
  poll_config made;
  if (reader.object("pollingConfig") == nullptr) {
    if (!reader.has("pollingConfig"))
      reader.refuse("pollingConfig", "an object with intervalSeconds and maxAttempts");
  } else {
    object_reader config = reader.inside("pollingConfig");
    for (const char* key : {"intervalSeconds", "maxAttempts"})
      if (!config.has(key))
        config.refuse(key, "a whole number");
    made.interval =
        std::chrono::seconds(config.whole_number("intervalSeconds", interval_least, interval_most)
                                 .value_or(interval_least));
    made.attempts_max = config.whole_number("maxAttempts", 1, attempts_most).value_or(1);
  }
  if (reader.object("exitConditions") == nullptr) {
    if (!reader.has("exitConditions"))
      reader.refuse("exitConditions", "an object with successCondition and failureCondition");
    return made;
  }
  object_reader conditions = reader.inside("exitConditions");
  const auto condition = [&conditions](std::string_view key) {
    if (!conditions.has(key))
      conditions.refuse(key, "a condition such as \"$.status == 'DONE'\"");
    const json::string* text = conditions.has(key) ? check_path(conditions, key) : nullptr;
    if (text)
      warn_condition_differences(conditions.problems(), conditions.pointer(key), *text);
    return text ? flows::condition::compile(*text) : flows::condition();
  };
  made.success = condition("successCondition");
  made.failure = condition("failureCondition");
  return made;
}

} // namespace millrace::flows::definitions

namespace millrace::flows {
namespace {

using definitions::shape_of;

std::string_view words_for(shape_of shape) {
  switch (shape) {
  case shape_of::text: return "a template";
  case shape_of::value: return "JSON with templates and paths";
  case shape_of::path: return "a path";
  case shape_of::variables: return "variables: paths or mapping items by name";
  case shape_of::mapped: return "an object: template, contextMappings";
  case shape_of::headers: return "paths by header name";
  case shape_of::plain: return "a text";
  case shape_of::texts: return "texts by name";
  case shape_of::method: return "an HTTP method";
  case shape_of::flag: return "true or false";
  case shape_of::payload: return "an object with templates over flow_variables";
  }
  return {};
}

bool is_evaluated(shape_of shape) {
  return shape != shape_of::plain && shape != shape_of::texts && shape != shape_of::method &&
         shape != shape_of::flag && shape != shape_of::payload;
}

} // namespace

const std::vector<field_description>& field_descriptions() {
  static const std::vector<field_description> all = [] {
    std::vector<field_description> made;
    made.reserve(definitions::field_rows.size());
    for (const definitions::field_row& row : definitions::field_rows)
      made.push_back({row.step_type, row.place, row.name, words_for(row.shape),
                      row.is_needed == definitions::needed::yes, is_evaluated(row.shape)});
    return made;
  }();
  return all;
}

} // namespace millrace::flows
