// SPDX-License-Identifier: Apache-2.0
#include "catalog.hpp"

#include <millrace/content_hash.hpp>

#include <algorithm>
#include <set>

namespace millrace {
namespace {

using flows::problem;

std::int64_t version_of(const json::object& definition) {
  const json::value* version = definition.if_contains("version");
  if (!version)
    return 1; // the authoring format may leave it out
  return version->is_int64() ? version->get_int64() : 0;
}

result<json::object> parse_record(std::string_view text, std::string_view what) {
  auto parsed = parse_json(text, what, stored_json_limits);
  if (!parsed)
    return error{errc::internal, parsed.error().message()};
  if (!parsed->is_object())
    return error{errc::internal, "The stored " + std::string(what) + " is no object."};
  return std::move(parsed->get_object());
}

// What an execution is pinned to: the merged definition and the variables it begins with.
std::string pinned_text(const flows::flow_definition& definition, const json::object& variables) {
  return stringify(json::object{{"definition", definition.raw}, {"flowVariables", variables}});
}

void put_over(json::object& base, const json::object& over) {
  for (const auto& member : over)
    base[member.key()] = member.value();
}

void take_records(const json::object& bundle, std::string_view section,
                  std::vector<json::object>& into) {
  const json::value* records = bundle.if_contains(section);
  for (const json::value& each :
       records && records->is_array() ? records->get_array() : json::array())
    if (const json::object* record = each.if_object())
      into.push_back(*record);
}

} // namespace

bool catalog::is_enabled(const json::object& agent) {
  const json::value* enabled = agent.if_contains("enabled");
  return !enabled || !enabled->is_bool() || enabled->get_bool();
}

bool catalog::owns(const json::object& agent, std::string_view flow) {
  const json::value* owned = agent.if_contains("flows");
  if (!owned || !owned->is_array())
    return false;
  return std::any_of(owned->get_array().begin(), owned->get_array().end(), [flow](const auto& id) {
    return id.is_string() && std::string_view(id.get_string()) == flow;
  });
}

flows::definition_rules catalog::rules(const contents& known) const {
  flows::definition_rules made;
  made.find_step_definition = [&known](std::string_view id) -> const json::object* {
    const auto found = known.step_definitions.find(id);
    return found == known.step_definitions.end() ? nullptr : &found->second;
  };
  made.knows_module = [this](std::string_view id) { return steps_.knows_module(id); };
  return made;
}

bool catalog::is_own(std::string_view flow_id) const {
  return std::any_of(own_flows_.begin(), own_flows_.end(), [flow_id](const json::object& own) {
    return text_or_empty(own, "id") == flow_id;
  });
}

definition_change catalog::read(const std::vector<flow_document>& documents) const {
  definition_change change;
  for (const flow_document& document : documents) {
    flows::flow_source source = flows::read_flow_source(document.document, document.name);
    for (problem& each : source.problems)
      change.report.problems.push_back({document.name, {}, std::move(each)});
    std::move(source.flows.begin(), source.flows.end(), std::back_inserter(change.flows));
    std::move(source.step_definitions.begin(), source.step_definitions.end(),
              std::back_inserter(change.step_definitions));
    std::move(source.agents.begin(), source.agents.end(), std::back_inserter(change.agents));
    take_records(source.other, "promptTemplates", change.prompt_templates);
    take_records(source.other, "mcpConnections", change.mcp_connections);
  }
  contents with_change;
  {
    const std::lock_guard lock(mutex_);
    with_change.step_definitions = known_.step_definitions;
  }
  for (const json::object& record : change.step_definitions)
    with_change.step_definitions[text_or_empty(record, "id")] = record;
  const flows::definition_rules against = rules(with_change);
  std::set<std::pair<std::string, std::int64_t>> seen;
  compiled_versions made;
  for (const flows::flow_record& flow : change.flows) {
    const std::string id = text_or_empty(flow.definition, "id");
    const std::int64_t version = version_of(flow.definition);
    change.report.flows.push_back({id, version, flow.is_published});
    auto compiled = flows::compile_definition(flow.definition, against, flow.pointer);
    if (!seen.emplace(id, version).second)
      compiled.problems.push_back({problem::severity_type::error, flow.pointer,
                                   "flow \"" + id + "\" version " + std::to_string(version) +
                                       " is defined twice; give one of them another version"});
    if (is_own(id))
      compiled.problems.push_back({problem::severity_type::error, flow.pointer + "/id",
                                   "the id \"" + id + "\" is the engine's own; choose another"});
    for (problem& each : compiled.problems)
      change.report.problems.push_back({flow.source, id, std::move(each)});
    made[{id, version}] = std::move(compiled.definition);
  }
  check_start_points(change, made);
  return change;
}

void catalog::add(contents& known, const definition_change& change) {
  for (const json::object& record : change.step_definitions)
    known.step_definitions[text_or_empty(record, "id")] = record;
  for (const json::object& record : change.agents)
    known.agents[text_or_empty(record, "id")] = record;
  for (const flows::flow_record& flow : change.flows) {
    const std::string id = text_or_empty(flow.definition, "id");
    version_entry entry;
    entry.is_published = flow.is_published;
    entry.record = std::make_shared<const json::object>(flow.definition);
    known.flows[id][version_of(flow.definition)] = std::move(entry);
    if (!flow.flow_variables.empty())
      known.flow_variables[id] = flow.flow_variables;
  }
}

// The store first: what is known is never ahead of what is stored.
result<void> catalog::apply(const definition_change& change, storage::store& store) {
  contents next;
  {
    const std::lock_guard lock(mutex_);
    next = known_;
  }
  add(next, change);
  std::vector<storage::flow_version_record> versions;
  for (const flows::flow_record& flow : change.flows)
    versions.push_back({text_or_empty(flow.definition, "id"), version_of(flow.definition),
                        flow.is_published, stringify(flow.definition)});
  for (const json::object& record : change.step_definitions)
    if (auto put = store.put_record("step", text_or_empty(record, "id"), stringify(record)); !put)
      return put.error();
  for (const json::object& record : change.agents)
    if (auto put = store.put_record("agent", text_or_empty(record, "id"), stringify(record)); !put)
      return put.error();
  for (const flows::flow_record& flow : change.flows) {
    if (flow.flow_variables.empty())
      continue;
    auto put = store.put_flow_variables(text_or_empty(flow.definition, "id"),
                                        stringify(flow.flow_variables));
    if (!put)
      return put.error();
  }
  if (auto put = store.put_flow_versions(versions); !put)
    return put.error();
  if (auto pinned = compile_and_pin(next, store); !pinned)
    return pinned.error();
  watch_start_points(next);
  replace(std::move(next));
  return {};
}

void catalog::replace(contents next) {
  const std::lock_guard lock(mutex_);
  std::erase_if(replaced_, [](const replaced_flow& each) { return each.definition.expired(); });
  for (const auto& [id, versions] : known_.flows)
    for (const auto& [version, entry] : versions)
      if (entry.flow.definition)
        replaced_.push_back({entry.flow.pinned, entry.flow.definition});
  known_ = std::move(next);
  ++generation_;
}

actors::pinned_in_use catalog::in_use() {
  const std::lock_guard lock(mutex_);
  std::erase_if(replaced_, [](const replaced_flow& each) { return each.definition.expired(); });
  actors::pinned_in_use found{generation_, {}};
  for (const auto& [id, versions] : known_.flows)
    for (const auto& [version, entry] : versions)
      found.keys.push_back(entry.flow.pinned);
  for (const replaced_flow& each : replaced_)
    found.keys.push_back(each.pinned);
  return found;
}

result<void> catalog::load(storage::store& store) {
  store_ = &store;
  contents loaded;
  auto versions = store.flow_versions();
  if (!versions)
    return versions.error();
  for (const storage::flow_version_record& stored : *versions) {
    auto record = parse_record(stored.definition, "flow definition");
    if (!record)
      return record.error();
    version_entry entry;
    entry.is_published = stored.is_published;
    entry.record = std::make_shared<const json::object>(std::move(*record));
    loaded.flows[stored.flow_definition_id][stored.version] = std::move(entry);
  }
  auto variables = store.flow_variables();
  if (!variables)
    return variables.error();
  for (const auto& [id, text] : *variables) {
    auto record = parse_record(text, "flow variables");
    if (!record)
      return record.error();
    loaded.flow_variables[id] = std::move(*record);
  }
  for (const auto& [kind, target] :
       {std::pair{"step", &loaded.step_definitions}, std::pair{"agent", &loaded.agents}}) {
    auto records = store.records(kind);
    if (!records)
      return records.error();
    for (const auto& [id, text] : *records) {
      auto record = parse_record(text, "record");
      if (!record)
        return record.error();
      (*target)[id] = std::move(*record);
    }
  }
  for (const json::object& own : own_flows_) {
    version_entry entry;
    entry.is_published = true;
    entry.is_own = true;
    entry.record = std::make_shared<const json::object>(own);
    loaded.flows[text_or_empty(own, "id")][version_of(own)] = std::move(entry);
  }
  if (auto pinned = compile_and_pin(loaded, store); !pinned)
    return pinned.error();
  watch_start_points(loaded);
  replace(std::move(loaded));
  return {};
}

// Agents' variables are the base, the flow record's lie over them. Source: reference
// initialize-flow.
std::shared_ptr<const json::object> catalog::variables_of(const contents& known,
                                                          std::string_view flow,
                                                          const json::object& record) const {
  json::object all;
  for (const auto& [id, agent] : known.agents) {
    const json::value* variables = agent.if_contains("flowVariables");
    if (variables && variables->is_object() && is_enabled(agent) && owns(agent, flow))
      put_over(all, variables->get_object());
  }
  // A version that brings variables of its own begins with those (documentation, flowVariables).
  const json::value* given = record.if_contains("flowVariables");
  if (given && given->is_object()) {
    put_over(all, given->get_object());
    return std::make_shared<const json::object>(std::move(all));
  }
  const auto own = known.flow_variables.find(flow);
  if (own != known.flow_variables.end())
    put_over(all, own->second);
  return std::make_shared<const json::object>(std::move(all));
}

// Everything is compiled again when step definitions, agents or variables may have changed; an
// unchanged text gives the same hash and so the same key.
result<void> catalog::compile_and_pin(contents& known, storage::store& store) const {
  for (auto& [id, versions] : known.flows)
    for (auto& [version, entry] : versions)
      if (auto compiled = compile_one(known, id, entry, store); !compiled)
        return compiled.error();
  return {};
}

result<void> catalog::compile_one(contents& known, std::string_view flow_id, version_entry& entry,
                                  storage::store& store) const {
  auto compiled = flows::compile_definition(*entry.record, rules(known));
  entry.flow = {};
  if (!compiled.missing_step_definition.empty()) {
    entry.problem = {errc::not_found,
                     "Step Definition not found for id: " + compiled.missing_step_definition};
    return {};
  }
  if (!compiled.ok()) {
    entry.problem = {errc::invalid_definition, "The definition of flow \"" + std::string(flow_id) +
                                                   "\" is invalid:\n" +
                                                   flows::describe(compiled.problems)};
    return {};
  }
  auto variables = variables_of(known, flow_id, *entry.record);
  const std::string text = pinned_text(*compiled.definition, *variables);
  auto key = store.put_pinned_definition(flows::content_hash(text), text);
  if (!key)
    return key.error();
  entry.flow = {std::move(compiled.definition), *key, std::move(variables)};
  return {};
}

std::vector<flow_version> catalog::known_flows() const {
  const std::lock_guard lock(mutex_);
  std::vector<flow_version> all;
  for (const auto& [id, versions] : known_.flows)
    for (const auto& [version, entry] : versions)
      if (!entry.is_own)
        all.push_back({id, version, entry.is_published});
  return all;
}

// The messages are the reference's. Source: conformance/flow.json ("unknown flow", "no published
// version", "version that does not exist").
result<catalog::version_entry*> catalog::find(contents& known, std::string_view flow,
                                              std::string_view version) {
  const auto versions = known.flows.find(flow);
  if (version == latest_published) {
    if (versions == known.flows.end())
      return error{errc::not_found, "Flow Metadata not found for id: " + std::string(flow)};
    for (auto entry = versions->second.rbegin(); entry != versions->second.rend(); ++entry)
      if (entry->second.is_published)
        return &entry->second;
    return error{errc::not_found, "No published version found for flow definition '" +
                                      std::string(flow) + "'. Check METADATA item."};
  }
  if (versions != known.flows.end())
    for (auto& [number, entry] : versions->second)
      if (std::to_string(number) == version)
        return &entry;
  return error{errc::not_found, "Flow Definition not found for id: " + std::string(flow) +
                                    ", version: " + std::string(version)};
}

result<actors::resolved_flow> catalog::resolve(std::string_view flow_definition_id,
                                               std::string_view version) {
  const std::lock_guard lock(mutex_);
  auto found = find(known_, flow_definition_id, version);
  if (!found)
    return found.error();
  if (!(*found)->flow.definition)
    return (*found)->problem;
  return (*found)->flow;
}

result<actors::resolved_flow> catalog::pinned(std::int64_t key) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = pinned_.find(key);
    if (known != pinned_.end())
      return known->second;
  }
  auto text = store_->pinned_definition(key);
  if (!text)
    return text.error();
  auto compiled = compile_pinned(key, *text);
  if (!compiled)
    return compiled.error();
  const std::lock_guard lock(mutex_);
  return pinned_.emplace(key, std::move(*compiled)).first->second;
}

