// SPDX-License-Identifier: Apache-2.0
#include <millrace/simulation.hpp>

#include "chronicle.hpp"
#include "engine_implementation.hpp"
#include "mock_book.hpp"
#include "simulation_chance.hpp"
#include "simulation_store.hpp"
#include "temporary_folder.hpp"
#include "world_hooks.hpp"

#include <millrace/names.hpp>

#include <algorithm>
#include <future>
#include <limits>
#include <set>

namespace millrace::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

std::int64_t milliseconds_of(system_clock::time_point at) {
  return std::chrono::duration_cast<milliseconds>(at.time_since_epoch()).count();
}

result<void> check(const fault_rates& rates) {
  for (const double rate : {rates.slow_commit, rates.failed_commit, rates.failing_handler,
                            rates.failing_start, rates.late_timer})
    if (!(rate >= 0 && rate <= 1))
      return error{errc::invalid_argument, "The rate of a fault is a probability, from 0 to 1."};
  return {};
}

std::string no_such(const mock& which, const std::set<std::string>& names) {
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string& wanted =
      which.step_instance_id.empty() ? which.module_identifier : which.step_instance_id;
  if (const auto near = flows::nearest_name(wanted, known))
    return ": is '" + *near + "' meant?";
  return known.empty() ? std::string(": no flow is defined that could have it.")
                       : ": name one of " + flows::list_names(known) + ".";
}

} // namespace

struct world::implementation {
  ~implementation() { is_dying = true; }
  explicit implementation(world_options given)
      : options(std::move(given)), begin(milliseconds_of(options.begin)),
        clock(make_virtual_clock(options.begin)),
        chances(std::make_shared<chance>(options.seed, options.faults)),
        heard(std::make_shared<chronicle>(begin)), fates(std::make_shared<write_fates>()) {}

  struct planned_event {
    event what;
    delivery state = delivery::pending;
    std::future<result<std::string>> answer; ///< valid: it is on its way
    bool was_lost = false;                   ///< the engine died while it was on its way
  };

  // Opening.
  [[nodiscard]] result<void> prepare();
  [[nodiscard]] result<void> open_engine();
  [[nodiscard]] result<void> reopen();
  [[nodiscard]] step_result attempt(const step_request& request, const step_handler& inner);
  [[nodiscard]] write_fate fate_of(std::uint64_t number);

  // Running.
  [[nodiscard]] result<void> run_until(std::optional<std::int64_t> horizon);
  [[nodiscard]] result<void> work_off();
  [[nodiscard]] bool deliver_to_waiting();
  void plan(std::size_t index);
  void send(planned_event& each);
  [[nodiscard]] bool has_planned_events() const;
  void hear_answers();
  void hear(planned_event& each);

  [[nodiscard]] actors::runtime& runtime() { return engine_access::runtime_of(*running); }
  [[nodiscard]] std::int64_t now() const { return milliseconds_of(clock->now()); }
  [[nodiscard]] result<std::vector<execution_record>> records(bool with_context) const;
  [[nodiscard]] result<std::string> root_that_is_new(std::string_view flow) const;

  world_options options;
  std::int64_t begin;
  std::shared_ptr<millrace::clock> clock;
  std::shared_ptr<chance> chances;
  std::shared_ptr<chronicle> heard;
  std::shared_ptr<write_fates> fates;
  std::shared_ptr<mock_book> mocks;
  std::unique_ptr<temporary_folder> folder; ///< null: in memory
  std::vector<planned_event> events;
  std::vector<std::string> roots;
  std::set<std::string> attempts; ///< external ones that have begun, by key and number
  std::map<std::string, std::int64_t> repeated;
  std::uint64_t crashes = 0;
  std::uint64_t work = 0;
  bool is_dying = false;         ///< the engine is being thrown away
  std::optional<engine> running; // last: it calls back until it is gone
};

