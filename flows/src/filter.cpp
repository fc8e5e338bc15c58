// SPDX-License-Identifier: Apache-2.0
#include "filter.hpp"

#include "filter_program.hpp"
#include "path_trace.hpp"

#include <millrace/js.hpp>

#include <algorithm>
#include <array>
#include <boost/container/small_vector.hpp>
#include <cmath>

namespace millrace::flows::detail {

namespace {

using node_kind = filter_node::kind;

constexpr std::array<std::string_view, 6> blocked_names{"constructor",      "__proto__",
                                                        "__defineGetter__", "__defineSetter__",
                                                        "__lookupGetter__", "__lookupSetter__"};

operand make(json::value value) {
  operand out;
  out.value = resolved(std::move(value));
  return out;
}

operand borrow(const json::value* value) {
  operand out;
  out.value = value;
  return out;
}

bool is_truthy(const operand& value) {
  return value.what != operand::kind::value || js::truthy(value.value.get());
}

double number_of(const operand& value) {
  return value.what == operand::kind::value ? js::to_number(value.value.get()) : std::nan("");
}

/// ToInt32: modulo 2^32, as a signed number.
std::int32_t int32_of(const operand& value) {
  constexpr double range = 4294967296.0;
  const double whole = std::trunc(number_of(value));
  if (!std::isfinite(whole))
    return 0;
  const double modulo = std::fmod(whole, range);
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::int64_t>(modulo)));
}

/// Methods and patterns are objects: equal to nothing but themselves, and texts when compared.
json::value comparable(const operand& value) {
  return json::value(text_of(value));
}

bool is_plain(const operand& value) {
  return value.what == operand::kind::value;
}

/// "['a'][0]" behind "$".
std::string path_text(const location* where) {
  std::vector<const location*> steps;
  for (; where && where->up; where = where->up)
    steps.push_back(where);
  std::string out = "$";
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    const json::value key = (*step)->key.to_value();
    const std::string text = js::to_string(&key);
    const bool bare = !text.empty() && text.find_first_not_of("0123456789*") == std::string::npos;
    out += bare ? "[" + text + "]" : "['" + text + "']";
  }
  return out;
}

/// Evaluates one expression once. A failure is remembered and everything above gives up.
class evaluation {
public:
  evaluation(const filter_program& program, const filter_environment& names)
      : program_(program), names_(names) {}

  result<resolved> run() {
    operand value = of(program_.top);
    if (failure_)
      return *failure_;
    if (value.what != operand::kind::value)
      return resolved(json::value(true)); // an object: true as a filter, no key as a script
    return std::move(value.value);
  }

private:
  operand of(std::uint32_t place);
  operand context_of(const filter_node& node);
  operand unary(const filter_node& node);
  operand binary(std::uint32_t place);
  operand apply(filter_operator operation, const operand& left, const operand& right);
  operand add(const operand& left, const operand& right);
  operand array(const filter_node& node);
  operand sequence(const filter_node& node);
  operand member(const filter_node& node);
  operand call(const filter_node& node);
  std::string key_of(const filter_node& node);
  operand dynamic_key(const filter_node& node);
  operand document_member(const filter_node& node);

  operand fail(std::string what) {
    return fail(error(errc::invalid_syntax,
                      "the expression '" + program_.text + "' fails: " + std::move(what) + "."));
  }
  /// Pays for reading what an operand holds; false after having failed.
  bool pay_for(const operand& value) {
    if (is_plain(value) && !names_.budget->spend_read(value.value.get()))
      fail(work_limit_error());
    return !failure_;
  }
  operand fail(error reason) {
    if (!failure_)
      failure_ = std::move(reason);
    return {};
  }

  const filter_program& program_;
  const filter_environment& names_;
  std::optional<error> failure_;
};

