// SPDX-License-Identifier: Apache-2.0
//
// The helpers that compute a value. The block helpers are the renderer's own.
#pragma once

#include "template_ast.hpp"

#include <millrace/error.hpp>

#include <span>
#include <string_view>

namespace millrace::flows::templates {

/// The helper called `name`, or helper::none.
[[nodiscard]] helper find_helper(std::string_view name) noexcept;

/// `slice`: elements [start, end) of an array, JavaScript's Array.prototype.slice; anything else
/// gives an empty array. No `end` means to the end.
[[nodiscard]] json::array slice(const json::value* array, const json::value* start,
                                const json::value* end);

/// `base64`: a text's UTF-8 bytes, or the elements of an array or of an object with a `length` as
/// bytes, in base64. Falsy values give the empty text. Error: anything else. Source: Node.js,
/// Buffer.from.
[[nodiscard]] result<std::string> base64(const json::value* value);

/// The member `name` of `parent` as JavaScript finds its own properties: members, elements,
/// `length`, and the UTF-16 units of texts.
[[nodiscard]] resolved own_property(const json::value& parent, std::string_view name);

/// isEmpty() of Handlebars: falsy but not 0, or an array without elements.
[[nodiscard]] bool is_empty(const json::value* value) noexcept;

} // namespace millrace::flows::templates
