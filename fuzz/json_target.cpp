// SPDX-License-Identifier: Apache-2.0
#include "promises.hpp"

#include <algorithm>

namespace millrace::fuzz {

namespace {

constexpr std::string_view source = "input";

/// The place in a refusal, "input: line 1, column 7: ...", lies within the text.
void require_place_within(std::string_view message, std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  require(message.substr(0, source.size()) == source, "a refusal does not name its source");
  require(message.find("line ") != std::string_view::npos, "a refusal names no line");
  require_place(message, "line ", lines);
  require_place(message, "column ", text.size());
}

std::size_t depth_of(const json::value& value) {
  std::size_t levels = 0;
  while (is_deeper_than(value, levels))
    ++levels;
  return levels;
}

/// Text nested `levels` deep is accepted where so many are allowed, and not where one fewer is.
void require_depth_bound(std::string_view text, std::size_t levels) {
  json_limits bound;
  bound.depth_max = levels;
  require(parse_json(text, source, bound).has_value(), "text within the depth bound is refused");
  if (levels == 0)
    return;
  bound.depth_max = levels - 1;
  const auto refused = parse_json(text, source, bound);
  require(refused.has_error() && refused.error().code() == errc::limit_exceeded,
          "text deeper than the bound is accepted");
}

/// Whatever Boost.JSON's own parser takes for JSON is JSON here.
void require_agreement(std::string_view text, bool accepted) {
  json::parse_options options;
  options.max_depth = json_limits{}.depth_max;
  boost::system::error_code refused;
  const json::value theirs =
      json::parse(json::string_view(text.data(), text.size()), refused, {}, options);
  require(refused || accepted, "text that Boost.JSON reads is refused");
}

} // namespace

void json(std::string_view input) {
  const auto parsed = parse_json(input, source);
  require_agreement(input, parsed.has_value());
  if (parsed.has_error()) {
    const errc code = parsed.error().code();
    require(code == errc::invalid_syntax || code == errc::limit_exceeded, "another kind of error");
    require_place_within(parsed.error().message(), input);
    return;
  }
  const std::string text = stringify(*parsed);
  const auto again = parse_json(text, source);
  require(again.has_value(), "what was written cannot be read");
  require(stringify(*again) == text, "what was written reads as something else");
  const auto from_pretty = parse_json(stringify_pretty(*parsed), source);
  require(from_pretty.has_value(), "what was written for people cannot be read");
  require(stringify(*from_pretty) == text, "what was written for people reads as something else");
  const std::size_t levels = depth_of(*parsed);
  require(levels <= json_limits{}.depth_max, "a value is deeper than its text may be");
  // Of the text that was written: what was read may hold members that later ones replaced.
  require_depth_bound(text, levels);
}

} // namespace millrace::fuzz
