// SPDX-License-Identifier: Apache-2.0
#include "promises.hpp"

#include <millrace/definition.hpp>

namespace millrace::fuzz {

namespace {

const std::vector<json::object>& step_definitions() {
  static const std::vector<json::object> known{
      parse_json(R"({"id": "reusable", "name": "Reusable", "stepType": "NO_OP",
                     "inputMappings": {"a": "$.a"}, "literals": {"b": "{{b}}"},
                     "onError": {"retries": {"count": 1}}, "own": {"deep": [1]}})",
                 "the reusable step definition")
          .value()
          .as_object()};
  return known;
}

/// Step definitions bring in members that the document does not have.
bool may_be_inherited(std::string_view text) {
  return text.find("stepDef") != std::string_view::npos ||
         text.find('\\') != std::string_view::npos;
}

void require_stored_form(const flows::flow_definition& made) {
  const auto again = flows::compile_definition(made.raw, rules({}));
  require(again.ok(), "a definition cannot be compiled from what is stored of it");
  require(again.definition->content_hash == made.content_hash,
          "a stored definition has another hash");
  require(again.definition->steps.size() == made.steps.size(), "a stored definition lost a step");
  const auto read = parse_json(stringify(made.raw), "the stored definition");
  require(read.has_value(), "a definition cannot be read from what is stored of it");
}

void override_steps(const flows::flow_definition& base, const json::object& overrides) {
  const auto changed = flows::with_step_overrides(base, overrides, rules({}));
  const auto again = flows::with_step_overrides(base, overrides, rules({}));
  require(changed.has_value() == again.has_value(), "overriding steps gives two results");
  if (changed.has_error())
    require(changed.error().message() == again.error().message() &&
                changed.error().code() == errc::invalid_definition,
            "overriding steps fails in two ways");
  else
    require((*changed)->steps.size() == base.steps.size(), "an override added or took a step");
}

} // namespace

void definition(std::string_view input) {
  const two_parts parts = cut(input);
  const auto document = parse_json(parts.first, "the definition");
  if (document.has_error() || !document->is_object())
    return;
  const flows::definition_rules in_force = rules(step_definitions());
  const auto made = flows::compile_definition(document->get_object(), in_force);
  const auto again = flows::compile_definition(document->get_object(), in_force);
  require(made.ok() == again.ok(), "a definition is both accepted and refused");
  require(flows::describe(made.problems) == flows::describe(again.problems),
          "a definition has two lists of problems");
  require(made.ok() || !made.problems.empty(), "a definition is refused without a reason");
  if (!may_be_inherited(parts.first))
    for (const flows::problem& each : made.problems)
      require_pointer(*document, each.pointer);
  if (!made.ok())
    return;
  require(made.definition->content_hash == again.definition->content_hash,
          "a definition has two hashes");
  require_stored_form(*made.definition);
  if (parts.second && parts.second->is_object())
    override_steps(*made.definition, parts.second->get_object());
}

} // namespace millrace::fuzz
