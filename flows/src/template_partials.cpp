// SPDX-License-Identifier: Apache-2.0
//
// Partials. None can be registered from outside: a name is that of an inline partial, or of the
// block that a partial was called with.
#include "template_renderer.hpp"

#include <millrace/js.hpp>

#include <utility>

namespace millrace::flows::templates {
namespace {

constexpr std::string_view block_name = "@partial-block";
constexpr std::uint64_t looks_per_operation = 16;

const inline_partial* find(const inline_partial* innermost, std::string_view name,
                           std::uint64_t& looks) {
  while (innermost != nullptr && innermost->name != name) {
    innermost = innermost->outer;
    ++looks;
  }
  return innermost;
}

} // namespace

bool renderer::run_partial(const statement& partial, const environment& env) {
  std::string name = partial.head.callee.original;
  if (partial.dynamic_name) {
    const value_pointer given = whole(evaluate(*partial.dynamic_name, env));
    name = text_of(js::truthy(given) ? given : nullptr);
  }
  const std::vector<expression>& params = partial.head.params;
  value_pointer context = params.empty() ? env.context : evaluate(params.front(), env);
  if (!partial.head.hash.empty()) {
    context = extended(context, partial.head, env);
  }
  const std::size_t from = out_.size();
  if (failure_ || !check_decorators(partial) || !invoke_partial(partial, name, context, env)) {
    return false;
  }
  return partial.text.empty() || indent(from, partial.text);
}

bool renderer::invoke_partial(const statement& partial, const std::string& name,
                              value_pointer context, const environment& env) {
  std::uint64_t looks = 0;
  const inline_partial* declared = find(env.partials, name, looks);
  if (!charge(looks / looks_per_operation)) {
    return false;
  }
  const partial_block* enclosing = env.data->partial;
  const bool wants_block = !partial.dynamic_name && name == block_name && declared == nullptr;
  const partial_block* called = wants_block ? enclosing : nullptr;
  const partial_block own{partial.body.get(), env.depths, env.parameters, enclosing};
  data_frame data;
  environment inner = env;
  if (partial.body) {
    data = *env.data;
    data.parent = env.data;
    data.partial = &own;
    inner.data = &data;
  }
  if (declared != nullptr && declared->body != nullptr) {
    inner.depths = declared->depths;
    inner.parameters = declared->parameters;
    return run(*declared->body, context, inner);
  }
  if (called == nullptr && partial.body) {
    called = &own;
  }
  if (called == nullptr) {
    return fail(errc::step_failed, "The partial " + name + " could not be found");
  }
  return run_partial_block(*called, context, inner);
}

// Inside the block, {{> @partial-block}} means what it meant where the block stands.
bool renderer::run_partial_block(const partial_block& block, value_pointer context,
                                 const environment& env) {
  data_frame data = *env.data;
  data.parent = env.data;
  data.partial = block.enclosing;
  environment inner = env;
  inner.data = &data;
  inner.depths = block.depths;
  inner.parameters = block.parameters;
  return run(*block.body, context, inner);
}

/// A copy of `context` with the hash's members; what is no object contributes its elements.
const json::value* renderer::extended(value_pointer context, const call& of,
                                      const environment& env) {
  context = whole(context);
  // Paid for before it is copied: a partial that calls itself with its context doubles it.
  if (!charge_copy(context)) {
    return nullptr;
  }
  json::object members;
  if (const json::object* object = context != nullptr ? context->if_object() : nullptr) {
    members = *object;
  } else if (const json::array* array = context != nullptr ? context->if_array() : nullptr) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      members[std::to_string(i)] = (*array)[i];
    }
  }
  for (auto each = of.hash.rbegin(); each != of.hash.rend(); ++each) { // the first of equals wins
    const value_pointer value = whole(evaluate(each->value, env));
    if (!charge_copy(value)) {
      return nullptr;
    }
    if (value != nullptr) {
      members.insert_or_assign(each->key, *value);
    } else {
      members.erase(each->key);
    }
  }
  return made_.keep(std::move(members));
}

// Each line is checked against the limit: indents of many lines outgrow what was rendered.
bool renderer::indent(std::size_t from, const std::string& with) {
  const std::string lines = out_.substr(from);
  if (!charge(lines.size() / 64)) {
    return false;
  }
  out_.resize(from);
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size() - 1) + 1;
    if (!append(with) || !append(std::string_view(lines).substr(at, end - at))) {
      return false;
    }
    at = end;
  }
  return true;
}

} // namespace millrace::flows::templates
