// SPDX-License-Identifier: Apache-2.0
#include <millrace/services.hpp>

#include "function_steps.hpp"

namespace millrace::services {

struct local_services::implementation {
  std::shared_ptr<const function_options> functions;
};

local_services::local_services(std::unique_ptr<implementation> impl) : impl_(std::move(impl)) {}
local_services::~local_services() = default;

result<std::shared_ptr<local_services>> local_services::make(service_options options,
                                                             const std::string& /*database*/) {
  auto impl = std::make_unique<implementation>();
  impl->functions = std::make_shared<const function_options>(std::move(options.functions));
  return std::shared_ptr<local_services>(new local_services(std::move(impl)));
}

void local_services::add_to(steps::registry& registry) const {
  add_functions(registry, impl_->functions);
}

} // namespace millrace::services
