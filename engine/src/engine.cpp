// SPDX-License-Identifier: Apache-2.0
#include <millrace/engine.hpp>

#include "engine_implementation.hpp"
#include "redrive.hpp"
#include "watched_triggers.hpp"

#include <millrace/limits.hpp>

#include <algorithm>
#include <random>
#include <utility>

namespace millrace {
namespace {

constexpr unsigned threads_max = 256;
constexpr unsigned handler_threads_max = 1024;
// An event travels through one row and one message.
constexpr std::size_t event_bytes_max = std::size_t{64} * 1024 * 1024;

using std::chrono::milliseconds;
using std::chrono::system_clock;
constexpr milliseconds longest_budget = std::chrono::hours(24 * 365);

// The engine's clock as the actors see it.
class clock_adapter : public actors::time_source {
public:
  explicit clock_adapter(std::shared_ptr<clock> source) : source_(std::move(source)) {}

  std::int64_t now() override {
    const auto at = source_ ? source_->now() : system_clock::now();
    return std::chrono::duration_cast<milliseconds>(at.time_since_epoch()).count();
  }
  bool skip_to(std::int64_t due) override {
    return source_ && source_->skip_to(system_clock::time_point(milliseconds(due)));
  }

private:
  std::shared_ptr<clock> source_;
};

result<void> check(const engine_options& options) {
  const auto refuse = [](std::string message) {
    return error{errc::invalid_argument, std::move(message)};
  };
  if (options.threads > threads_max)
    return refuse("engine_options::threads must be 0 to " + std::to_string(threads_max) + ".");
  if (options.threads == 0 && !actors::can_be_pumped())
    return refuse("engine_options::threads must be at least 1 with this version of CAF: running "
                  "without threads needs CAF 0.17.");
  if (options.handler_threads < 1 || options.handler_threads > handler_threads_max)
    return refuse("engine_options::handler_threads must be 1 to " +
                  std::to_string(handler_threads_max) + ".");
  if (options.max_active_executions < 1)
    return refuse("engine_options::max_active_executions must be at least 1.");
  const family_budgets& budgets = options.budgets;
  if (budgets.max_children_per_execution < 0 || budgets.max_family_size < 0 ||
      budgets.max_depth < 0)
    return refuse("engine_options::budgets must not be negative; 0 stands for no bound.");
  const retention& kept = options.retention;
  if (kept.finished_for.count() < 0 || kept.finished_max < 0 || kept.ids_for.count() < 0 ||
      kept.rest.count() < 1)
    return refuse("engine_options::retention must not be negative, and its rest at least 1 ms.");
  return {};
}

// The module that runs deliveries finds handlers in the registry as it was before. A simulation
// has one of its own.
result<void> add_deliveries(steps::registry& steps, const delivery_options& options) {
  if (steps.find_module(flows::delivery_module))
    return {};
  auto others = std::make_shared<const steps::registry>(steps);
  return steps.add_module(std::string(flows::delivery_module),
                          services::delivery_handler(std::move(others), options.log));
}

std::uint64_t seed_of(const engine_options& options) {
  if (options.seed)
    return *options.seed;
  std::random_device source;
  return (std::uint64_t{source()} << 32U) | source();
}

} // namespace

void engine::implementation::run(engine_hooks hooks) {
  actors::runtime_options running;
  running.threads = options.threads;
  running.handler_threads = options.handler_threads;
  running.max_active_executions = options.max_active_executions;
  running.budgets = options.budgets;
  running.retention = options.retention;
  running.seed = seed_of(options);
  running.registry = options.steps;
  running.observer = options.observer;
  if (options.services)
    running.status_topic = options.services->deliveries.status_topic;
  running.definitions = definitions;
  running.time = std::make_shared<clock_adapter>(options.clock);
  if (local)
    running.interrupt_handlers = [services = local] { services->interrupt(); };
  if (local)
    running.objects = local->objects();
  if (local && options.services->triggers.is_on)
    running.triggers = std::make_shared<watched_triggers>(definitions, local, running.time,
                                                          options.trigger_observer);
  running.choices = std::move(hooks.choices);
  running.start_failure = std::move(hooks.start_failure);
  runtime = std::make_unique<actors::runtime>(*store, std::move(running));
}

result<pump_state> engine::implementation::pump(const std::function<bool()>& is_over) {
  if (options.threads != 0)
    return error{errc::conflict, "This engine runs on threads of its own; open it with "
                                 "engine_options::threads = 0 to run it from here."};
  if (auto allowed = runtime->may_wait(); !allowed)
    return allowed.error();
  bool is_idle = false;
  while (!is_idle && !is_over())
    is_idle = !runtime->run_one() && !runtime->skip_time();
  if (auto failure = runtime->failure())
    return *failure;
  pump_state state{is_idle, std::nullopt};
  if (const auto due = runtime->next_due())
    state.next_due = system_clock::time_point(milliseconds(*due));
  return state;
}

engine::engine(std::unique_ptr<implementation> impl) : impl_(std::move(impl)) {}
engine::engine(engine&& other) noexcept = default;
engine& engine::operator=(engine&& other) noexcept = default;
engine::~engine() = default;

result<engine> engine::open(engine_options options) {
  return engine_access::open(std::move(options), {});
}

result<engine> engine_access::open(engine_options options, engine_hooks hooks) {
  if (auto checked = check(options); !checked)
    return checked.error();
  storage::store_options how;
  how.path = options.database;
  how.level = options.database.empty() ? durability::none : options.durability;
  auto store = storage::open_store(how);
  if (!store)
    return store.error();
  if (hooks.around_store)
    *store = hooks.around_store(std::move(*store));
  const bool recover = options.recover;
  std::shared_ptr<services::local_services> local;
  if (options.services) {
    auto made = services::local_services::make(*options.services, options.database);
    if (!made)
      return made.error();
    local = std::move(*made);
    local->add_to(options.steps);
  }
  const delivery_options deliveries =
      options.services ? options.services->deliveries : delivery_options();
  if (auto added = add_deliveries(options.steps, deliveries); !added)
    return added.error();
  auto impl = std::make_unique<engine::implementation>(std::move(*store), std::move(options));
  if (auto loaded = impl->definitions->load(*impl->store); !loaded)
    return loaded.error();
  impl->local = std::move(local);
  impl->run(std::move(hooks));
  if (auto ready = impl->runtime->prepare(); !ready)
    return ready.error();
  if (recover)
    impl->runtime->recover();
  impl->runtime->look_at_triggers();
  return engine(std::move(impl));
}

std::vector<stand_in> engine::stand_ins() const {
  return impl_->local ? impl_->local->used() : std::vector<stand_in>();
}

std::vector<trigger_record> engine::triggers() const {
  return impl_->local ? impl_->local->triggers().list() : std::vector<trigger_record>();
}

result<std::vector<queue_message>> engine::queue_messages(std::string_view queue_url) const {
  if (!impl_->local)
    return error{errc::conflict, "This engine was opened without services, so it has no queues."};
  return impl_->local->messages(queue_url);
}

namespace {

// The latest published one of each id, else the latest.
result<void> keep_prompts(const std::vector<json::object>& templates,
                          const services::local_services& local) {
  std::map<std::string, std::pair<std::pair<bool, std::int64_t>, std::string>> latest;
  for (const json::object& each : templates) {
    const json::value* id = each.if_contains("id");
    const json::value* content = each.if_contains("content");
    const json::value* version = each.if_contains("version");
    const json::value* published = each.if_contains("isPublished");
    if (!id || !id->is_string() || !content || !content->is_string())
      continue;
    const std::pair<bool, std::int64_t> rank{
        published && published->is_bool() && published->get_bool(),
        version && version->is_int64() ? version->get_int64() : 1};
    auto& known = latest[std::string(id->get_string())];
    if (known.second.empty() || known.first < rank)
      known = {rank, std::string(content->get_string())};
  }
  for (const auto& [id, prompt] : latest)
    if (auto kept = local.define_prompt(id, prompt.second); !kept)
      return kept;
  return {};
}

// What is no part of a definition and counts for the executions that run already.
result<void> keep_beside(const definition_change& change, const services::local_services& local) {
  for (const json::object& connection : change.mcp_connections) {
    const json::value* id = connection.if_contains("id");
    if (!id || !id->is_string() || id->get_string().empty())
      continue; // refused, unless invalid definitions are accepted
    if (auto kept = local.define_mcp_connection(connection); !kept)
      return kept;
  }
  return keep_prompts(change.prompt_templates, local);
}

} // namespace

result<source_report> engine::define(const std::vector<flow_document>& documents,
                                     const define_options& options) {
  definition_change change = impl_->definitions->read(documents);
  if (change.report.has_errors() && !options.accept_invalid)
    return error{errc::invalid_definition, change.report.describe()};
  auto applied = impl_->runtime->with_store(
      [&](storage::store& store) { return impl_->definitions->apply(change, store); });
  if (!applied)
    return applied.error();
  if (impl_->local)
    if (auto kept = keep_beside(change, *impl_->local); !kept)
      return kept.error();
  impl_->runtime->look_at_triggers();
  return std::move(change.report);
}

result<source_report> engine::define(const json::value& document, std::string_view name,
                                     const define_options& options) {
  return define(std::vector<flow_document>{{document, std::string(name)}}, options);
}

result<source_report> engine::define_path(const std::string& path) {
  auto documents = read_flow_documents(path);
  if (!documents)
    return documents.error();
  return define(*documents);
}

std::vector<flow_version> engine::known_flows() const {
  return impl_->definitions->known_flows();
}

result<std::string> engine::start(start_request request) {
  auto checked = check_start(std::move(request));
  if (!checked)
    return checked.error();
  return impl_->runtime->start(std::move(*checked));
}

result<std::string> engine::start(const json::object& input) {
  auto request = check_start(input);
  if (!request)
    return request.error();
  return impl_->runtime->start(std::move(*request));
}

std::vector<result<std::string>> engine::start_all(std::vector<start_request> requests) {
  std::vector<result<start_request>> checked;
  checked.reserve(requests.size());
  for (start_request& request : requests)
    checked.push_back(check_start(std::move(request)));
  return impl_->runtime->start_all(std::move(checked));
}

result<std::string> engine::redrive(const redrive_request& request) {
  auto start_input = make_redrive(request, *impl_->store, *impl_->definitions,
                                  impl_->local ? impl_->local->objects() : nullptr);
  if (!start_input)
    return start_input.error();
  return start(std::move(*start_input));
}

result<execution_record> engine::wait(std::string_view flow_execution_id, milliseconds timeout) {
  auto ended = impl_->runtime->wait_ended(flow_execution_id, timeout);
  if (!ended)
    return ended.error();
  return impl_->queries.record_of(*ended, true);
}

result<void> engine::wait_until_quiet(milliseconds timeout) {
  return impl_->runtime->wait_quiet(timeout);
}

result<pump_state> engine::run_for(milliseconds budget) {
  const auto end = std::chrono::steady_clock::now() + std::min(budget, longest_budget);
  return impl_->pump([end] { return std::chrono::steady_clock::now() >= end; });
}

result<pump_state> engine::run_until_idle() {
  return impl_->pump([] { return false; });
}

result<execution_record> engine::find(std::string_view flow_execution_id) const {
  return impl_->queries.find(flow_execution_id);
}

result<std::vector<execution_record>> engine::list(const execution_filter& filter) const {
  return impl_->queries.list(filter);
}

result<std::vector<execution_record>> engine::family(std::string_view root,
                                                     bool with_context) const {
  return impl_->queries.family(root, with_context);
}

result<std::vector<json::object>> engine::step_records(std::string_view flow_execution_id) const {
  return impl_->queries.step_records(flow_execution_id);
}

result<progress_report> engine::progress(std::string_view flow_execution_id, progress_mode mode,
                                         std::size_t nodes_max) const {
  return impl_->queries.progress(flow_execution_id, mode, nodes_max);
}

result<std::string> engine::resume(std::string_view correlation_key, const json::value& payload) {
  if (is_deeper_than(payload, flows::limits().context_depth_max))
    return error{errc::invalid_input, "The event's payload nests deeper than " +
                                          std::to_string(flows::limits().context_depth_max) +
                                          " levels."};
  if (stringify(payload).size() > event_bytes_max)
    return error{errc::invalid_input, "The event's payload is larger than " +
                                          std::to_string(event_bytes_max) + " bytes."};
  return impl_->runtime->resume(correlation_key, payload);
}

result<void> engine::cancel(std::string_view flow_execution_id, std::string_view reason) {
  return impl_->runtime->cancel(flow_execution_id, reason);
}

result<std::size_t> engine::cancel_family(std::string_view root_flow_execution_id,
                                          std::string_view reason) {
  auto root = impl_->queries.find(root_flow_execution_id);
  if (!root)
    return root.error();
  if (root->kind != execution_kind::root)
    return error{errc::conflict, "The execution " + root->flow_execution_id +
                                     " is no root; its family is that of " +
                                     root->root_flow_execution_id + "."};
  return impl_->runtime->cancel_family(root_flow_execution_id, reason);
}

void engine::stop() {
  if (impl_)
    impl_->runtime->stop();
}

} // namespace millrace
