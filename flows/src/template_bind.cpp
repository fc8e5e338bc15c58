// SPDX-License-Identifier: Apache-2.0
//
// Decides once what every name of a template means, so that rendering need not.
#include "template_helpers.hpp"
#include "template_parser.hpp"
#include "template_position.hpp"

#include <algorithm>
#include <utility>

namespace millrace::flows::templates {
namespace {

using kind = statement::kind_type;

/// Names that are helpers even without arguments, whatever comes behind them in the path.
helper known(std::string_view name) {
  switch (const helper found = find_helper(name)) {
  case helper::if_:
  case helper::unless:
  case helper::each:
  case helper::with:
  case helper::lookup:
  case helper::log: return found;
  default: break;
  }
  return name == "helperMissing" || name == "blockHelperMissing" ? helper::reserved : helper::none;
}

class binder {
public:
  explicit binder(std::string_view text) : text_(text) {}

  [[nodiscard]] bool bind(program& of);
  [[nodiscard]] bool uses_depths() const noexcept { return uses_depths_; }
  [[nodiscard]] const error& problem() const noexcept { return problem_; }

private:
  bool bind(statement& of);
  void bind(call& of, bool is_sub_expression);
  void bind_arguments(call& of);
  void bind(expression& of);
  void bind(path_expression& of);
  bool find_parameter(std::string_view name, path_expression* found) const;

  std::string_view text_;
  std::vector<const std::vector<std::string>*> block_params_; // innermost program last
  bool uses_depths_ = false;
  error problem_;
};

bool binder::bind(program& of) {
  block_params_.push_back(&of.block_params);
  for (statement& each : of.body) {
    if (!bind(each)) {
      return false;
    }
    if (each.kind == kind::decorator) {
      of.has_decorators = true;
      const std::string& name = each.head.callee.original;
      if (name != "inline" && !of.missing_decorator) {
        of.missing_decorator = name;
      }
    }
  }
  block_params_.pop_back();
  return true;
}

bool binder::bind(statement& of) {
  for (program* part : {of.body.get(), of.inverse.get()}) {
    if (part != nullptr && !bind(*part)) {
      return false;
    }
  }
  switch (of.kind) {
  case kind::content:
  case kind::comment: return true;
  case kind::mustache:
  case kind::block: bind(of.head, false); return true;
  case kind::decorator: bind_arguments(of.head); return true;
  case kind::partial:
  case kind::partial_block: break;
  }
  if (of.head.params.size() > 1) {
    const position at = position_of(text_, of.at.begin);
    problem_ = {
        errc::invalid_syntax,
        "Unsupported number of partial arguments: " + std::to_string(of.head.params.size()) +
            " - " + std::to_string(at.line) + ":" + std::to_string(at.column)};
    return false;
  }
  if (of.dynamic_name) {
    bind(*of.dynamic_name, true);
  }
  bind_arguments(of.head);
  return true;
}

void binder::bind(call& of, bool is_sub_expression) {
  bind_arguments(of);
  bind(of.callee);
  const path_expression& path = of.callee;
  const bool single = path.parts.size() == 1 && !path.scoped && path.depth == 0;
  if (single && find_parameter(path.parts.front(), nullptr)) {
    of.kind = call::kind_type::simple;
    return;
  }
  const std::string_view name = path.parts.empty() ? std::string_view() : path.parts.front();
  const helper built_in = path.parts.empty() ? helper::none : known(name);
  const bool called = is_sub_expression || !of.params.empty() || !of.hash.empty();
  if (called || (single && built_in != helper::none)) {
    of.kind = call::kind_type::helper;
    of.function = built_in != helper::none ? built_in
                  : single                 ? find_helper(path.original)
                                           : helper::none;
  } else if (single) {
    of.kind = call::kind_type::ambiguous;
    of.function = find_helper(name);
  }
  const bool literal = !of.params.empty() && of.params.front().is_text;
  if (of.function == helper::with_json_path && literal) {
    of.literal_path = json_path::compile(of.params.front().literal.get_string());
  }
}

void binder::bind_arguments(call& of) {
  for (expression& each : of.params) {
    bind(each);
  }
  for (hash_pair& each : of.hash) {
    bind(each.value);
  }
}

void binder::bind(expression& of) {
  if (of.kind == expression::kind_type::path) {
    bind(of.path);
  } else if (of.kind == expression::kind_type::call) {
    bind(*of.sub, true);
  }
}

void binder::bind(path_expression& of) {
  uses_depths_ = uses_depths_ || of.depth > 0;
  of.is_parameter =
      of.depth == 0 && !of.scoped && !of.parts.empty() && find_parameter(of.parts.front(), &of);
}

bool binder::find_parameter(std::string_view name, path_expression* found) const {
  for (std::size_t level = 0; level < block_params_.size(); ++level) {
    const std::vector<std::string>& names = *block_params_[block_params_.size() - 1 - level];
    const auto at = std::find(names.begin(), names.end(), name);
    if (at != names.end()) {
      if (found != nullptr) {
        found->parameter_level = static_cast<std::uint32_t>(level);
        found->parameter_index = static_cast<std::uint32_t>(at - names.begin());
      }
      return true;
    }
  }
  return false;
}

} // namespace

result<bound_template> bind(program root, std::string_view text) {
  binder work(text);
  if (!work.bind(root)) {
    return work.problem();
  }
  return bound_template{std::move(root), work.uses_depths()};
}

} // namespace millrace::flows::templates
