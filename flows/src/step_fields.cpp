// SPDX-License-Identifier: Apache-2.0
#include <millrace/js.hpp>
#include <millrace/step_fields.hpp>

namespace millrace::flows {
namespace {

using maybe_value = std::optional<json::value>; // nothing: the field is left out

/// Evaluates one field in one scope.
class evaluation {
public:
  explicit evaluation(const scope& visible) : visible_(visible) {}

  result<maybe_value> operator()(const text_template& text) const {
    auto rendered = text.render(visible_);
    if (!rendered)
      return rendered.error();
    return maybe_value(json::value(*rendered));
  }

  result<maybe_value> operator()(const value_template& value) const {
    return taken(value.find(visible_));
  }

  result<maybe_value> operator()(const path& source) const {
    return taken(source.evaluate(visible_));
  }

  result<maybe_value> operator()(const template_variables& variables) const {
    auto values = variables.evaluate(visible_);
    if (!values)
      return values.error();
    return maybe_value(json::value(std::move(*values)));
  }

  // The template sees its variables and nothing else.
  result<maybe_value> operator()(const mapped_template& mapped) const {
    auto values = mapped.variables.evaluate(visible_);
    if (!values)
      return values.error();
    return evaluation(scope(*values))(mapped.text);
  }

  result<maybe_value> operator()(const texts_by_path& texts) const {
    json::object found;
    for (const auto& [name, source] : texts.entries) {
      const auto value = source.evaluate(visible_);
      if (!value)
        return value.error();
      const json::value* scalar = value->get();
      if (scalar && (scalar->is_string() || scalar->is_number() || scalar->is_bool()))
        found[name] = js::to_string(scalar);
    }
    return maybe_value(json::value(std::move(found)));
  }

private:
  static result<maybe_value> taken(result<resolved> found) {
    if (!found)
      return found.error();
    if (found->is_undefined())
      return maybe_value();
    return maybe_value(std::move(*found).take());
  }

  const scope& visible_;
};

} // namespace

void step_fields::add(std::string name, field_scope sees, field_expression expression) {
  entries_.push_back({std::move(name), sees, std::move(expression)});
}

result<json::object>
step_fields::evaluate(const std::function<const scope&(field_scope)>& scope_of) const {
  json::object values;
  for (const entry& each : entries_) {
    auto value = std::visit(evaluation(scope_of(each.sees)), each.expression);
    if (!value)
      return value.error();
    if (*value)
      values[each.name] = std::move(**value);
  }
  return values;
}

} // namespace millrace::flows
