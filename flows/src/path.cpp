// SPDX-License-Identifier: Apache-2.0
#include <millrace/path.hpp>

#include "path_program.hpp"
#include "path_trace.hpp"

#include <millrace/js.hpp>

namespace millrace::flows {

namespace {

using detail::path_program;
using detail::segment;
using detail::work_budget;

const std::shared_ptr<const path_program>& empty_path() {
  static const std::shared_ptr<const path_program> program = detail::compile_path("", 0);
  return program;
}

const std::shared_ptr<const path_program>& empty_json_path() {
  static const std::shared_ptr<const path_program> program = detail::compile_json_path("");
  return program;
}

/// The value of every dynamic key, as text.
result<std::vector<std::string>> dynamic_keys(const path_program& program, const scope& visible,
                                              work_budget& budget) {
  std::vector<std::string> keys;
  for (const path& inner : program.dynamic_keys) {
    const auto refuse = [&](errc code, const std::string& why) {
      return error(code, "Resolution of dynamic path segment failed: " + why);
    };
    auto found = detail::path_access::evaluate(inner, visible, budget);
    if (!found)
      return refuse(found.error().code(), found.error().message());
    if (found->is_undefined() || found->get()->is_null())
      return refuse(errc::step_failed, "Dynamic path segment '" + inner.text() + "' in path '" +
                                           program.text + "' resolved to null or undefined.");
    if (!budget.spend_read(found->get()))
      return detail::work_limit_error();
    keys.push_back(js::to_string(found->get()));
  }
  return keys;
}

/// The key that a segment of a plain path stands for.
struct plain_key {
  plain_key(const segment& from, const std::vector<std::string>& keys)
      : name(from.key), index(from.index) {
    if (from.what == segment::kind::dynamic) {
      name = keys[from.dynamic_key];
      index = js::as_index(name);
    }
  }
  std::string_view name;
  std::optional<std::uint32_t> index;
};

/// The member or element that is stored under `key`; null where there is none.
const json::value* stored_member(const json::value& value, const plain_key& key) {
  if (const json::object* const object = value.if_object())
    return object->if_contains(key.name);
  const json::array* const array = value.if_array();
  return array && key.index && *key.index < array->size() ? &(*array)[*key.index] : nullptr;
}

/// The value, or the object that it points to where the scope reads objects.
result<const json::value*> followed(const json::value* value, const scope& visible) {
  if (value == nullptr || visible.objects() == nullptr)
    return value;
  return visible.objects()->follow(*value);
}

/// Follows the keys of a plain path and the pointers on its way; borrowed pointers as long as what
/// they name is stored, which only lengths and characters are not.
result<resolved> traverse(const path_program& program, const scope& visible,
                          const std::vector<std::string>& keys, work_budget& budget) {
  const auto root = followed(program.plain.empty() ? &visible.whole() : visible.root(), visible);
  if (!root)
    return root.error();
  const json::value* at = *root;
  std::size_t i = 0;
  for (; i < program.plain.size(); ++i) {
    const plain_key key(program.plain[i], keys);
    const auto next = followed(at ? stored_member(*at, key) : visible.find(key.name), visible);
    if (!next)
      return next.error();
    if (*next == nullptr)
      break;
    at = *next;
  }
  if (i == program.plain.size() || at == nullptr)
    return resolved(at);
  resolved made(at);
  for (; i < program.plain.size() && !made.is_undefined(); ++i) {
    const plain_key key(program.plain[i], keys);
    if (made.get()->is_string() && !budget.spend_text(made.get()->get_string().size()))
      return detail::work_limit_error();
    made = detail::own_member(*made.get(), key.name, key.index);
  }
  return made;
}

/// A selected value: borrowed, or copied when the evaluation made it or its root does not live on.
result<resolved> deliver(const json::value* value, const detail::path_trace& trace,
                         bool root_lives_on, work_budget& budget) {
  if (root_lives_on && !trace.owns(value))
    return resolved(value);
  if (!budget.spend_copy(*value))
    return detail::work_limit_error();
  return resolved(json::value(*value));
}

/// What the library returns for a selection without wrapping: one plain hit as it is, several or
/// indefinite ones as an array.
result<resolved> unwrapped(const std::vector<detail::selection>& selected,
                           const detail::path_trace& trace, bool root_lives_on,
                           work_budget& budget) {
  if (selected.empty())
    return resolved();
  if (selected.size() == 1 && !selected.front().is_among_many)
    return deliver(selected.front().value, trace, root_lives_on, budget);
  // A few values that hold much can be selected often: what is copied counts, not how many.
  for (const detail::selection& each : selected)
    if (!budget.spend_copy(*each.value))
      return detail::work_limit_error();
  json::array values;
  values.reserve(selected.size());
  for (const detail::selection& each : selected)
    values.push_back(*each.value);
  return resolved(json::value(std::move(values)));
}

/// What operators select is followed when it is one pointer; members beside it do not count then.
result<resolved> object_of(resolved found, const scope& visible) {
  const auto at = visible.objects() != nullptr && !found.is_undefined()
                      ? as_object_pointer(*found.get())
                      : std::nullopt;
  if (!at)
    return found;
  const auto object = visible.objects()->content(*at);
  if (!object)
    return object.error();
  return resolved(*object);
}

const std::vector<std::string> no_keys;

} // namespace

namespace detail {

path path_access::compile(std::string_view text, std::size_t depth) {
  path made;
  made.program_ = compile_path(text, depth);
  return made;
}

} // namespace detail

path::path() : program_(empty_path()) {}

path path::compile(std::string_view text) {
  return detail::path_access::compile(text, 0);
}

const std::string& path::text() const noexcept {
  return program_->text;
}

const error* path::problem() const noexcept {
  return program_->problem ? &*program_->problem : nullptr;
}

const error* path::doubt() const noexcept {
  return program_->doubt ? &*program_->doubt : nullptr;
}

result<resolved> path::evaluate(const scope& visible) const {
  work_budget budget;
  return detail::path_access::evaluate(*this, visible, budget);
}

result<resolved> detail::path_access::evaluate(const path& of, const scope& visible,
                                               work_budget& budget) {
  const path_program& program = *of.program_;
  if (program.problem)
    return *program.problem;
  std::vector<std::string> keys;
  if (!program.dynamic_keys.empty()) {
    auto found = flows::dynamic_keys(program, visible, budget);
    if (!found)
      return found.error();
    keys = std::move(*found);
  }
  if (!program.starts_at_root)
    return resolved();
  auto base = traverse(program, visible, keys, budget);
  if (!base || !program.is_complex)
    return base;
  if (!js::truthy(base->get())) // the library looks into nothing that is falsy
    return resolved();
  path_trace trace(program, keys, &visible, budget);
  auto selected = trace.run(*base->get());
  if (selected) {
    auto found = unwrapped(*selected, trace, !base->is_owned(), budget);
    return found ? object_of(std::move(*found), visible) : found;
  }
  // An exception inside the library means that nothing was found.
  if (selected.error().code() == errc::invalid_syntax)
    return resolved();
  return selected.error();
}

json_path::json_path() : program_(empty_json_path()) {}

json_path json_path::compile(std::string_view text) {
  json_path made;
  made.program_ = detail::compile_json_path(text);
  return made;
}

const std::string& json_path::text() const noexcept {
  return program_->text;
}

const error* json_path::problem() const noexcept {
  return program_->problem ? &*program_->problem : nullptr;
}

result<resolved> json_path::evaluate(const json::value& root) const {
  work_budget budget;
  return detail::path_access::evaluate(*this, root, budget);
}

result<resolved> detail::path_access::evaluate(const json_path& of, const json::value& root,
                                               work_budget& budget) {
  if (of.program_->problem)
    return *of.program_->problem;
  if (!js::truthy(&root))
    return resolved();
  path_trace trace(*of.program_, no_keys, nullptr, budget);
  auto selected = trace.run(root);
  if (!selected)
    return selected.error();
  return unwrapped(*selected, trace, true, budget);
}

result<std::vector<resolved>> json_path::matches(const json::value& root) const {
  if (program_->problem)
    return *program_->problem;
  std::vector<resolved> found;
  if (!js::truthy(&root))
    return found;
  work_budget budget;
  detail::path_trace trace(*program_, no_keys, nullptr, budget);
  auto selected = trace.run(root);
  if (!selected)
    return selected.error();
  found.reserve(selected->size());
  for (const detail::selection& each : *selected) {
    auto delivered = deliver(each.value, trace, true, budget);
    if (!delivered)
      return delivered.error();
    found.push_back(std::move(*delivered));
  }
  return found;
}

std::vector<std::string> to_path_array(std::string_view text) {
  const detail::marked_text marked = detail::mark_keys(text, false);
  std::vector<std::string> segments = detail::cut_segments(marked.text);
  for (std::string& each : segments)
    each = marked.expand(each);
  return segments;
}

} // namespace millrace::flows
