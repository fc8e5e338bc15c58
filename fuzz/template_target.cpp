// SPDX-License-Identifier: Apache-2.0
#include "promises.hpp"

#include <millrace/template.hpp>

#include <algorithm>

namespace millrace::fuzz {

namespace {

/// A message that quotes a text with the word in it cannot be read by a program.
void require_place_in(const error* problem, std::string_view text) {
  if (!problem || text.find("line ") != std::string_view::npos)
    return;
  const auto ends =
      std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; });
  require_place(problem->message(), "rror on line ", static_cast<std::size_t>(ends));
}

void render(const flows::text_template& compiled, const json::value& context) {
  const flows::scope visible(context);
  const auto first = compiled.render(visible);
  const std::string rendered = show(first);
  require(is_exhausted(first) || rendered == show(compiled.render(visible)),
          "a template renders to two texts");
  if (compiled.problem())
    require(rendered == show(compiled.problem()), "a template with a problem renders");
  if (compiled.is_plain())
    require(rendered == compiled.text(), "a plain text is changed");
}

void render(const flows::value_template& compiled, const json::value& context) {
  const flows::scope visible(context);
  const auto first = compiled.render(visible);
  if (compiled.problem())
    require(first.has_error(), "a value with a problem renders");
  const std::string rendered = show(first);
  require(is_exhausted(first) || rendered == show(compiled.render(visible)),
          "a value renders to two values");
}

} // namespace

void text_template(std::string_view input) {
  const two_parts parts = cut(input);
  const flows::text_template text = flows::text_template::compile(parts.first);
  require(text.text() == parts.first, "a template lost its text");
  require_place_in(text.problem(), parts.first);
  const json::value& context = parts.second ? *parts.second : rich_document();
  const auto document = parse_json(parts.first, "the template");
  if (document && document->is_structured()) {
    render(flows::value_template::compile(*document), context);
    return;
  }
  render(text, context);
  render(flows::value_template::compile(json::value(json::string_view(parts.first))), context);
}

} // namespace millrace::fuzz
