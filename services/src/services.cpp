// SPDX-License-Identifier: Apache-2.0
#include <millrace/services.hpp>

#include "api_call.hpp"
#include "function_steps.hpp"

#include <mutex>
#include <set>

namespace millrace::services {

struct local_services::implementation {
  std::shared_ptr<http_client> client;
  std::shared_ptr<interruption> ends;
  steps::registry provided; // before its handlers are wrapped, for what stands in
  mutable std::mutex mutex;
  std::set<std::string, std::less<>> used; // guarded by mutex

  void note(const step_request& request) {
    const std::string_view name =
        request.module_identifier.empty() ? request.step_type : request.module_identifier;
    const std::lock_guard lock(mutex);
    if (used.find(name) == used.end())
      used.emplace(name);
  }
};

local_services::local_services(std::shared_ptr<implementation> impl) : impl_(std::move(impl)) {}
local_services::~local_services() = default;

result<std::shared_ptr<local_services>> local_services::make(service_options options,
                                                             const std::string& /*database*/) {
  auto impl = std::make_shared<implementation>();
  impl->client = std::make_shared<http_client>(std::move(options.http));
  impl->ends = std::make_shared<interruption>();
  add_api_call(impl->provided, impl->client);
  add_functions(impl->provided, std::make_shared<const function_services>(function_services{
                                    std::move(options.functions), impl->client, impl->ends}));
  return std::shared_ptr<local_services>(new local_services(std::move(impl)));
}

void local_services::add_to(steps::registry& registry) const {
  steps::registry noting = impl_->provided;
  noting.wrap_external([impl = impl_](const step_request& request, const step_handler& inner) {
    impl->note(request);
    return inner(request);
  });
  registry.provide_missing(noting);
}

void local_services::interrupt() {
  impl_->client->stop();
  impl_->ends->raise();
}

std::vector<stand_in> local_services::used() const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<stand_in> all;
  for (const std::string& name : impl_->used) {
    const std::string_view what = impl_->provided.stands_in(name);
    all.push_back({name, what.empty() ? "a function of the configuration" : std::string(what)});
  }
  return all;
}

} // namespace millrace::services
