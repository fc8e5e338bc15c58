// SPDX-License-Identifier: Apache-2.0
//
// The members of a step that its type reads and that are templates, paths or mappings: the URL of
// an API_CALL, the name of a function, the texts of an e-mail. They are compiled once and evaluated
// before every attempt, so that a handler gets values and never evaluates anything itself.
#pragma once

#include <millrace/json.hpp>
#include <millrace/path.hpp>
#include <millrace/scope.hpp>
#include <millrace/template.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace millrace::flows {

/// One variable of a template's context: TemplateContextMappingItem of the reference's
/// core-types.
struct template_variable {
  enum class format : unsigned char {
    raw,           ///< the value itself
    json,          ///< its JSON text
    custom_string, ///< a list as `item_template` of each element, joined by `separator`
  };
  std::string name;
  path source;
  format format_as = format::raw;
  std::vector<std::string> select_fields; ///< members that objects keep; empty: all
  std::optional<text_template> item_template;
  std::string separator = "\n";
};

/// Variables by name, in text order. Source: reference template-service, buildContextFromMappings.
class template_variables {
public:
  template_variables() = default;
  /// Members that are neither a path nor a mapping item are left out (validation reports them).
  [[nodiscard]] static template_variables compile(const json::object& mappings);
  /// The values found; a source that is missing or cannot be evaluated leaves its variable out.
  /// Errors: an item template that cannot be rendered.
  [[nodiscard]] result<json::object> evaluate(const scope& visible) const;

private:
  std::vector<template_variable> entries_;
};

/// What an expression in a field sees, lowest layer first.
enum class field_scope : unsigned char {
  context,           ///< the context
  context_and_input, ///< the context, the step input
  everything,        ///< the context, the run state, the step input
};

/// A template with variables of its own.
struct mapped_template {
  text_template text;
  template_variables variables;
};

/// Texts by name, each from a path; what is no text, number or boolean is left out.
struct texts_by_path {
  std::vector<std::pair<std::string, path>> entries;
};

/// How a field is written.
using field_expression = std::variant<text_template, value_template, path, template_variables,
                                      mapped_template, texts_by_path>;

/// The fields of one step. Immutable once filled; evaluation is thread-safe.
class step_fields {
public:
  void add(std::string name, field_scope sees, field_expression expression);
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  /// The values by name; a path that finds nothing leaves its field out. `scope_of` gives what is
  /// visible; what it returns must live as long as the call. Errors: those of the templates.
  [[nodiscard]] result<json::object>
  evaluate(const std::function<const scope&(field_scope)>& scope_of) const;

private:
  struct entry {
    std::string name;
    field_scope sees = field_scope::everything;
    field_expression expression;
  };
  std::vector<entry> entries_;
};

} // namespace millrace::flows