result<void> world::implementation::prepare() {
  if (auto checked = check(options.faults); !checked)
    return checked.error();
  auto book = mock_book::open(options.mocks,
                              [by = chances](milliseconds time) { by->set_attempt_time(time); });
  if (!book)
    return book.error();
  mocks = *book;
  if (auto installed = mocks->install(options.steps); !installed)
    return installed.error();
  if (auto added = options.steps.add_module(
          std::string(flows::delivery_module),
          services::delivery_handler(std::make_shared<const steps::registry>(options.steps), {},
                                     json::object{{"simulated", true}}));
      !added)
    return added.error();
  options.steps.wrap_external([this](const step_request& request, const step_handler& inner) {
    return attempt(request, inner);
  });
  fates->decide = [this](std::uint64_t number) { return fate_of(number); };
  if (options.crash.write != 0 || options.faults.failed_commit > 0) {
    auto made = temporary_folder::make();
    if (!made)
      return made.error();
    folder = std::move(*made);
  }
  return open_engine();
}

result<void> world::implementation::open_engine() {
  engine_options how;
  how.threads = 0;
  how.database = folder ? folder->path("world.db") : std::string();
  how.durability = durability::none; // what dies is the process, not the machine
  how.max_active_executions = options.max_active_executions;
  how.budgets = options.budgets;
  how.steps = options.steps;
  how.services.reset(); // a simulation touches nothing outside
  how.clock = clock;
  how.seed = options.seed;
  if (options.is_observed)
    how.observer = [this](const lifecycle_event& event) {
      if (is_dying)
        return;
      heard->hear(event);
      if (options.observer)
        options.observer(event);
    };
  engine_hooks hooks;
  hooks.choices = chances;
  if (options.faults.failing_start > 0)
    hooks.start_failure = [this]() -> std::optional<step_error> {
      if (!chances->happens(options.faults.failing_start))
        return std::nullopt;
      return step_error::transient("The simulated queue of starts fails.");
    };
  hooks.around_store = [this](std::unique_ptr<storage::store> inner) {
    std::unique_ptr<storage::store> mortal =
        std::make_unique<simulation_store>(std::move(inner), fates);
    return options.hooks ? options.hooks->around_store(std::move(mortal)) : std::move(mortal);
  };
  auto opened = engine_access::open(std::move(how), std::move(hooks));
  if (!opened)
    return opened.error();
  running.emplace(std::move(*opened));
  return {};
}

// Nothing that the dead engine still says is heard, and no handler of it is called.
result<void> world::implementation::reopen() {
  for (planned_event& each : events)
    each.was_lost = each.was_lost || each.answer.valid();
  result<void> opened;
  while (fates->has_died) {
    is_dying = true;
    running.reset();
    is_dying = false;
    fates->has_died = false;
    ++crashes;
    if (options.is_observed)
      heard->note(now(), "the engine died and was opened again");
    opened = open_engine();
  }
  if (!opened)
    return opened.error();
  for (std::size_t i = 0; i < events.size(); ++i) {
    planned_event& each = events[i];
    each.answer = {};
    if (each.state == delivery::pending && each.what.at)
      plan(i);
  }
  return {};
}

write_fate world::implementation::fate_of(std::uint64_t number) {
  const auto deadly = [](bool after) {
    return after ? write_fate::dies_after_effect : write_fate::dies_before_effect;
  };
  if (number == options.crash.write)
    return deadly(options.crash.after_effect);
  if (chances->happens(options.faults.failed_commit))
    return deadly(chances->happens(0.5));
  return write_fate::succeeds;
}

step_result world::implementation::attempt(const step_request& request, const step_handler& inner) {
  if (!attempts.insert(std::string(request.idempotency_key) + '#' + std::to_string(request.attempt))
           .second)
    ++repeated[std::string(request.step_instance_id)];
  if (chances->happens(options.faults.failing_handler))
    return step_error::transient("The simulated world is out of order for this attempt.");
  return inner(request);
}

result<void> world::implementation::run_until(std::optional<std::int64_t> horizon) {
  for (;;) {
    if (auto done = work_off(); !done)
      return done.error();
    if (deliver_to_waiting())
      continue;
    const auto due = runtime().next_due();
    const bool is_over =
        horizon ? !due || *due > *horizon : runtime().is_quiet() && !has_planned_events();
    if (is_over || !due)
      break;
    std::ignore = clock->skip_to(system_clock::time_point(milliseconds(*due)));
  }
  if (horizon)
    std::ignore = clock->skip_to(system_clock::time_point(milliseconds(*horizon)));
  return {};
}

