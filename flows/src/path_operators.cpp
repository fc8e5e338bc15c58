// SPDX-License-Identifier: Apache-2.0
//
// What the operators of a path select: wildcards, descents, slices, filters, scripts and types.
#include "path_trace.hpp"

#include <millrace/js.hpp>

#include <algorithm>
#include <cmath>

namespace millrace::flows::detail {

namespace {

constexpr std::uint64_t segment_units = 8; // what keeping a computed segment costs

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
      if (!each(step_key::of_index(i++), element))
        return false;
  } else if (at.value->is_object()) {
    const json::object& object = at.value->get_object();
    if (js::has_index_names(object)) {
      for (const json::key_value_pair* const member : js::members(object))
        if (!each(step_key::of_name(member->key()), member->value()))
          return false;
    } else {
      for (const json::key_value_pair& member : object)
        if (!each(step_key::of_name(member.key()), member.value()))
          return false;
    }
  }
  return true;
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
  if (!budget_.spend(segment_units) || !budget_.spend_text(text.size()))
    return fail_limit();
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

} // namespace millrace::flows::detail
