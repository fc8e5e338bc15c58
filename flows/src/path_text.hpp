// SPDX-License-Identifier: Apache-2.0
//
// A path's text, before it has meaning: quoted and dynamic keys are taken out of it, it is split
// where real JSONPath begins, and cut into segments as JSONPath.toPathArray of jsonpath-plus 10
// does. Everything here is linear in the text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows::detail {

/// A path's text with its quoted keys (`['a b']`) and, when asked for, its dynamic keys (`[$.x]`)
/// replaced by marks, so that nothing in them is mistaken for an operator.
struct marked_text {
  struct key {
    std::string text; // the key, or the path whose value is the key
    bool is_dynamic = false;
    std::size_t dynamic_index = 0; // which of the program's dynamic keys; set by the compiler
  };
  std::string text;
  std::vector<key> keys; // the mark <mark>N<mark> stands for keys[N]
  char mark = '\1';      // a byte that the text itself does not have

  /// Which key `segment` is the mark of.
  [[nodiscard]] std::optional<std::size_t> key_of(std::string_view segment) const;
  /// `segment` with the marks in it replaced by their keys' texts.
  [[nodiscard]] std::string expand(std::string_view segment) const;
};

[[nodiscard]] marked_text mark_keys(std::string_view path, bool with_dynamic_keys);

/// Cuts a marked text into segments.
[[nodiscard]] std::vector<std::string> cut_segments(std::string_view marked);

/// Where the first complex operator stands in a marked text: what is before is traversed key by
/// key, what is behind is JSONPath. Nothing for a plain path.
[[nodiscard]] std::optional<std::size_t> first_complex_operator(std::string_view marked);

/// Behind the script (`?(...)` or `(...)`) that opens at `open`, the place of its bracket or quote;
/// npos when no script opens there. `script` receives the script's text.
[[nodiscard]] std::size_t script_end(std::string_view text, std::size_t open,
                                     std::string_view& script);

} // namespace millrace::flows::detail