// Does everything that is ready now.
result<void> world::implementation::work_off() {
  for (bool goes_on = true; goes_on;) {
    goes_on = runtime().run_one();
    if (fates->has_died) {
      if (auto opened = reopen(); !opened)
        return opened.error();
      goes_on = true;
    }
    if (auto failure = runtime().failure())
      return *failure;
    if (++work > options.work_max)
      return error{errc::limit_exceeded,
                   "The run has not come to an end after " + std::to_string(options.work_max) +
                       " pieces of work (messages, commits, attempts); a flow may loop for ever."};
    if (!goes_on)
      hear_answers();
  }
  return {};
}

// Whether anybody waited for an event that has no time of its own.
bool world::implementation::deliver_to_waiting() {
  bool any = false;
  for (planned_event& each : events) {
    if (each.state != delivery::pending || each.what.at || each.answer.valid())
      continue;
    const auto receiver = engine_access::store_of(*running).waiting_for(each.what.correlation_key);
    if (!receiver || *receiver == 0) {
      if (each.was_lost) // it was stored, and the answer was lost
        each.state = delivery::delivered;
      continue;
    }
    send(each);
    any = true;
  }
  return any;
}

void world::implementation::plan(std::size_t index) {
  const std::int64_t due = std::max(begin + events[index].what.at->count(), now());
  runtime().plan(due, [this, index] {
    if (!is_dying)
      send(events[index]);
  });
}

void world::implementation::send(planned_event& each) {
  if (options.is_observed)
    heard->note(now(), "event for " + each.what.correlation_key);
  each.answer = runtime().send_event(each.what.correlation_key, each.what.payload);
}

bool world::implementation::has_planned_events() const {
  return std::any_of(events.begin(), events.end(), [](const planned_event& each) {
    return each.answer.valid() || (each.state == delivery::pending && each.what.at);
  });
}

void world::implementation::hear_answers() {
  for (planned_event& each : events)
    if (each.answer.valid() &&
        each.answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready)
      hear(each);
}

void world::implementation::hear(planned_event& each) {
  const auto receiver = each.answer.get();
  if (receiver || each.was_lost)
    each.state = delivery::delivered;
  else if (each.what.at)
    each.state = delivery::unclaimed;
}

result<std::vector<execution_record>> world::implementation::records(bool with_context) const {
  execution_filter all;
  all.of = execution_filter::selection::all;
  all.limit = std::numeric_limits<std::int32_t>::max();
  all.with_context = with_context;
  return running->list(all);
}

result<std::string> world::implementation::root_that_is_new(std::string_view flow) const {
  const auto all = records(false);
  if (!all)
    return all.error();
  for (const execution_record& each : *all)
    if (each.kind == execution_kind::root && each.flow_definition_id == flow &&
        std::find(roots.begin(), roots.end(), each.flow_execution_id) == roots.end())
      return each.flow_execution_id;
  return error{errc::not_found, "There is no such root."};
}

world::world(std::unique_ptr<implementation> impl) : impl_(std::move(impl)) {}
world::world(world&& other) noexcept = default;
world& world::operator=(world&& other) noexcept = default;
world::~world() = default;

result<world> world::open(world_options options) {
  auto impl = std::make_unique<implementation>(std::move(options));
  auto prepared = impl->prepare();
  if (impl->fates->has_died)
    prepared = impl->reopen();
  if (!prepared)
    return prepared.error();
  return world(std::move(impl));
}

result<source_report> world::define(const std::vector<flow_document>& documents,
                                    const define_options& options) {
  auto defined = impl_->running->define(documents, options);
  while (impl_->fates->has_died) {
    if (auto opened = impl_->reopen(); !opened)
      return opened.error();
    defined = impl_->running->define(documents, options);
  }
  return defined;
}