result<actors::resolved_flow> catalog::compile_pinned(std::int64_t key,
                                                      std::string_view text) const {
  auto record = parse_record(text, "pinned definition");
  if (!record)
    return record.error();
  const json::value* definition = record->if_contains("definition");
  const json::value* variables = record->if_contains("flowVariables");
  if (!definition || !definition->is_object() || !variables || !variables->is_object())
    return error{errc::internal, "The pinned definition " + std::to_string(key) + " is damaged."};
  auto compiled = flows::compile_definition(definition->get_object(), rules(contents()));
  if (!compiled.ok())
    return error{errc::internal,
                 "The definition that the execution began with cannot run here any more:\n" +
                     flows::describe(compiled.problems)};
  return actors::resolved_flow{std::move(compiled.definition), key,
                               std::make_shared<const json::object>(variables->get_object())};
}

result<std::shared_ptr<const flows::flow_definition>>
catalog::overridden(const std::shared_ptr<const flows::flow_definition>& base,
                    const json::object& step_overrides) {
  auto changed = flows::with_step_overrides(*base, step_overrides, rules(contents()));
  if (!changed)
    return changed.error();
  // Both as long as the execution holds the one: in_use() tells by the base.
  using both = std::pair<std::shared_ptr<const flows::flow_definition>,
                         std::shared_ptr<const flows::flow_definition>>;
  const auto kept = std::make_shared<const both>(std::move(*changed), base);
  return std::shared_ptr<const flows::flow_definition>(kept, kept->first.get());
}

} // namespace millrace
