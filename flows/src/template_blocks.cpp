// SPDX-License-Identifier: Apache-2.0
//
// Blocks: #if, #unless, #with, #each, #with_json_path, and sections, whose name is a value.
#include "path_program.hpp"
#include "template_helpers.hpp"
#include "template_renderer.hpp"

#include <millrace/js.hpp>
#include <millrace/path.hpp>

#include <algorithm>

namespace millrace::flows::templates {
namespace {

parameter_frame parameters_of(const json::value* first) {
  return {{first, nullptr}, 1, true, nullptr};
}

} // namespace

bool renderer::run_block(const statement& block, const environment& env) {
  const call& head = block.head;
  if (head.kind != call::kind_type::helper && head.function == helper::none) {
    const value_pointer value = evaluate(head.callee, env, false);
    return !failure_ && check_decorators(block) && run_section(block, value, env);
  }
  arguments args;
  return evaluate_arguments(head, env, args) && check_decorators(block) &&
         run_helper_block(block, args, env);
}

bool renderer::run_helper_block(const statement& block, const arguments& args,
                                const environment& env) {
  switch (block.head.function) {
  case helper::if_:
  case helper::unless: return run_if(block, args, env);
  case helper::with: return run_with(block, args, env);
  case helper::each: return run_each(block, args, env);
  case helper::with_json_path: return run_with_json_path(block, args, env);
  default: return append(call_helper(block.head, args, env));
  }
}

bool renderer::run_part(const program* part, value_pointer context, const environment& env,
                        parameter_frame parameters) {
  return part == nullptr || run(*part, context, env, parameters);
}

bool renderer::run_if(const statement& block, const arguments& args, const environment& env) {
  const bool negated = block.head.function == helper::unless;
  if (args.size() != 1) {
    return fail(errc::step_failed, negated ? "#unless requires exactly one argument"
                                           : "#if requires exactly one argument");
  }
  bool include_zero = false;
  bool seen = false;
  for (const hash_pair& each : block.head.hash) {
    const value_pointer value = whole(evaluate(each.value, env));
    if (each.key == "includeZero" && !seen) {
      include_zero = js::truthy(value);
      seen = true;
    }
  }
  const value_pointer condition = args.front();
  const bool holds = condition == &root_marker_ ||
                     ((include_zero || js::truthy(condition)) && !is_empty(condition));
  return !failure_ &&
         run_part(holds != negated ? block.body.get() : block.inverse.get(), receiver(env), env);
}

bool renderer::run_with(const statement& block, const arguments& args, const environment& env) {
  if (args.size() != 1) {
    return fail(errc::step_failed, "#with requires exactly one argument");
  }
  const value_pointer context = args.front();
  if (context != &root_marker_ && is_empty(context)) {
    return run_part(block.inverse.get(), receiver(env), env);
  }
  return run_part(block.body.get(), context, env, parameters_of(context));
}

bool renderer::run_with_json_path(const statement& block, const arguments& args,
                                  const environment& env) {
  const json::string* text =
      args.size() == 1 && args.front() != nullptr ? args.front()->if_string() : nullptr;
  if (text == nullptr) {
    return fail(errc::step_failed, "#with_json_path takes one argument, the text of a JSONPath.");
  }
  const value_pointer root = follow_pointers(whole(receiver(env)));
  const std::optional<json_path>& literal = block.head.literal_path;
  detail::work_budget budget;
  result<resolved> found = js::truthy(root)
                               ? detail::path_access::evaluate(
                                     literal ? *literal : json_path::compile(*text), *root, budget)
                               : result<resolved>(resolved());
  if (found.has_error()) {
    return fail(found.error().code(), found.error().message());
  }
  if (!charge(budget.used() + (literal ? 0 : text->size()))) {
    return false;
  }
  const value_pointer value =
      found->is_owned() ? made_.keep(std::move(*found).take()) : found->get();
  return run_part(block.body.get(), receiver(env), env, parameters_of(value));
}

// A block whose name is a value: true shows it, false and nothing hide it, an array repeats it, and
// anything else becomes its context.
bool renderer::run_section(const statement& block, value_pointer value, const environment& env) {
  if (value == &root_marker_) {
    return run_part(block.body.get(), value, env, {{nullptr, nullptr}, 0, true, nullptr});
  }
  if (value != nullptr && value->is_bool() && value->get_bool()) {
    return run_part(block.body.get(), receiver(env), env);
  }
  const bool hidden = value == nullptr || value->is_null() || value->is_bool() ||
                      (value->is_array() && value->get_array().empty());
  if (hidden) {
    return run_part(block.inverse.get(), receiver(env), env);
  }
  if (value->is_array()) {
    return loop(block, value, env);
  }
  return run_part(block.body.get(), value, env, {{nullptr, nullptr}, 0, true, nullptr});
}

bool renderer::run_each(const statement& block, const arguments& args, const environment& env) {
  if (args.size() != 1) {
    return fail(errc::step_failed, "Must pass iterator to #each");
  }
  return loop(block, whole(args.front()), env);
}

bool renderer::loop(const statement& block, value_pointer over, const environment& env) {
  data_frame data = *env.data;
  data.parent = env.data;
  data.loop = true;
  const json::array* array = over != nullptr ? over->if_array() : nullptr;
  const json::object* object = over != nullptr ? over->if_object() : nullptr;
  if (array != nullptr && !array->empty()) {
    return loop(block, *array, env, data);
  }
  if (object != nullptr && !object->empty()) {
    return loop(block, *object, env, data);
  }
  return run_part(block.inverse.get(), receiver(env), env);
}

bool renderer::loop(const statement& block, const json::array& over, const environment& env,
                    data_frame& data) {
  environment inner = env;
  inner.data = &data;
  data.name.reset();
  for (std::size_t i = 0; i < over.size(); ++i) {
    data.index = static_cast<std::int64_t>(i);
    data.first = i == 0;
    data.last = i + 1 == over.size();
    if (!charge(1) ||
        !run_part(block.body.get(), &over[i], inner, {{&over[i], &data.index}, 2, true, nullptr})) {
      return false;
    }
  }
  return true;
}

bool renderer::loop(const statement& block, const json::object& over, const environment& env,
                    data_frame& data) {
  environment inner = env;
  inner.data = &data;
  const bool names_key = block.body && block.body->block_params.size() > 1;
  std::int64_t index = 0;
  for (const json::key_value_pair* member : js::members(over)) {
    const std::size_t mark = made_.mark();
    data.name = member->key();
    data.index = index++;
    data.first = index == 1;
    data.last = static_cast<std::size_t>(index) == over.size();
    const value_pointer key = names_key ? made_.keep(json::value(member->key())) : nullptr;
    if (!charge(1) || !run_part(block.body.get(), &member->value(), inner,
                                {{&member->value(), key}, 2, true, nullptr})) {
      return false;
    }
    made_.release(mark);
  }
  return true;
}

} // namespace millrace::flows::templates
