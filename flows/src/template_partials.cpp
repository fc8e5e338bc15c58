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

const inline_partial* find(const inline_partial* innermost, std::string_view name) {
  while (innermost != nullptr && innermost->name != name) {
    innermost = innermost->outer;
  }
  return innermost;
}

} // namespace

bool renderer::run_partial(const statement& partial, const environment& env) {
  std::string name = partial.head.callee.original;
  if (partial.dynamic_name) {
    const value_pointer given = whole(evaluate(*partial.dynamic_name, env));
    name = js::to_string(js::truthy(given) ? given : nullptr);
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
  if (!partial.text.empty()) {
    indent(from, partial.text);
  }
  return append(std::string_view());
}

bool renderer::invoke_partial(const statement& partial, const std::string& name,
                              value_pointer context, const environment& env) {
  const inline_partial* declared = find(env.partials, name);
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
  json::object members;
  context = whole(context);
  if (const json::object* object = context != nullptr ? context->if_object() : nullptr) {
    members = *object;
  } else if (const json::array* array = context != nullptr ? context->if_array() : nullptr) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      members[std::to_string(i)] = (*array)[i];
    }
  }
  charge(members.size());
  for (auto each = of.hash.rbegin(); each != of.hash.rend(); ++each) { // the first of equals wins
    if (const value_pointer value = whole(evaluate(each->value, env))) {
      members.insert_or_assign(each->key, *value);
    } else {
      members.erase(each->key);
    }
  }
  return made_.keep(std::move(members));
}

void renderer::indent(std::size_t from, const std::string& with) {
  const std::string lines = out_.substr(from);
  out_.resize(from);
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size() - 1) + 1;
    out_ += with;
    out_.append(lines, at, end - at);
    at = end;
  }
}

} // namespace millrace::flows::templates
