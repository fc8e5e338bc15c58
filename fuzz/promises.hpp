// SPDX-License-Identifier: Apache-2.0
//
// What the targets share: taking an input apart, a document to look into, and saying what does not
// hold.
#pragma once

#include "targets.hpp"

#include <millrace/definition.hpp>
#include <millrace/json.hpp>
#include <millrace/scope.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace millrace::fuzz {

/// Throws broken_promise with `what` unless `holds`.
void require(bool holds, const char* what);

/// An input, cut at the first separator.
struct two_parts {
  std::string_view first;
  std::optional<json::value> second; ///< absent, or no JSON: nothing
};
[[nodiscard]] two_parts cut(std::string_view input);

/// A document with something of every kind, for expressions that come without one.
[[nodiscard]] const json::value& rich_document();

/// A result as one text: the error, "undefined" or the value. Reads every byte of it, so that a
/// borrowed value which is gone does not stay unseen. An error must not be one of a defect.
[[nodiscard]] std::string show(const result<flows::resolved>& outcome);
[[nodiscard]] std::string show(const result<json::value>& outcome);
[[nodiscard]] std::string show(const result<std::string>& outcome);
[[nodiscard]] std::string show(const result<bool>& outcome);
[[nodiscard]] std::string show(const error* problem);

/// Whether an evaluation ended at a limit: doing it again would show nothing and take long.
template <class Result>
[[nodiscard]] bool is_exhausted(const Result& outcome) {
  return outcome.has_error() && outcome.error().code() == errc::limit_exceeded;
}

/// The number that follows `words` in `message` is a place in a text of `size` characters, from 0
/// to just behind its end. A message without these words says nothing about a place.
void require_place(std::string_view message, std::string_view words, std::size_t size);

/// `pointer` is a JSON pointer, and all but its last token lead to something in `document`: the
/// last may name what is missing.
void require_pointer(const json::value& document, std::string_view pointer);

/// The rules of the shipped engine, with reusable step definitions from `known` (borrowed).
[[nodiscard]] flows::definition_rules rules(const std::vector<json::object>& known);

} // namespace millrace::fuzz
