// SPDX-License-Identifier: Apache-2.0
//
// Handlebars 4.7 templates without HTML escaping, as flows use them, and their use inside whole
// JSON values (literals, customConfig). Parsed once.
#pragma once

#include <millrace/scope.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace millrace::flows {

namespace detail {
struct template_access;
}

/// One template text. Immutable, cheap to copy, thread-safe.
/// Source: conformance/template.json ("render"); Handlebars 4.7 language guide.
class text_template {
public:
  text_template();
  /// Parses `text`. Never fails: a malformed template keeps its problem, which every rendering
  /// then returns.
  [[nodiscard]] static text_template compile(std::string_view text);
  [[nodiscard]] const std::string& text() const noexcept;
  [[nodiscard]] const error* problem() const noexcept;
  /// Whether rendering gives the text itself, whatever the scope.
  [[nodiscard]] bool is_plain() const noexcept;

  /// Renders. Errors: the parse problem, an unknown helper, limits passed.
  [[nodiscard]] result<std::string> render(const scope& visible) const;

private:
  friend struct detail::template_access;
  struct program;
  explicit text_template(std::shared_ptr<const program> made) : program_(std::move(made)) {}

  std::shared_ptr<const program> program_;
};

/// A JSON value whose texts, at any depth, are templates; a text that is (or becomes) a path that
/// starts with `$.` is replaced by the value found, with its type. Keys are never rendered.
/// Immutable, cheap to copy, thread-safe. Source: conformance/template.json ("nested").
class value_template {
public:
  /// Renders to undefined (the reference's result for a missing object).
  value_template();
  [[nodiscard]] static value_template compile(const json::value& value);
  /// The first problem of a text in it, or null.
  [[nodiscard]] const error* problem() const noexcept;
  [[nodiscard]] bool is_undefined() const noexcept;

  /// Renders all texts. Members whose path resolves to undefined are left out of objects and are
  /// null in arrays. Errors: those of text_template, and a path that leads back to itself.
  [[nodiscard]] result<json::value> render(const scope& visible) const;
  /// The same, but undefined where the value is one path that resolves to undefined. Borrows from
  /// this template or the scope's layers.
  [[nodiscard]] result<resolved> find(const scope& visible) const;

  /// What one value was compiled to; its members are the implementation's own.
  struct node;

private:
  static node build(const json::value& value);
  static const error* problem_in(const node& of) noexcept;
  struct work;
  static result<resolved> render(const node& of, const scope& visible, work& spent);

  std::shared_ptr<const node> root_; // null: undefined
};

} // namespace millrace::flows
