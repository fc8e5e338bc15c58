// SPDX-License-Identifier: Apache-2.0
//
// The way through a value, segment by segment, and back up.
#include "path_trace.hpp"

#include "utf8.hpp"

#include <millrace/js.hpp>

#include <algorithm>

namespace millrace::flows::detail {

namespace {

constexpr std::string_view length_name = "length";

} // namespace

resolved own_member(const json::value& value, std::string_view key,
                    std::optional<std::uint32_t> index) {
  if (value.is_object())
    return value.get_object().if_contains(key);
  if (value.is_array()) {
    const json::array& array = value.get_array();
    if (index)
      return *index < array.size() ? &array[*index] : nullptr;
    return key == length_name ? resolved(number(static_cast<double>(array.size()))) : resolved();
  }
  if (!value.is_string())
    return {};
  const std::string_view text = value.get_string();
  if (key == length_name)
    return resolved(number(static_cast<double>(js::utf16_length(text))));
  if (!index || *index >= js::utf16_length(text))
    return {};
  return resolved(json::value(utf8::unit_at(text, *index)));
}

result<std::vector<selection>> path_trace::run(const json::value& root) {
  root_ = &root;
  const location top;
  const stop start{&root, nullptr, {}, &top, false};
  results out;
  const remaining path = next({nullptr, 0});
  // The library trips over its own result when the first segment gives a bare one.
  if (path.head->what == segment::kind::parent || path.head->what == segment::kind::property)
    return error(errc::invalid_syntax, "The path '" + program_.text + "' starts with '" +
                                           path.head->key + "', which the root does not have.");
  if (!trace(path, start, false, out))
    return *failure_;
  std::vector<selection> selected;
  selected.reserve(out.size());
  for (const found& one : out)
    if (!one.is_step_up)
      selected.push_back(one.selected);
  return selected;
}

bool path_trace::trace(remaining path, const stop& at, bool literal_first, results& out) {
  if (!budget_.spend(1))
    return fail_limit();
  // The length and the units of a text are counted whenever they are asked for.
  if (at.value && at.value->is_string() && !budget_.spend_text(at.value->get_string().size()))
    return fail_limit();
  if (path.head == nullptr)
    return add(out, {{at.value, at.is_among_many}, false, 0, nullptr});
  if (++depth_ > limits().traversal_depth_max) {
    failure_ = error(errc::limit_exceeded, "The path '" + program_.text +
                                               "' goes deeper than traversal_depth_max = " +
                                               std::to_string(limits().traversal_depth_max) + ".");
    return false;
  }
  const std::size_t begin = out.size();
  // A step up is taken by the frame above the one that asks for it.
  const bool takes_steps_up =
      program_.has_parent_operator && path.head->what != segment::kind::parent;
  const bool done =
      segment_at(path, at, literal_first, out) && (!takes_steps_up || step_up(at, begin, out));
  --depth_;
  return done;
}

bool path_trace::segment_at(remaining path, const stop& at, bool literal_first, results& out) {
  const segment& head = *path.head;
  if (head.what == segment::kind::literal)
    return follow_name(path, at, out, head.key, true);
  if (head.what == segment::kind::dynamic)
    return follow_name(path, at, out, dynamic_keys_[head.dynamic_key], true);
  if (literal_first && at.value && js::truthy(at.value) &&
      !own_member(*at.value, head.key, head.index).is_undefined())
    return follow_name(path, at, out, head.key, false);
  if (!head.key.empty() && head.key.front() == '`' && at.value && js::truthy(at.value)) {
    const std::string_view escaped = std::string_view(head.key).substr(1);
    if (!own_member(*at.value, escaped, js::as_index(escaped)).is_undefined())
      return follow_name(path, at, out, escaped, true);
  }
  switch (head.what) {
  case segment::kind::wildcard: return wildcard(path, at, out);
  case segment::kind::descend: return descend(path, at, out);
  case segment::kind::parent:
    return add(out, {{}, true, path.rest, at.where ? at.where->up : nullptr});
  case segment::kind::property:
    return add(out, {{keep(resolved(at.key.to_value())), false}, false, 0, nullptr});
  case segment::kind::root: {
    const stop root{at.value, nullptr, {}, at.where, at.is_among_many};
    return trace(next(path), root, false, out);
  }
  case segment::kind::slice: return slice(path, at, out);
  case segment::kind::filter: return filtered(path, at, out);
  case segment::kind::nested: return nested(path, at, out);
  case segment::kind::script: return script(path, at, out);
  case segment::kind::type: return of_type(head, at, out);
  case segment::kind::list: {
    stop among_many = at;
    among_many.is_among_many = true;
    for (const segment& part : head.parts)
      if (!trace({&part, path.rest}, among_many, false, out))
        return false;
    return true;
  }
  default: return literal_first || follow_name(path, at, out, head.key, true);
  }
}

/// Follows the own member `name`, if there is one; falsy values have none.
bool path_trace::follow_name(remaining path, const stop& at, results& out, std::string_view name,
                             bool literal_first) {
  if (!at.value || !js::truthy(at.value))
    return true;
  resolved member = own_member(*at.value, name, js::as_index(name));
  if (member.is_undefined())
    return true;
  const location there{at.where, step_key::of_name(name)};
  const json::value* const value = keep(std::move(member));
  return trace(next(path), child(at, *value, there, at.is_among_many), literal_first, out);
}

/// Follows a number that a slice or script gave. Without such an element the library fails.
bool path_trace::follow_number(remaining path, const stop& at, double number, bool many,
                               results& out) {
  const std::string name = js::to_string(number);
  resolved member = at.value && js::truthy(at.value)
                        ? own_member(*at.value, name, js::as_index(name))
                        : resolved();
  if (member.is_undefined())
    return fail("there is no element " + name + " as the expression in brackets asks for.");
  const location there{at.where,
                       step_key::of_index(static_cast<std::size_t>(std::max(number, 0.0)))};
  const json::value* const value = keep(std::move(member));
  // The number is a segment of its own: steps up from the element are taken here.
  stop here = at;
  here.is_among_many = many;
  const std::size_t begin = out.size();
  return trace(path, child(at, *value, there, many), false, out) &&
         (!program_.has_parent_operator || step_up(here, begin, out));
}

/// Takes the steps up that were found below: the rest of their path goes on at our value.
bool path_trace::step_up(const stop& at, std::size_t begin, results& out) {
  if (!budget_.spend(out.size() - begin))
    return fail_limit();
  if (std::none_of(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
                   [](const found& one) { return one.is_step_up; }))
    return true;
  const results below(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end());
  out.resize(begin);
  for (const found& one : below) {
    if (!one.is_step_up) {
      if (!add(out, one))
        return false;
      continue;
    }
    stop here = at;
    here.where = one.where;
    if (!trace(next({nullptr, one.rest}), here, false, out))
      return false;
  }
  return true;
}

bool path_trace::fail(const std::string& message) {
  if (!failure_)
    failure_ = error(errc::invalid_syntax, "The path '" + program_.text + "': " + message);
  return false;
}

bool path_trace::fail_limit() {
  if (!failure_)
    failure_ = work_limit_error();
  return false;
}

const json::value* path_trace::keep(resolved value) {
  if (!value.is_owned())
    return value.get();
  // Memory of its own; when it was too much, the next step says so.
  static_cast<void>(budget_.spend(work_budget::container_units));
  const json::value* const made = &owned_.emplace_back(std::move(value).take());
  made_.insert(made);
  return made;
}

bool path_trace::add(results& out, found one) {
  if (out.size() >= limits().result_count_max) {
    failure_ = error(errc::limit_exceeded, "The path '" + program_.text +
                                               "' selects more values than result_count_max = " +
                                               std::to_string(limits().result_count_max) + ".");
    return false;
  }
  out.push_back(one);
  return true;
}

path_trace::remaining path_trace::next(const remaining& path) const {
  const bool more = path.rest < program_.complex.size();
  return {more ? &program_.complex[path.rest] : nullptr, path.rest + 1};
}

path_trace::stop path_trace::child(const stop& at, const json::value& value, const location& there,
                                   bool many) const {
  return {&value, at.value, there.key, &there, many};
}

} // namespace millrace::flows::detail
