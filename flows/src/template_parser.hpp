// SPDX-License-Identifier: Apache-2.0
//
// From a template text to a bound template: parse, trim white space, bind names.
#pragma once

#include "template_ast.hpp"

#include <millrace/error.hpp>

#include <string_view>

namespace millrace::flows::templates {

/// Parses `text` by Handlebars' grammar. Errors: `invalid_syntax` ("Parse error on line ..."),
/// `limit_exceeded` for nesting deeper than expression_depth_max.
[[nodiscard]] result<program> parse(std::string_view text);

/// Removes what `~` and tags standing alone on their lines remove.
void control_whitespace(program& root);

/// Decides what every name means: a helper, a block parameter or a path.
/// Errors: `invalid_syntax` for a partial with more than one argument.
[[nodiscard]] result<bound_template> bind(program root, std::string_view text);

} // namespace millrace::flows::templates
