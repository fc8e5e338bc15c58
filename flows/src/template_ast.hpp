// SPDX-License-Identifier: Apache-2.0
//
// A parsed template. The parser fills it, the whitespace pass trims its content, the binder decides
// once what every name means, the renderer only reads it.
#pragma once

#include <millrace/path.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::flows::templates {

/// The helpers that a name may stand for.
enum class helper : unsigned char {
  none, ///< no helper has this name
  if_,
  unless,
  each,
  with,
  lookup,
  log,
  json,
  slice,
  eq,
  neq,
  gt,
  lt,
  default_,
  base64,
  with_json_path,
  reserved, ///< helperMissing and blockHelperMissing: names that cannot be called
};

/// Bytes [begin, end) of the template text.
struct source_span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// `a.b`, `../a`, `@index`, `this`. Parts hold neither `this` nor `..`.
struct path_expression {
  std::vector<std::string> parts;
  std::string original; // as error messages and closing tags name it
  source_span at;
  std::uint32_t depth = 0; // number of `..`
  bool data = false;       // starts with @
  bool scoped = false;     // starts with `this` or `.`: never a helper or block parameter

  // Set by the binder. A name of a block parameter is looked up that many programs outwards.
  bool is_parameter = false;
  std::uint32_t parameter_level = 0;
  std::uint32_t parameter_index = 0;
};

struct call;

/// An argument: a path, a literal or a sub-expression.
struct expression {
  enum class kind_type : unsigned char { path, literal, undefined, call };
  kind_type kind = kind_type::undefined;
  bool is_text = false; // a literal that was written as a quoted text
  path_expression path;
  json::value literal;
  std::unique_ptr<call> sub;
};

struct hash_pair {
  std::string key;
  expression value;
};

/// What stands in a mustache, an opening tag or a sub-expression.
struct call {
  enum class kind_type : unsigned char {
    simple,    ///< a path and nothing else
    ambiguous, ///< a lone name: a helper, else a member
    helper,    ///< called with arguments, or known to be a helper
  };
  path_expression callee;
  std::string literal_kind; // "number" and so on when the callee was written as a literal
  std::vector<expression> params;
  std::vector<hash_pair> hash; // in text order
  source_span at;

  // Set by the binder.
  kind_type kind = kind_type::simple;
  helper function = helper::none;
  std::optional<json_path> literal_path; // of with_json_path "$.literal"
};

struct program;

/// The `~` on the two sides of a tag.
struct strip_flags {
  bool open = false;
  bool close = false;
};

struct statement {
  enum class kind_type : unsigned char {
    content,
    comment,
    mustache,
    block,
    partial,
    partial_block,
    decorator,
  };
  statement() = default;
  explicit statement(kind_type of_kind) : kind(of_kind) {}

  kind_type kind = kind_type::content;
  std::string text;     // content: what is rendered; partial: the indentation of its line
  std::string original; // content: before whitespace control
  bool left_stripped = false;
  bool right_stripped = false;
  call head;                          // all but content and comment; a partial's name is its callee
  std::unique_ptr<call> dynamic_name; // of a partial whose name is a sub-expression
  std::unique_ptr<program> body;
  std::unique_ptr<program> inverse;
  strip_flags open_strip; // also that of a tag without a body
  std::optional<strip_flags> inverse_strip;
  strip_flags close_strip;
  source_span at;
};

struct program {
  std::vector<statement> body;
  std::vector<std::string> block_params;
  bool chained = false; // made for an {{else name}}

  // Set by the binder.
  bool has_decorators = false;
  std::optional<std::string> missing_decorator; // the first that nobody knows
};

/// A whole template, bound and ready.
struct bound_template {
  program main;
  bool uses_depths = false; // some path starts with `..`
};

} // namespace millrace::flows::templates
