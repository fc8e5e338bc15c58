// SPDX-License-Identifier: Apache-2.0
//
// Expressions: paths, `@` variables, block parameters and calls of helpers that give a value.
#include "template_helpers.hpp"
#include "template_position.hpp"
#include "template_renderer.hpp"

#include <millrace/js.hpp>

#include <initializer_list>
#include <utility>

namespace millrace::flows::templates {
namespace {

json::object to_json(const position& at) {
  return {{"line", static_cast<std::int64_t>(at.line)},
          {"column", static_cast<std::int64_t>(at.column)}};
}

} // namespace

const json::value* renderer::evaluate(const expression& of, const environment& env) {
  switch (of.kind) {
  case expression::kind_type::literal: return &of.literal;
  case expression::kind_type::undefined: return nullptr;
  case expression::kind_type::path: return evaluate(of.path, env, false);
  case expression::kind_type::call: break;
  }
  return evaluate(*of.sub, env);
}

const json::value* renderer::evaluate(const call& of, const environment& env) {
  if (!charge(1)) {
    return nullptr;
  }
  if (of.kind == call::kind_type::simple) {
    return evaluate(of.callee, env, false);
  }
  arguments args;
  return evaluate_arguments(of, env, args) ? call_helper(of, args, env) : nullptr;
}

const json::value* renderer::evaluate(const path_expression& of, const environment& env,
                                      bool falsy_stops) {
  return follow_pointers(look_up(of, env, falsy_stops));
}

const json::value* renderer::look_up(const path_expression& of, const environment& env,
                                     bool falsy_stops) {
  if (of.is_parameter) {
    return evaluate_parameter(of, env);
  }
  value_pointer from = env.context;
  if (of.depth > 0 && !(of.data && !of.parts.empty())) {
    const context_frame* frame = env.depths;
    for (std::uint32_t i = 0; i < of.depth && frame != nullptr; ++i) {
      frame = frame->outer;
    }
    from = frame != nullptr ? frame->value : nullptr;
  }
  if (of.parts.empty() || of.parts.front().empty()) {
    return from;
  }
  return of.data ? evaluate_data(of, env) : follow(from, of.parts, 0, falsy_stops);
}

const json::value* renderer::evaluate_parameter(const path_expression& of, const environment& env) {
  const parameter_frame* frame = env.parameters;
  for (std::uint32_t i = 0; i < of.parameter_level && frame != nullptr; ++i) {
    frame = frame->outer;
  }
  if (frame == nullptr || !frame->given) {
    fail(errc::step_failed,
         "The block parameter '" + of.parts.front() + "' has no value: its helper gives none.");
    return nullptr;
  }
  const value_pointer value =
      of.parameter_index < frame->count ? frame->values[of.parameter_index] : nullptr;
  return follow(value, of.parts, 1, false);
}

const json::value* renderer::evaluate_data(const path_expression& of, const environment& env) {
  const data_frame* frame = env.data;
  for (std::uint32_t i = 0; i < of.depth && frame != nullptr; ++i) {
    frame = frame->parent;
  }
  std::size_t part = 0;
  while (frame != nullptr && part < of.parts.size() && of.parts[part] == "_parent") {
    frame = frame->parent;
    ++part;
  }
  if (frame == nullptr) {
    return nullptr;
  }
  if (part == of.parts.size()) {
    return made_.keep(data_of(*frame));
  }
  return follow(data_member(*frame, of.parts[part]), of.parts, part + 1, true);
}

const json::value* renderer::data_member(const data_frame& frame, std::string_view name) {
  if (name == "root") {
    return frame.root;
  }
  if (!frame.loop) {
    return nullptr;
  }
  if (name == "index" || (name == "key" && !frame.name)) {
    return &frame.index;
  }
  if (name == "key") {
    return made_.keep(json::value(*frame.name));
  }
  if (name == "first" || name == "last") {
    return boolean(name == "first" ? frame.first : frame.last);
  }
  return nullptr;
}

// `a && a.b` for data and names that are called, `a == null ? a : a.b` for the rest: zero, false
// and "" stop the former.
const json::value* renderer::follow(value_pointer from, const std::vector<std::string>& parts,
                                    std::size_t first, bool falsy_stops) {
  for (std::size_t i = first; i < parts.size(); ++i) {
    const bool stops = from == nullptr || (from != &root_marker_ &&
                                           (falsy_stops ? !js::truthy(from) : from->is_null()));
    if (stops) {
      return from;
    }
    from = property(from, parts[i]);
  }
  return from;
}

const json::value* renderer::property(value_pointer parent, std::string_view name) {
  if (parent == &root_marker_) {
    return follow_pointer(visible_.find(name));
  }
  if (const json::object* object = parent->if_object()) {
    return follow_pointer(object->if_contains(name));
  }
  if (const json::string* text = parent->if_string(); text && !charge(text->size() / 64)) {
    return nullptr;
  }
  resolved found = own_property(*parent, name);
  return found.is_owned() ? made_.keep(std::move(found).take()) : follow_pointer(found.get());
}

const json::value* renderer::follow_pointer(value_pointer value) {
  if (value == nullptr || visible_.objects() == nullptr) {
    return value;
  }
  const auto object = visible_.objects()->follow(*value);
  if (!object) {
    fail(object.error().code(), object.error().message());
    return nullptr;
  }
  return *object;
}

// Whoever gets an array or an object may show any part of it.
const json::value* renderer::follow_pointers(value_pointer value) {
  constexpr std::size_t values_per_operation = 16;
  if (value == nullptr || value == &root_marker_ || visible_.objects() == nullptr ||
      !value->is_structured()) {
    return value;
  }
  const pointer_search within = find_object_pointer(*value);
  if (!charge(within.values / values_per_operation) || !within.found) {
    return value;
  }
  auto replaced = visible_.objects()->follow_all(*value);
  if (!replaced) {
    fail(replaced.error().code(), replaced.error().message());
    return nullptr;
  }
  return charge_copy(&**replaced) ? made_.keep(std::move(**replaced)) : nullptr;
}

bool renderer::evaluate_arguments(const call& of, const environment& env, arguments& args) {
  for (const expression& each : of.params) {
    args.push_back(evaluate(each, env));
  }
  return !failure_;
}

// A helper that gets too few arguments sees its options object instead, as in JavaScript.
const json::value* renderer::call_helper(const call& of, const arguments& args,
                                         const environment& env) {
  const std::size_t given = args.size();
  for (const hash_pair& each : of.hash) { // for their errors; only blocks and partials read them
    evaluate(each.value, env);
  }
  const auto argument = [&](std::size_t index) {
    return index < given ? whole(args[index]) : index == given ? options_of(of, env) : nullptr;
  };
  if (failure_) {
    return nullptr;
  }
  switch (of.function) {
  case helper::json: {
    const value_pointer value = argument(0);
    if (value != nullptr && value->is_string()) {
      return value;
    }
    json::string text(value == nullptr ? "null" : stringify(*value));
    return charge(text.size() / 64) ? made_.keep(std::move(text)) : nullptr;
  }
  case helper::slice: {
    json::value part = slice(argument(0), argument(1), given == 2 ? nullptr : argument(2));
    return charge_copy(&part) ? made_.keep(std::move(part)) : nullptr;
  }
  case helper::eq:
  case helper::neq:
  case helper::gt:
  case helper::lt: return compare(of.function, argument(0), argument(1));
  case helper::default_: {
    const value_pointer value = given > 0 ? args.front() : argument(0);
    const bool missing = value == nullptr || (value != &root_marker_ && value->is_null());
    return !missing ? value : given > 1 ? args[1] : nullptr;
  }
  case helper::base64: return call_base64(argument(0));
  case helper::lookup: return call_lookup(args);
  case helper::log: return nullptr;
  case helper::none: return call_missing(of, args, env);
  default: return call_block_helper(of, given);
  }
}

const json::value* renderer::compare(helper how, value_pointer left, value_pointer right) {
  const bool same_or_not = how == helper::eq || how == helper::neq; // of arrays: by their address
  for (const value_pointer each : {left, right}) {
    if (!(same_or_not && each != nullptr && each->is_array()) && !charge_read(each)) {
      return nullptr;
    }
  }
  switch (how) {
  case helper::eq: return boolean(js::strictly_equal(left, right));
  case helper::neq: return boolean(!js::strictly_equal(left, right));
  case helper::gt: return boolean(js::less_than(right, left).value_or(false));
  default: return boolean(js::less_than(left, right).value_or(false));
  }
}

// A block helper where a value is wanted has no block to show.
const json::value* renderer::call_block_helper(const call& of, std::size_t given) {
  const bool takes_one =
      of.function == helper::if_ || of.function == helper::unless || of.function == helper::with;
  if (takes_one && given != 1) {
    fail(errc::step_failed, "#" + of.callee.original + " requires exactly one argument");
  } else if (of.function == helper::each && given == 0) {
    fail(errc::step_failed, "Must pass iterator to #each");
  } else {
    fail(errc::step_failed, "The helper " + of.callee.original + " needs a block.");
  }
  return nullptr;
}

const json::value* renderer::call_lookup(const arguments& args) {
  const value_pointer from = args.empty() ? nullptr : args.front();
  if (!args.empty() && from != &root_marker_ && !js::truthy(from)) {
    return from;
  }
  if (args.size() != 2) {
    fail(errc::step_failed, "The helper lookup takes a value and the name of a member.");
    return nullptr;
  }
  if (const json::string* name = args[1] != nullptr ? args[1]->if_string() : nullptr) {
    return property(from, *name);
  }
  return property(from, text_of(whole(args[1])));
}

const json::value* renderer::call_base64(value_pointer value) {
  result<std::string> text = base64(value);
  if (text.has_error()) {
    fail(text.error().code(), text.error().message());
    return nullptr;
  }
  return charge(text->size() / 64) ? made_.keep(json::string(*text)) : nullptr;
}

// No helper has this name. A member called like one cannot be called, whatever it is.
const json::value* renderer::call_missing(const call& of, const arguments& args,
                                          const environment& env) {
  const value_pointer member = evaluate(of.callee, env, true);
  if (failure_) {
    return nullptr;
  }
  if (member == &root_marker_ || js::truthy(member)) {
    fail(errc::step_failed, "'" + of.callee.original + "' is a value and not a helper.");
  } else if (!args.empty()) {
    fail(errc::step_failed, "Missing helper: \"" + of.callee.original + "\"");
  }
  return nullptr;
}

const json::value* renderer::options_of(const call& of, const environment& env) {
  json::object hash;
  charge(text_.size() / 64); // the places are counted from the beginning
  for (auto each = of.hash.rbegin(); each != of.hash.rend(); ++each) { // the first of equals wins
    if (const value_pointer value = whole(evaluate(each->value, env));
        charge_copy(value) && value) {
      hash.insert_or_assign(each->key, *value);
    }
  }
  json::object options;
  options["name"] = of.callee.original;
  options["hash"] = std::move(hash);
  options["data"] = data_of(*env.data);
  options["loc"] = json::object{{"start", to_json(position_of(text_, of.at.begin))},
                                {"end", to_json(position_of(text_, of.at.end))}};
  return made_.keep(std::move(options));
}

json::object renderer::data_of(const data_frame& frame) {
  json::object data;
  if (const value_pointer root = whole(frame.root)) {
    if (!charge_copy(root)) {
      return data;
    }
    data["root"] = *root;
  }
  if (frame.parent != nullptr) {
    data["_parent"] = data_of(*frame.parent);
  }
  if (frame.loop) {
    data["key"] = frame.name ? json::value(*frame.name) : frame.index;
    data["index"] = frame.index;
    data["first"] = frame.first;
    data["last"] = frame.last;
  }
  return data;
}

} // namespace millrace::flows::templates