result<void> world::check_mocks() const {
  const auto flows = impl_->running->known_flows();
  auto& definitions = engine_access::definitions_of(*impl_->running);
  for (const mock& each : impl_->mocks->mocks()) {
    std::set<std::string> names;
    bool is_there = false;
    for (const flow_version& version : flows) {
      const auto flow =
          definitions.resolve(version.flow_definition_id, std::to_string(version.version));
      if (!flow || (!each.flow_definition_id.empty() &&
                    each.flow_definition_id != version.flow_definition_id))
        continue;
      const bool by_step = !each.step_instance_id.empty();
      const auto names_it = [&](const std::string& id, const std::string& module) {
        names.insert(by_step ? id : module);
        const bool does = by_step ? id == each.step_instance_id : module == each.module_identifier;
        is_there = is_there || does;
        return does;
      };
      for (const auto& [id, step] : flow->definition->steps)
        if (names_it(id, step.module_identifier) && flows::is_run_by_interpreter(step.type))
          return error{errc::invalid_argument, "Remove " + describe(each) + ": steps of the type " +
                                                   step.type + " cannot be mocked."};
      for (const flows::completion_action& action : flow->definition->completion_actions)
        static_cast<void>(names_it(action.name(), action.module_identifier()));
    }
    if (!is_there)
      return error{errc::invalid_argument,
                   "There is nothing for " + describe(each) + no_such(each, names)};
  }
  return {};
}

result<std::string> world::start(const start_request& request) {
  const std::string flow = request.flow_definition_id;
  auto started = impl_->running->start(request);
  while (impl_->fates->has_died) {
    if (auto opened = impl_->reopen(); !opened)
      return opened.error();
    if (started)
      break; // it was acknowledged: whatever comes, it is not started again
    started = impl_->root_that_is_new(flow);
    if (!started)
      started = impl_->running->start(request);
  }
  if (started)
    impl_->roots.push_back(*started);
  return started;
}

result<std::string> world::start(const json::object& input) {
  auto request = parse_start_request(input);
  if (!request)
    return error{errc::invalid_input,
                 "Invalid StartFlowExecutionInput: " + request.error().message()};
  return start(*request);
}

void world::deliver(event planned) {
  implementation::planned_event added;
  added.what = std::move(planned);
  impl_->events.push_back(std::move(added));
  if (impl_->events.back().what.at)
    impl_->plan(impl_->events.size() - 1);
}

result<void> world::run() {
  return impl_->run_until(std::nullopt);
}

result<void> world::run_for(milliseconds time) {
  return impl_->run_until(impl_->now() + std::max<std::int64_t>(time.count(), 0));
}

system_clock::time_point world::now() const {
  return impl_->clock->now();
}

result<world_outcome> world::outcome() const {
  auto records = impl_->records(true);
  if (!records)
    return records.error();
  world_outcome all;
  std::map<std::string, std::vector<std::string>> children;
  for (const execution_record& record : *records)
    if (record.kind != execution_kind::delivery && !record.parent_flow_execution_id.empty())
      children[record.parent_flow_execution_id].push_back(record.flow_execution_id);
  const auto outcome_of = [&](execution_record& record) {
    execution_outcome each;
    const std::int64_t end = record.ended_at != 0 ? record.ended_at : impl_->now();
    each.duration = milliseconds(end - (record.started_at != 0 ? record.started_at : end));
    each.children = children[record.flow_execution_id];
    each.record = std::move(record);
    impl_->heard->fill(each);
    return each;
  };
  for (const std::string& root : impl_->roots)
    for (execution_record& record : *records)
      if (record.root_flow_execution_id == root)
        all.executions.push_back(outcome_of(record));
  for (execution_record& record : *records)
    if (record.kind == execution_kind::delivery)
      all.deliveries.push_back(outcome_of(record));
  for (const auto& each : impl_->events)
    all.events.push_back(each.state);
  all.elapsed = milliseconds(impl_->now() - impl_->begin);
  all.writes = impl_->fates->writes;
  all.crashes = impl_->crashes;
  all.repeated = impl_->repeated;
  return all;
}

const execution_outcome* world_outcome::find(std::string_view flow_execution_id) const {
  const auto found = std::find_if(executions.begin(), executions.end(), [&](const auto& each) {
    return each.record.flow_execution_id == flow_execution_id;
  });
  return found == executions.end() ? nullptr : &*found;
}

std::string world::trace() const {
  return impl_->heard->text();
}

std::uint64_t world::seed() const noexcept {
  return impl_->options.seed;
}

engine& world::running() {
  return *impl_->running;
}

} // namespace millrace::simulation
