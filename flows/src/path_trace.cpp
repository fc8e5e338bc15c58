// SPDX-License-Identifier: Apache-2.0
#include "path_trace.hpp"

#include "utf8.hpp"

#include <millrace/js.hpp>

#include <algorithm>
#include <cmath>

namespace millrace::flows::detail {

namespace {

constexpr std::string_view length_name = "length";

step_key index_key(std::size_t index) noexcept {
  return {step_key::kind::index, index, {}};
}

step_key name_key(std::string_view name) noexcept {
  return {step_key::kind::name, 0, name};
}

bool is_structured(const json::value* value) noexcept {
  return value != nullptr && value->is_structured();
}

/// Number.isFinite and, for "integer", whole.
bool is_finite_number(const json::value* value, bool whole) {
  if (value == nullptr || !value->is_number())
    return false;
  const double number = js::to_number(value);
  return std::isfinite(number) && (!whole || std::fmod(number, 1) == 0);
}

/// Whether `value` is what the type selector `@name()` selects; nothing for an unknown name.
std::optional<bool> has_type(const json::value* value, std::string_view name) {
  const std::string_view type = js::type_name(value);
  if (name == "scalar")
    return !is_structured(value);
  if (name == "boolean" || name == "string" || name == "undefined" || name == "null")
    return type == name;
  if (name == "integer")
    return is_finite_number(value, true);
  if (name == "number")
    return is_finite_number(value, false);
  if (name == "nonFinite")
    return type == "number" && !is_finite_number(value, false);
  if (name == "object")
    return is_structured(value);
  if (name == "array")
    return type == "array";
  if (name == "function")
    return false;
  return std::nullopt;
}

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

bool path_trace::fail(std::string message) {
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

template <class Visit>
bool path_trace::walk(const stop& at, Visit visit) {
  const auto each = [&](step_key key, const json::value& value) {
    const location there{at.where, key};
    return (budget_.spend(1) || fail_limit()) && visit(value, there);
  };
  if (at.value == nullptr)
    return true;
  if (at.value->is_array()) {
    std::size_t i = 0;
    for (const json::value& element : at.value->get_array())
      if (!each(index_key(i++), element))
        return false;
  } else if (at.value->is_object()) {
    const json::object& object = at.value->get_object();
    if (js::has_index_names(object)) {
      for (const json::key_value_pair* const member : js::members(object))
        if (!each(name_key(member->key()), member->value()))
          return false;
    } else {
      for (const json::key_value_pair& member : object)
        if (!each(name_key(member.key()), member.value()))
          return false;
    }
  }
  return true;
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
  const location there{at.where, name_key(name)};
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
  const location there{at.where, index_key(static_cast<std::size_t>(std::max(number, 0.0)))};
  const json::value* const value = keep(std::move(member));
  // The number is a segment of its own: steps up from the element are taken here.
  stop here = at;
  here.is_among_many = many;
  const std::size_t begin = out.size();
  return trace(path, child(at, *value, there, many), false, out) &&
         (!program_.has_parent_operator || step_up(here, begin, out));
}

bool path_trace::wildcard(remaining path, const stop& at, results& out) {
  return walk(at, [&](const json::value& value, const location& there) {
    return trace(next(path), child(at, value, there, true), true, out);
  });
}

bool path_trace::descend(remaining path, const stop& at, results& out) {
  if (!trace(next(path), at, false, out))
    return false;
  return walk(at, [&](const json::value& value, const location& there) {
    if (!value.is_structured() && !value.is_null())
      return true;
    return trace(path, child(at, value, there, true), false, out);
  });
}

bool path_trace::slice(remaining path, const stop& at, results& out) {
  if (!at.value || !at.value->is_array())
    return true;
  const auto& bounds = path.head->slice;
  const auto length = static_cast<double>(at.value->get_array().size());
  const auto clamp = [&](double bound) {
    return bound < 0 ? std::max(0.0, bound + length) : std::min(length, bound);
  };
  const double to = clamp(bounds.to == 0 ? length : bounds.to);
  const double step = bounds.step == 0 ? 1 : bounds.step;
  for (double i = clamp(bounds.from); i < to; i += step)
    if (!follow_number(next(path), at, i, true, out))
      return false;
  return true;
}

filter_environment path_trace::environment(const stop& at) const {
  filter_environment names;
  names.root = root_;
  names.document = document_;
  names.dynamic_keys = &dynamic_keys_;
  names.parent = at.parent;
  names.parent_property = at.key;
  return names;
}

bool path_trace::filtered(remaining path, const stop& at, results& out) {
  return walk(at, [&](const json::value& value, const location& there) {
    filter_environment names = environment(at);
    names.budget = &budget_;
    names.current = &value;
    names.property = there.key;
    names.where = &there;
    auto holds = path.head->expression.evaluate(names);
    if (!holds) {
      failure_ = holds.error();
      return false;
    }
    return !js::truthy(holds->get()) ||
           trace(next(path), child(at, value, there, true), false, out);
  });
}

bool path_trace::nested(remaining path, const stop& at, results& out) {
  if (path.head->parts.empty())
    return true;
  return walk(at, [&](const json::value& value, const location& there) {
    const std::string& key = path.head->inner_key;
    if (!key.empty() && value.is_null())
      return fail("null has no member '" + key + "'.");
    const json::value* const inner =
        key.empty() ? &value : keep(own_member(value, key, js::as_index(key)));
    stop within = at;
    within.value = inner;
    within.is_among_many = true;
    results inner_results;
    // The inner filter ends its own path: nothing of ours follows it.
    if (!trace({&path.head->parts.front(), program_.complex.size()}, within, false, inner_results))
      return false;
    return inner_results.empty() || trace(next(path), child(at, value, there, true), false, out);
  });
}

bool path_trace::script(remaining path, const stop& at, results& out) {
  filter_environment names = environment(at);
  names.budget = &budget_;
  names.current = at.value;
  names.property = at.where ? at.where->key : step_key{};
  names.where = at.where;
  auto computed = path.head->expression.evaluate(names);
  if (!computed) {
    failure_ = computed.error();
    return false;
  }
  const json::value* const value = computed->get();
  if (value && value->is_number())
    return follow_number(next(path), at, js::to_number(value), at.is_among_many, out);
  if (value && value->is_string())
    return follow_text(path, at, js::to_string(value), out);
  if (value && value->is_array())
    return true; // the library looks for a key of that name, and finds none
  return fail(std::string("the expression in brackets gives ") + js::type_name(value) +
              ", not a key.");
}

/// Follows a text that a script gave: the two operators that make sense, or a key.
bool path_trace::follow_text(remaining path, const stop& at, const std::string& text,
                             results& out) {
  segment& made = computed_.emplace_back();
  made.key = text;
  made.index = js::as_index(text);
  if (text == "*")
    made.what = segment::kind::wildcard;
  else if (text == "..")
    made.what = segment::kind::descend;
  return trace({&made, path.rest}, at, false, out);
}

bool path_trace::of_type(const segment& wanted, const stop& at, results& out) {
  const auto fits = has_type(at.value, wanted.inner_key);
  if (!fits)
    return fail("'" + wanted.key + "' is no type selector.");
  if (!*fits)
    return true;
  if (at.where && at.where->up == nullptr && &wanted == &program_.complex.front())
    return fail("starts with a type selector.");
  return add(out, {{at.value, false}, false, 0, nullptr});
}

/// Takes the steps up that were found below: the rest of their path goes on at our value.
bool path_trace::step_up(const stop& at, std::size_t begin, results& out) {
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

} // namespace millrace::flows::detail
