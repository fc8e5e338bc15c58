// SPDX-License-Identifier: Apache-2.0
//
// Local services: what the steps that talk to the world find where AWS stood. One object per
// engine; nothing is opened or created before a step needs it.
#pragma once

#include <millrace/service_options.hpp>
#include <millrace/step_handler.hpp>

#include <memory>
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

  /// Provides every step type and system module that needs something from outside, and the external
  /// modules of the options.
  void add_to(steps::registry& registry) const;

private:
  struct implementation;
  explicit local_services(std::unique_ptr<implementation> impl);
  std::unique_ptr<implementation> impl_;
};

} // namespace millrace::services