operand evaluation::of(std::uint32_t place) {
  const filter_node& node = program_.nodes[place];
  if (failure_)
    return {};
  if (!names_.budget->spend(1))
    return fail(work_limit_error());
  switch (node.what) {
  case node_kind::constant: return borrow(&node.value);
  case node_kind::undefined: return {};
  case node_kind::pattern: {
    operand out;
    out.what = operand::kind::pattern;
    out.pattern = &program_.patterns[node.number];
    return out;
  }
  case node_kind::dynamic_key: return dynamic_key(node);
  case node_kind::document_member: return document_member(node);
  case node_kind::member:
  case node_kind::computed_member: return member(node);
  case node_kind::call:
  case node_kind::computed_call: return call(node);
  case node_kind::array: return array(node);
  case node_kind::unary: return unary(node);
  case node_kind::binary: return binary(place);
  case node_kind::conditional: return of(node.children[is_truthy(of(node.children[0])) ? 1 : 2]);
  case node_kind::sequence: return sequence(node);
  case node_kind::failure: return fail(node.text);
  default: return context_of(node);
  }
}

operand evaluation::dynamic_key(const filter_node& node) {
  const std::string& key = (*names_.dynamic_keys)[node.number];
  return names_.budget->spend_text(key.size()) ? make(json::value(key)) : fail(work_limit_error());
}

operand evaluation::context_of(const filter_node& node) {
  if (node.in_brackets && node.what != node_kind::document)
    return fail("'@' is not known inside the brackets of a computed name");
  switch (node.what) {
  case node_kind::current: return borrow(names_.current);
  case node_kind::property: return make(names_.property.to_value());
  case node_kind::parent: return names_.parent ? borrow(names_.parent) : make(nullptr);
  case node_kind::parent_property: return make(names_.parent_property.to_value());
  case node_kind::root: return borrow(names_.root);
  case node_kind::path: {
    operand text = make(json::value(path_text(names_.where)));
    return pay_for(text) ? std::move(text) : operand();
  }
  default: return borrow(names_.document ? &names_.document->whole() : names_.root);
  }
}

/// A member of the document without putting the whole document together.
operand evaluation::document_member(const filter_node& node) {
  if (names_.document)
    return borrow(names_.document->find(node.text));
  operand out;
  if (names_.root)
    out.value = own_member(*names_.root, node.text, js::as_index(node.text));
  return out;
}

operand evaluation::array(const filter_node& node) {
  json::array elements;
  std::vector<std::size_t> undefined_at;
  for (const std::uint32_t child : node.children) {
    operand element = of(child);
    if (failure_)
      return {};
    if (!is_plain(element)) {
      elements.push_back(comparable(element));
    } else if (element.value.is_undefined()) {
      undefined_at.push_back(elements.size());
      elements.emplace_back(nullptr);
    } else if (!element.value.is_owned() && !names_.budget->spend_copy(*element.value.get())) {
      return fail(work_limit_error());
    } else {
      elements.push_back(std::move(element.value).take());
    }
  }
  operand out = make(std::move(elements));
  out.undefined_at = std::move(undefined_at);
  return out;
}

operand evaluation::sequence(const filter_node& node) {
  operand last;
  for (const std::uint32_t child : node.children)
    last = of(child);
  return last;
}

std::string evaluation::key_of(const filter_node& node) {
  const bool computed =
      node.what == node_kind::computed_member || node.what == node_kind::computed_call;
  if (!computed)
    return node.text;
  const operand key = of(node.children[1]);
  return !failure_ && pay_for(key) ? text_of(key) : std::string();
}

operand evaluation::member(const filter_node& node) {
  const std::string key = key_of(node);
  operand object = of(node.children[0]);
  if (failure_)
    return {};
  if (!is_plain(object)) {
    operand out;
    if (object.what == operand::kind::pattern && (key == "source" || key == "flags"))
      return make(
          json::value(key == "source" ? object.pattern->pattern() : object.pattern->flags()));
    out.what = has_method(object, key) ? operand::kind::method : operand::kind::value;
    return out;
  }
  const json::value* const value = object.value.get();
  if (value == nullptr || value->is_null())
    return fail(std::string(js::type_name(value)) + " has no member '" + key + "'");
  if (value->is_string() && !pay_for(object)) // its length and its units are counted
    return {};
  resolved found = own_member(*value, key, js::as_index(key));
  if (found.is_undefined()) {
    if (std::find(blocked_names.begin(), blocked_names.end(), key) != blocked_names.end())
      return fail("the member '" + key + "' cannot be read");
    operand out;
    out.what = has_method(object, key) ? operand::kind::method : operand::kind::value;
    return out;
  }
  operand out;
  // What an owned value holds must be copied before the value goes.
  if (!object.value.is_owned() || found.is_owned())
    out.value = std::move(found);
  else if (names_.budget->spend_copy(*found.get()))
    out.value = resolved(json::value(*found.get()));
  else
    return fail(work_limit_error());
  return out;
}

