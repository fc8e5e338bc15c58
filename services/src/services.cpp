// SPDX-License-Identifier: Apache-2.0
#include <millrace/services.hpp>

#include "api_call.hpp"
#include "email.hpp"
#include "function_steps.hpp"
#include "item_modules.hpp"
#include "llm_invocation.hpp"
#include "mcp_call.hpp"
#include "messages.hpp"
#include "object_modules.hpp"
#include "pointed_content.hpp"

#include <mutex>
#include <set>

namespace millrace::services {
namespace {

// Empty: everything is in memory.
std::string folder_of(const service_options& options, const std::string& database) {
  if (!options.folder.empty() || database.empty())
    return options.folder;
  return database + ".local";
}

} // namespace

struct local_services::implementation {
  std::shared_ptr<http_client> client;
  std::shared_ptr<interruption> ends;
  std::shared_ptr<message_services> messages;
  std::shared_ptr<object_store> objects;
  std::shared_ptr<pointed_content> pointed;
  std::shared_ptr<prompt_store> prompts;
  std::shared_ptr<connection_store> connections;
  std::unique_ptr<trigger_service> triggers;
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
                                                             const std::string& database) {
  auto impl = std::make_shared<implementation>();
  impl->client = std::make_shared<http_client>(std::move(options.http));
  impl->ends = std::make_shared<interruption>();
  add_api_call(impl->provided, impl->client, options.secrets);
  add_functions(impl->provided, std::make_shared<const function_services>(function_services{
                                    std::move(options.functions), impl->client, impl->ends}));
  const std::string folder = folder_of(options, database);
  impl->messages = std::make_shared<message_services>(
      std::move(options.messages), folder.empty() ? ":memory:" : folder + "/messages.db",
      impl->ends);
  add_messages(impl->provided, impl->messages);
  add_topics(impl->provided, impl->messages);
  download_services downloads{impl->client, nullptr, options.objects.default_bucket,
                              options.objects.download_bytes_max};
  impl->objects = downloads.objects = std::make_shared<object_store>(
      std::move(options.objects), folder.empty() ? "" : folder + "/objects");
  impl->pointed = std::make_shared<pointed_content>(impl->objects);
  add_object_modules(impl->provided, downloads.objects);
  add_item_modules(
      impl->provided,
      std::make_shared<item_tables>(std::move(options.items),
                                    folder.empty() ? ":memory:" : folder + "/items.db"),
      downloads.objects, downloads.default_bucket);
  add_email(impl->provided,
            std::make_shared<mail_sender>(std::move(options.mail),
                                          folder.empty() ? "" : folder + "/mail", impl->ends),
            downloads.objects);
  auto llm = std::make_shared<llm_services>();
  llm->client = impl->client;
  llm->objects = downloads.objects;
  llm->pointed = impl->pointed;
  impl->prompts = llm->prompts = std::make_shared<prompt_store>(
      std::move(options.llm.prompts), folder.empty() ? "" : folder + "/prompts");
  llm->options = std::move(options.llm);
  add_llm_invocation(impl->provided, llm);
  impl->connections = std::make_shared<connection_store>(
      std::move(options.mcp), std::move(options.secrets), folder.empty() ? "" : folder + "/mcp");
  add_mcp_call(impl->provided, impl->connections, impl->client, impl->ends);
  add_file_download(impl->provided, std::move(downloads));
  impl->triggers =
      std::make_unique<trigger_service>(std::move(options.triggers), folder, impl->objects);
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

result<std::vector<queue_message>> local_services::messages(std::string_view queue_url) const {
  const auto store = impl_->messages->store();
  if (!store)
    return store.error();
  auto found = (*store)->list(queue_url);
  if (!found)
    return found.error();
  std::vector<queue_message> all;
  for (storage::queued_message& each : *found)
    all.push_back({std::move(each.queue), std::move(each.id), std::move(each.body),
                   std::move(each.group), std::move(each.deduplication_id)});
  return all;
}

result<void> local_services::define_prompt(std::string_view id, std::string_view content) const {
  if (auto failure = impl_->prompts->define(id, content))
    return error{errc::internal,
                 "The prompt template " + std::string(id) + " cannot be kept: " + failure->message};
  return {};
}

result<void> local_services::define_mcp_connection(const json::object& connection) const {
  if (auto failure = impl_->connections->define(connection))
    return error{errc::internal, "An MCP connection cannot be kept: " + failure->message};
  return {};
}

std::shared_ptr<flows::object_source> local_services::objects() const {
  return impl_->pointed;
}

trigger_service& local_services::triggers() const {
  return *impl_->triggers;
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
