// SPDX-License-Identifier: Apache-2.0
//
// The flows that an engine knows: records as they were defined, compiled definitions, and the keys
// under which executions are pinned to them. Thread-safe.
#pragma once

#include <millrace/bundle.hpp>
#include <millrace/engine.hpp>
#include <millrace/runtime.hpp>
#include <millrace/store.hpp>
#include <millrace/time_zones.hpp>
#include <millrace/trigger_service.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace millrace {

/// The version that stands for the latest published one.
inline constexpr std::string_view latest_published = "LATEST_PUBLISHED";

/// What define() adds, checked against what is known already.
struct definition_change {
  std::vector<flows::flow_record> flows;
  std::vector<json::object> step_definitions;
  std::vector<json::object> agents;
  std::vector<json::object> prompt_templates;
  std::vector<json::object> mcp_connections;
  source_report report;
};

class catalog : public actors::definition_source {
public:
  /// `steps` outlives the catalog. `own_flows` are definitions that the engine itself has: they
  /// are not stored as flows, not listed and not replaced.
  explicit catalog(const steps::registry& steps, std::vector<json::object> own_flows = {})
      : steps_(steps), own_flows_(std::move(own_flows)) {}

  /// Takes documents apart and checks every flow, with the step definitions known and those of the
  /// documents. Changes nothing.
  [[nodiscard]] definition_change read(const std::vector<flow_document>& documents) const;
  /// Writes a change to the store and makes it known; on the store's thread. Errors: the store's;
  /// then nothing has become known.
  [[nodiscard]] result<void> apply(const definition_change& change, storage::store& store);
  /// Makes known what the store holds; before anybody else uses the catalog.
  [[nodiscard]] result<void> load(storage::store& store);

  /// Only pinned definitions are asked for, of this store.
  void read_from(storage::store& store) noexcept { store_ = &store; }

  [[nodiscard]] std::vector<flow_version> known_flows() const;
  /// The start points of the latest published versions of active flows, and why others of them
  /// cannot be watched. Another object when they may have changed.
  [[nodiscard]] std::shared_ptr<const std::vector<services::watched_flow>> watched() const;

  result<actors::resolved_flow> resolve(std::string_view flow_definition_id,
                                        std::string_view version) override;
  result<actors::resolved_flow> pinned(std::int64_t key) override;
  result<std::shared_ptr<const flows::flow_definition>>
  overridden(const std::shared_ptr<const flows::flow_definition>& base,
             const json::object& step_overrides) override;
  actors::pinned_in_use in_use() override;

private:
  /// One flow version: what it is pinned to, or why it cannot run.
  struct version_entry {
    bool is_published = false;
    bool is_own = false; ///< the engine's, not a program's
    std::shared_ptr<const json::object> record;
    actors::resolved_flow flow;
    error problem; ///< when flow.definition is null
  };
  struct contents {
    std::map<std::string, std::map<std::int64_t, version_entry>, std::less<>> flows;
    std::map<std::string, json::object, std::less<>> flow_variables;
    std::map<std::string, json::object, std::less<>> step_definitions;
    std::map<std::string, json::object, std::less<>> agents;
    std::shared_ptr<const std::vector<services::watched_flow>> watched =
        std::make_shared<const std::vector<services::watched_flow>>();
  };
  using compiled_versions =
      std::map<std::pair<std::string, std::int64_t>, std::shared_ptr<const flows::flow_definition>>;

  /// A definition that resolve() gives no more; executions may still hold it.
  struct replaced_flow {
    std::int64_t pinned = 0;
    std::weak_ptr<const flows::flow_definition> definition;
  };

  void replace(contents next);
  [[nodiscard]] bool is_own(std::string_view flow_id) const;
  [[nodiscard]] flows::definition_rules rules(const contents& known) const;
  [[nodiscard]] std::shared_ptr<const json::object>
  variables_of(const contents& known, std::string_view flow, const json::object& record) const;
  [[nodiscard]] static result<version_entry*> find(contents& known, std::string_view flow,
                                                   std::string_view version);
  [[nodiscard]] static bool is_enabled(const json::object& agent);
  [[nodiscard]] static bool owns(const json::object& agent, std::string_view flow);
  static void add(contents& known, const definition_change& change);
  void check_start_points(definition_change& change, const compiled_versions& compiled) const;
  void watch_start_points(contents& known) const;
  [[nodiscard]] result<void> compile_and_pin(contents& known, storage::store& store) const;
  [[nodiscard]] result<void> compile_one(contents& known, std::string_view flow_id,
                                         version_entry& entry, storage::store& store) const;
  [[nodiscard]] result<actors::resolved_flow> compile_pinned(std::int64_t key,
                                                             std::string_view text) const;

  const steps::registry& steps_;
  const std::vector<json::object> own_flows_;
  mutable services::time_zones zones_; ///< thread-safe
  storage::store* store_ = nullptr;    ///< for reading pinned definitions; set by load
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  contents known_;
  std::uint64_t generation_ = 0; ///< of known_
  std::vector<replaced_flow> replaced_;
  std::unordered_map<std::int64_t, actors::resolved_flow> pinned_;
};

} // namespace millrace
