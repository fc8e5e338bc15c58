// SPDX-License-Identifier: Apache-2.0
//
// A template text: parsed at most once, rendered as often as needed.
#include <millrace/template.hpp>

#include "template_parser.hpp"
#include "template_renderer.hpp"

#include <millrace/limits.hpp>

#include <optional>
#include <utility>

namespace millrace::flows {

struct text_template::program {
  std::string text;
  bool plain = false;
  std::optional<error> problem;
  templates::bound_template bound; // empty when plain or not well-formed
};

namespace {

result<templates::bound_template> build(std::string_view text) {
  if (text.size() > limits().expression_bytes_max) {
    return error(errc::limit_exceeded, "A template of " + std::to_string(text.size()) +
                                           " bytes exceeds expression_bytes_max, " +
                                           std::to_string(limits().expression_bytes_max) + ".");
  }
  result<templates::program> parsed = templates::parse(text);
  if (parsed.has_error()) {
    return parsed.error();
  }
  templates::control_whitespace(*parsed);
  return templates::bind(std::move(*parsed), text);
}

} // namespace

text_template::text_template() {
  static const text_template empty = compile("");
  program_ = empty.program_;
}

text_template text_template::compile(std::string_view text) {
  auto made = std::make_shared<program>();
  made->text = text;
  made->plain = text.find("{{") == std::string_view::npos;
  if (!made->plain) {
    result<templates::bound_template> bound = build(made->text);
    if (bound.has_error()) {
      made->problem = bound.error();
    } else {
      made->bound = std::move(*bound);
    }
  }
  return text_template(std::move(made));
}

const std::string& text_template::text() const noexcept {
  return program_->text;
}

const error* text_template::problem() const noexcept {
  return program_->problem ? &*program_->problem : nullptr;
}

bool text_template::is_plain() const noexcept {
  return program_->plain;
}

result<std::string> text_template::render(const scope& visible) const {
  std::uint64_t operations = 0;
  return detail::template_access::render(*this, visible, operations);
}

result<std::string> detail::template_access::render(const text_template& of, const scope& visible,
                                                    std::uint64_t& operations) {
  const text_template::program& made = *of.program_;
  if (made.problem) {
    return *made.problem;
  }
  if (made.plain) {
    return made.text;
  }
  return templates::renderer(made.bound, made.text, visible, operations).run();
}

} // namespace millrace::flows