operand evaluation::call(const filter_node& node) {
  const std::size_t first = node.what == node_kind::call ? 1 : 2;
  std::vector<operand> arguments;
  for (std::size_t i = first; i < node.children.size(); ++i)
    if (operand argument = of(node.children[i]); !failure_ && pay_for(argument))
      arguments.push_back(std::move(argument));
  const std::string key = key_of(node);
  const operand object = of(node.children[0]);
  if (failure_)
    return {};
  const json::value* const value = object.value.get();
  if (is_plain(object) && (value == nullptr || value->is_null()))
    return fail(std::string(js::type_name(value)) + " has no method '" + key + "'");
  auto called = call_method(object, key, arguments, *names_.budget);
  if (!called)
    return called.error().code() == errc::limit_exceeded ? fail(called.error())
                                                         : fail(called.error().message());
  return std::move(*called);
}

operand evaluation::unary(const filter_node& node) {
  const operand argument = of(node.children[0]);
  if (failure_ || !pay_for(argument))
    return {};
  switch (node.operation) {
  case filter_operator::negate: return make(millrace::number(-number_of(argument)));
  case filter_operator::logical_not: return make(!is_truthy(argument));
  case filter_operator::bit_not: return make(~int32_of(argument));
  case filter_operator::to_number: return make(millrace::number(number_of(argument)));
  case filter_operator::type_of: {
    if (argument.what == operand::kind::method)
      return make("function");
    const std::string_view type =
        is_plain(argument) ? js::type_name(argument.value.get()) : "object";
    return make(json::value(type == "null" || type == "array" ? "object" : type));
  }
  default: return {}; // void
  }
}

/// Goes down the left sides of a chain of operators and then up again, so that a long chain does
/// not recurse.
operand evaluation::binary(std::uint32_t place) {
  boost::container::small_vector<std::uint32_t, 16> chain;
  while (program_.nodes[place].what == node_kind::binary) {
    chain.push_back(place);
    place = program_.nodes[place].children[0];
  }
  operand left = of(place);
  for (auto link = chain.rbegin(); link != chain.rend() && !failure_; ++link) {
    const filter_node& node = program_.nodes[*link];
    const bool skips = (node.operation == filter_operator::logical_or && is_truthy(left)) ||
                       (node.operation == filter_operator::logical_and && !is_truthy(left));
    if (skips)
      continue;
    operand right = of(node.children[1]);
    if (failure_)
      return {};
    const bool is_logic = node.operation == filter_operator::logical_or ||
                          node.operation == filter_operator::logical_and;
    left = is_logic ? std::move(right) : apply(node.operation, left, right);
  }
  return left;
}

operand evaluation::add(const operand& left, const operand& right) {
  const auto is_text = [](const operand& value) {
    const json::value* const json = value.value.get();
    return !is_plain(value) || (json && (json->is_string() || json->is_structured()));
  };
  if (!is_text(left) && !is_text(right))
    return make(millrace::number(number_of(left) + number_of(right)));
  return make(json::value(text_of(left) + text_of(right)));
}

