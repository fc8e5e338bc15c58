// SPDX-License-Identifier: Apache-2.0
//
// Local services: what the steps that talk to the world find where AWS stood. One object per
// engine; nothing is opened or created before a step needs it.
#pragma once

#include <millrace/object_pointer.hpp>
#include <millrace/service_options.hpp>
#include <millrace/step_handler.hpp>
#include <millrace/trigger_service.hpp>

#include <memory>
#include <optional>
#include <string>

namespace millrace::services {

/// Thread-safe once made. Shared with the handlers that it has registered.
class local_services {
public:
  /// `database` is the engine's database file, empty for one in memory. Errors: `invalid_argument`
  /// for options that contradict each other.
  [[nodiscard]] static result<std::shared_ptr<local_services>> make(service_options options,
                                                                    const std::string& database);
  local_services(const local_services&) = delete;
  local_services& operator=(const local_services&) = delete;
  /// Removes the temporary folder, if there is one.
  ~local_services();

  /// Gives `registry` what it has not: the step types and system modules that need something from
  /// outside, and the external modules of the options. The handlers keep alive what they use.
  void add_to(steps::registry& registry) const;
  /// Keeps a prompt template under its id, durably, in place of what was there. Errors: `internal`.
  [[nodiscard]] result<void> define_prompt(std::string_view id, std::string_view content) const;
  /// The same for an MCP connection as it stands in a bundle, under the id in it.
  [[nodiscard]] result<void> define_mcp_connection(const json::object& connection) const;
  /// What is in a queue, or in all for an empty URL, in the order of sending. Errors:
  /// `database_unusable`, `database_failed`.
  [[nodiscard]] result<std::vector<queue_message>> messages(std::string_view queue_url) const;
  /// What expressions read objects with that are pointed to; never null.
  [[nodiscard]] std::shared_ptr<flows::object_source> objects() const;
  /// What starts flows by itself; lives as long as this.
  [[nodiscard]] trigger_service& triggers() const;
  /// Ends what handlers wait for, now and from now on: their attempts fail, and it is for the
  /// caller that nobody hears of it.
  void interrupt();
  /// What has run until now, by identifier.
  [[nodiscard]] std::vector<stand_in> used() const;

private:
  struct implementation;
  explicit local_services(std::shared_ptr<implementation> impl);
  std::shared_ptr<implementation> impl_; // shared with the handlers
};

/// Runs the step that a delivery holds, by its handler in `steps`; for the module
/// flows::delivery_module. A step without a handler fails, or gives `otherwise`; `log` is that of
/// delivery_options.
[[nodiscard]] registered_handler
delivery_handler(std::shared_ptr<const steps::registry> steps,
                 decltype(delivery_options::log) log = {},
                 std::optional<json::value> otherwise = std::nullopt);

} // namespace millrace::services
