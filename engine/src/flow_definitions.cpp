// SPDX-License-Identifier: Apache-2.0
#include <millrace/flow_definitions.hpp>

#include <millrace/bundle.hpp>

#include <map>
#include <set>
#include <utility>

namespace millrace {
namespace {

using flows::problem;

/// Flow sources taken together.
class compilation {
public:
  void read(const flow_document& document) {
    flows::flow_source source = flows::read_flow_source(document.document, document.name);
    for (problem& each : source.problems)
      report_.problems.push_back({document.name, {}, std::move(each)});
    std::move(source.flows.begin(), source.flows.end(), std::back_inserter(records_));
    for (json::object& each : source.step_definitions) {
      const json::value* id = each.if_contains("id");
      if (id && id->is_string())
        step_definitions_[std::string(id->get_string())] = std::move(each);
    }
  }

  result<std::vector<compiled_flow>> compile() {
    const flows::definition_rules rules = make_rules();
    std::vector<compiled_flow> all;
    std::set<std::pair<std::string, std::int64_t>> seen;
    for (const flows::flow_record& record : records_) {
      auto compiled = flows::compile_definition(record.definition, rules, record.pointer);
      const json::value* id = record.definition.if_contains("id");
      const std::string name =
          id && id->is_string() ? std::string(id->get_string()) : std::string();
      if (compiled.ok() && !seen.emplace(name, compiled.definition->version).second)
        compiled.problems.push_back({problem::severity_type::error, record.pointer,
                                     "flow \"" + name + "\" version " +
                                         std::to_string(compiled.definition->version) +
                                         " is defined twice; give one of them another version"});
      for (problem& each : compiled.problems)
        if (each.severity == problem::severity_type::error)
          report_.problems.push_back({record.source, name, std::move(each)});
      all.push_back({std::move(compiled.definition), record.is_published});
    }
    if (report_.has_errors())
      return error{errc::invalid_definition, report_.describe()};
    return all;
  }

private:
  flows::definition_rules make_rules() {
    flows::definition_rules rules;
    rules.find_step_definition = [this](std::string_view id) -> const json::object* {
      const auto found = step_definitions_.find(id);
      return found == step_definitions_.end() ? nullptr : &found->second;
    };
    return rules;
  }

  source_report report_;
  std::vector<flows::flow_record> records_;
  std::map<std::string, json::object, std::less<>> step_definitions_;
};

} // namespace

result<std::vector<compiled_flow>> compile_flows(const std::vector<flow_document>& documents) {
  compilation all;
  for (const flow_document& each : documents)
    all.read(each);
  return all.compile();
}

} // namespace millrace