operand evaluation::apply(filter_operator operation, const operand& left, const operand& right) {
  if (!pay_for(left) || !pay_for(right))
    return {};
  // A method or pattern takes part as an object of its own: a text in order, equal to nothing.
  const json::value left_text = is_plain(left) ? json::value() : comparable(left);
  const json::value right_text = is_plain(right) ? json::value() : comparable(right);
  const json::value* const a = is_plain(left) ? left.value.get() : &left_text;
  const json::value* const b = is_plain(right) ? right.value.get() : &right_text;
  const bool both_objects = !is_plain(left) && !is_plain(right);
  const auto number = [](double value) { return make(millrace::number(value)); };
  switch (operation) {
  case filter_operator::equal: return make(!both_objects && js::loosely_equal(a, b));
  case filter_operator::not_equal: return make(both_objects || !js::loosely_equal(a, b));
  case filter_operator::same:
    return make(is_plain(left) && is_plain(right) && js::strictly_equal(a, b));
  case filter_operator::not_same:
    return make(!is_plain(left) || !is_plain(right) || !js::strictly_equal(a, b));
  case filter_operator::less: return make(js::less_than(a, b).value_or(false));
  case filter_operator::greater: return make(js::less_than(b, a).value_or(false));
  case filter_operator::less_or_equal: return make(!js::less_than(b, a).value_or(true));
  case filter_operator::greater_or_equal: return make(!js::less_than(a, b).value_or(true));
  case filter_operator::bit_or: return make(int32_of(left) | int32_of(right));
  case filter_operator::bit_xor: return make(int32_of(left) ^ int32_of(right));
  case filter_operator::bit_and: return make(int32_of(left) & int32_of(right));
  default: break;
  }
  const auto bits = static_cast<std::uint32_t>(int32_of(left));
  const auto distance = static_cast<std::uint32_t>(int32_of(right)) & 31U;
  switch (operation) {
  case filter_operator::shift_left: return make(static_cast<std::int32_t>(bits << distance));
  case filter_operator::shift_right: return make(int32_of(left) >> distance);
  case filter_operator::shift_right_unsigned: return number(bits >> distance);
  case filter_operator::add: return add(left, right);
  case filter_operator::subtract: return number(number_of(left) - number_of(right));
  case filter_operator::multiply: return number(number_of(left) * number_of(right));
  case filter_operator::divide: return number(number_of(left) / number_of(right));
  default: return number(std::fmod(number_of(left), number_of(right)));
  }
}

} // namespace

json::value step_key::to_value() const {
  switch (what) {
  case kind::index: return number(static_cast<double>(index));
  case kind::name: return json::value(name);
  default: return nullptr;
  }
}

bool work_budget::spend_copy(const json::value& value) noexcept {
  if (const json::string* const text = value.if_string())
    return spend(1) && spend_text(text->size());
  if (const json::array* const array = value.if_array())
    return spend(container_units) &&
           std::all_of(array->begin(), array->end(),
                       [&](const json::value& element) { return spend_copy(element); });
  if (const json::object* const object = value.if_object())
    return spend(container_units) &&
           std::all_of(object->begin(), object->end(), [&](const json::key_value_pair& member) {
             return spend_text(member.key().size()) && spend_copy(member.value());
           });
  return spend(1);
}

bool work_budget::spend_read(const json::value* value) noexcept {
  if (value && value->is_string())
    return spend_text(value->get_string().size());
  return !value || !value->is_array() || spend_copy(*value);
}

error work_limit_error() {
  return {errc::limit_exceeded, "Evaluating the path takes more than visited_nodes_max = " +
                                    std::to_string(limits().visited_nodes_max) + " steps."};
}

filter filter::compile(std::string_view text, const marked_text& keys) {
  auto program = std::make_shared<filter_program>();
  program->text = text;
  parse_filter(*program, keys);
  program->text = keys.expand(text);
  filter out;
  out.program_ = std::move(program);
  return out;
}

const error* filter::problem() const noexcept {
  return program_ && program_->problem ? &*program_->problem : nullptr;
}

result<resolved> filter::evaluate(const filter_environment& environment) const {
  if (!program_)
    return error(errc::internal, "A filter without an expression was evaluated.");
  if (program_->problem)
    return *program_->problem;
  return evaluation(*program_, environment).run();
}

} // namespace millrace::flows::detail
