// SPDX-License-Identifier: Apache-2.0
#include "definition_expressions.hpp"

#include "definition_differences.hpp"
#include "shape.hpp"

#include <millrace/path.hpp>
#include <millrace/template.hpp>

namespace millrace::flows::definitions {

namespace {

constexpr std::string_view path_start = "$.";
constexpr std::string_view wanted_path = "a path that starts with \"$.\"";

bool is_path_text(const json::value& value) {
  return value.is_string() &&
         std::string_view(value.get_string()).substr(0, path_start.size()) == path_start;
}

void refuse_path(problem_list& problems, const std::string& pointer, std::string_view what,
                 const json::value& value) {
  problems.error(pointer, std::string(what) + " must be " + std::string(wanted_path) + ", but is " +
                              shape::describe(value));
}

std::string cannot_work(std::string_view what, const error& reason) {
  return std::string(what) + " fails whenever it is used: " + reason.message();
}

/// One entry of outputMappings: `target` is a path by its name, `source` by its value.
void check_output_mapping(problem_list& problems, const std::string& pointer,
                          std::string_view target, const json::value& source) {
  if (target.substr(0, path_start.size()) != path_start) {
    problems.error(pointer, "the target of an output mapping must be " + std::string(wanted_path) +
                                ", but is " + shape::quoted(target));
  }
  if (source.is_string() && source.get_string() == "$") {
    warn_difference(problems, pointer, differences::whole_output);
  } else if (!is_path_text(source)) {
    refuse_path(problems, pointer, "the source of an output mapping", source);
  } else {
    warn_unusable_path(problems, pointer, source.get_string());
  }
}

} // namespace

const json::string* check_path(object_reader& reader, std::string_view key) {
  const json::value* value = reader.find(key);
  if (value == nullptr) {
    return nullptr;
  }
  if (!is_path_text(*value)) {
    refuse_path(reader.problems(), reader.pointer(key), key, *value);
    return nullptr;
  }
  return &value->get_string();
}

void warn_unusable_path(problem_list& problems, const std::string& pointer, std::string_view text) {
  const path compiled = path::compile(text);
  if (const error* reason = compiled.problem()) {
    problems.warning(pointer, cannot_work("the path", *reason));
  } else if (const error* doubt = compiled.doubt()) {
    problems.warning(pointer, "the path never finds anything: " + doubt->message());
  }
  warn_path_differences(problems, pointer, text);
}

void warn_unusable_plain_path(problem_list& problems, const std::string& pointer,
                              std::string_view text) {
  const json_path compiled = json_path::compile(text);
  if (const error* reason = compiled.problem()) {
    problems.warning(pointer, cannot_work("the path", *reason));
  }
}

void warn_unusable_template(problem_list& problems, const std::string& pointer,
                            std::string_view text) {
  const text_template compiled = text_template::compile(text);
  if (const error* reason = compiled.problem()) {
    problems.warning(pointer, cannot_work("the template", *reason));
  }
  warn_template_differences(problems, pointer, text);
}

void warn_unusable_templates(problem_list& problems, const std::string& pointer,
                             const json::value& value) {
  if (const auto* text = value.if_string()) {
    warn_unusable_template(problems, pointer, *text);
    if (is_path_text(value)) {
      warn_path_differences(problems, pointer, *text);
    }
  } else if (const auto* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      warn_unusable_templates(problems, child(pointer, i), (*array)[i]);
    }
  } else if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      warn_unusable_templates(problems, child(pointer, member.key()), member.value());
    }
  }
}

const json::object* check_input_mappings(object_reader& reader, std::string_view key) {
  const json::object* mappings = reader.object(key);
  if (mappings == nullptr) {
    return nullptr;
  }
  for (const auto& mapping : *mappings) {
    const std::string pointer = child(reader.pointer(key), mapping.key());
    if (mapping.key().empty()) {
      reader.problems().error(pointer, "the target of an input mapping must not be empty; write "
                                       "the name that the step's input is to have");
    }
    if (!is_path_text(mapping.value())) {
      refuse_path(reader.problems(), pointer, "the source of an input mapping", mapping.value());
    } else {
      warn_unusable_path(reader.problems(), pointer, mapping.value().get_string());
      if (std::string_view(mapping.value().get_string()).substr(0, 3) == "$..") {
        warn_difference(reader.problems(), pointer, differences::descent_over_run_state);
      }
    }
  }
  return mappings;
}

const json::object* check_output_mappings(object_reader& reader, std::string_view key) {
  const json::object* mappings = reader.object(key);
  if (mappings == nullptr) {
    return nullptr;
  }
  for (const auto& mapping : *mappings) {
    check_output_mapping(reader.problems(), child(reader.pointer(key), mapping.key()),
                         mapping.key(), mapping.value());
  }
  return mappings;
}

} // namespace millrace::flows::definitions
