// SPDX-License-Identifier: Apache-2.0
#include "promises.hpp"

#include <millrace/path.hpp>

namespace millrace::fuzz {

namespace {

/// A message that quotes a text with the word in it cannot be read by a program.
void require_place_in(const error* problem, std::string_view text) {
  if (problem && text.find("character") == std::string_view::npos)
    require_place(problem->message(), "at character ", text.size());
}

/// False when the path asks for too much.
bool look_up(const flows::path& path, const json::value& document) {
  const flows::scope visible(document);
  const auto first = path.evaluate(visible);
  const std::string found = show(first);
  require(is_exhausted(first) || found == show(path.evaluate(visible)), "a path gives two results");
  if (path.problem())
    require(found == show(path.problem()), "a path with a problem gives something else");
  return !is_exhausted(first);
}

void look_up(const flows::json_path& path, const json::value& document) {
  const auto first = path.evaluate(document);
  if (is_exhausted(first))
    return;
  require(show(first) == show(path.evaluate(document)), "a library path gives two results");
  const auto matches = path.matches(document);
  if (matches.has_error())
    return;
  for (const flows::resolved& each : *matches)
    static_cast<void>(show(result<flows::resolved>(each)));
}

} // namespace

void jsonpath(std::string_view input) {
  const two_parts parts = cut(input);
  const flows::path path = flows::path::compile(parts.first);
  const flows::json_path plain = flows::json_path::compile(parts.first);
  require(path.text() == parts.first && plain.text() == parts.first, "a path lost its text");
  require_place_in(path.problem(), parts.first);
  require_place_in(path.doubt(), parts.first);
  require_place_in(plain.problem(), parts.first);
  static_cast<void>(flows::to_path_array(parts.first));
  const json::value& document = parts.second ? *parts.second : rich_document();
  if (look_up(path, document))
    look_up(plain, document);
}

} // namespace millrace::fuzz
