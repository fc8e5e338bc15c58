// SPDX-License-Identifier: Apache-2.0
#include <millrace/runtime.hpp>

#include "accept_start.hpp"
#include "retention_actor.hpp"
#include "store_writer.hpp"
#include "supervisor.hpp"
#include "trigger_actor.hpp"

#include <future>
#include <mutex>
#include <vector>

namespace millrace::actors {
namespace {

template <class Answer>
bool has_come(const std::future<Answer>& answer) {
  return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

} // namespace

struct runtime::implementation {
  implementation(storage::store& store, runtime_options options)
      : shared(store, std::move(options)) {
    compat::initialize_once<caf::id_block::millrace>();
    config = std::make_unique<caf::actor_system_config>();
    compat::configure<caf::id_block::millrace>(*config, std::max(1U, shared.options.threads),
                                               shared.pumped.get());
    system = std::make_unique<caf::actor_system>(*config);
    shared.supervisor = system->spawn<supervisor>(&shared);
    shared.writer.report_to(shared.supervisor);
  }

  // Sends to the supervisor and waits for the answer.
  template <class Answer, class Make>
  Answer ask(const Make& make) {
    if (auto allowed = may_ask(); !allowed)
      return allowed.error();
    auto promise = std::make_shared<std::promise<Answer>>();
    auto answer = promise->get_future();
    if (!tell(make(promise)))
      return stopped_error();
    return wait_for(answer);
  }

  // On a pump nobody may wait for an actor from within one: it would never get its turn.
  [[nodiscard]] result<void> may_ask() const {
    if (shared.pumped && shared.pumped->running() == pump::activity::actor)
      return error{errc::conflict, "This was called from within the observer or a pure step of an "
                                   "engine without threads, which can do nothing meanwhile; call "
                                   "it when the engine has returned."};
    return {};
  }
  // The same from within a handler, for what may take as long as handlers do.
  [[nodiscard]] result<void> may_wait() const {
    if (shared.pumped && shared.pumped->running() == pump::activity::handler)
      return error{errc::conflict, "A handler of an engine without threads waits for what cannot "
                                   "happen before it returns."};
    return may_ask();
  }

  template <class Answer>
  Answer wait_for(std::future<Answer>& answer) {
    if (shared.pumped && !pump_until([&answer] { return has_come(answer); }))
      return stopped_error();
    return answer.get();
  }

  // Other handlers do not run while one waits: their calls would pile up.
  template <class IsOver>
  bool pump_until(const IsOver& is_over) {
    pump& by = *shared.pumped;
    const bool with_handlers = by.running() != pump::activity::handler;
    while (!is_over())
      if (!by.run_one(with_handlers) && !by.pass_time(std::chrono::hours(1)))
        return false;
    return true;
  }

  // Sends to the supervisor; nothing: it has been stopped.
  template <class Message>
  [[nodiscard]] bool tell(Message message) {
    const std::lock_guard lock(mutex);
    if (!stopped)
      compat::send_from_outside(shared.supervisor, std::move(message));
    return !stopped;
  }

  // Sends a start to the supervisor; what will say when it is durable.
  result<std::future<result<std::string>>> accept(start_request request) {
    if (auto failure = shared.board.failure())
      return *failure;
    auto accepted = accept_start(shared, std::move(request), {});
    if (accepted->start_input.size() > shared.options.start_bytes_max)
      return error{errc::limit_exceeded, "The start input is larger than " +
                                             std::to_string(shared.options.start_bytes_max) +
                                             " bytes."};
    auto promise = std::make_shared<std::promise<result<std::string>>>();
    auto answer = promise->get_future();
    if (!tell(outside_start{std::move(accepted), std::move(promise)}))
      return stopped_error();
    return answer;
  }

  // Cancels the executions of a family that are open now, a page at a time; how many there were.
  result<std::size_t> cancel_open(const std::string& root, std::string_view reason) {
    std::size_t open = 0;
    storage::execution_query page;
    page.root_id = root;
    page.limit = runtime_limits::backlog_page;
    for (;;) {
      auto rows = shared.store.find_executions(page);
      if (!rows)
        return rows.error();
      if (rows->empty())
        return open;
      page.after = rows->back().key;
      std::erase_if(*rows, [](const auto& row) { return is_terminal(row.status); });
      if (auto done = cancel_all(*rows, reason); !done)
        return done.error();
      open += rows->size();
    }
  }

  // All are told before the first answer is waited for, so that they share commits.
  result<void> cancel_all(const std::vector<storage::execution_row>& rows,
                          std::string_view reason) {
    std::vector<std::future<result<void>>> answers;
    for (const storage::execution_row& row : rows) {
      auto promise = std::make_shared<std::promise<result<void>>>();
      answers.push_back(promise->get_future());
      if (!tell(outside_cancel{row.key, std::string(reason),
                               std::make_shared<cancel_answer>(std::move(promise))}))
        return stopped_error();
    }
    result<void> outcome;
    for (auto& answer : answers)
      if (auto done = wait_for(answer); !done && done.error().code() != errc::conflict)
        outcome = done.error(); // a conflict: it has ended by itself
    return outcome;
  }

  // Returns when no actor is left.
  void see_actors_off() {
    if (shared.pumped)
      while (system->registry().running() != 0)
        if (!shared.pumped->run_one(false) && !shared.pumped->run_next_plan())
          break;
    system->await_all_actors_done();
  }

  std::unique_ptr<caf::actor_system_config> config;
  std::unique_ptr<caf::actor_system> system;
  shared_state shared;            // destroyed after stop(): no actor is left
  caf::actor sweeper;             // null: retention is off
  caf::actor triggers;            // null: there are none
  handler_pool looks{1, nullptr}; // of triggers, so that no handler keeps them waiting
  std::mutex mutex;
  bool stopped = false; // guarded by mutex
};

runtime::runtime(storage::store& store, runtime_options options)
    : impl_(std::make_unique<implementation>(store, std::move(options))) {}

runtime::~runtime() {
  stop();
}

result<void> runtime::prepare() {
  auto last = impl_->shared.store.last_key();
  if (!last)
    return last.error();
  impl_->shared.next_key = *last + 1;
  if (impl_->shared.options.retention.is_on())
    impl_->sweeper = impl_->system->spawn<retention_actor>(&impl_->shared);
  if (impl_->shared.options.triggers)
    impl_->triggers = impl_->system->spawn<trigger_actor>(
        &impl_->shared, impl_->shared.pumped ? &impl_->shared.handlers : &impl_->looks,
        [this](start_request request) { return start(std::move(request)); });
  return {};
}

void runtime::look_at_triggers() {
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->triggers || impl_->stopped)
    return;
  impl_->shared.board.expect();
  compat::send_from_outside(impl_->triggers, look_message{0, true});
}

void runtime::recover() {
  impl_->shared.board.set_quiet(false);
  compat::send_from_outside(impl_->shared.supervisor, recover_message{});
}

result<std::string> runtime::start(start_request request) {
  std::vector<result<start_request>> one;
  one.emplace_back(std::move(request));
  return std::move(start_all(std::move(one)).front());
}

// All are on their way before the first answer is waited for, so that they share commits.
std::vector<result<std::string>> runtime::start_all(std::vector<result<start_request>> requests) {
  if (auto allowed = impl_->may_ask(); !allowed)
    return {requests.size(), allowed.error()};
  impl_->shared.board.expect();
  std::vector<result<std::future<result<std::string>>>> answers;
  answers.reserve(requests.size());
  for (result<start_request>& request : requests)
    answers.push_back(request ? impl_->accept(std::move(*request)) : request.error());
  std::vector<result<std::string>> outcomes;
  outcomes.reserve(answers.size());
  for (auto& answer : answers)
    outcomes.push_back(answer ? impl_->wait_for(*answer) : result<std::string>(answer.error()));
  impl_->shared.board.arrived();
  return outcomes;
}

result<std::string> runtime::resume(std::string_view correlation_key, const json::value& payload) {
  if (auto allowed = impl_->may_ask(); !allowed)
    return allowed.error();
  impl_->shared.board.expect();
  auto sent = send_event(correlation_key, payload);
  auto answer = impl_->wait_for(sent);
  impl_->shared.board.arrived();
  if (!answer && answer.error().code() == errc::not_found)
    return error{errc::not_found, "No execution waits under the correlation key '" +
                                      std::string(correlation_key) + "'."};
  return answer;
}

std::future<result<std::string>> runtime::send_event(std::string_view correlation_key,
                                                     const json::value& payload) {
  auto promise = std::make_shared<std::promise<result<std::string>>>();
  auto answer = promise->get_future();
  outside_event event{std::string(correlation_key), stringify(json::object{{"event", payload}}),
                      promise};
  if (auto failure = impl_->shared.board.failure())
    promise->set_value(*failure);
  else if (!impl_->tell(std::move(event)))
    promise->set_value(stopped_error());
  return answer;
}

result<void> runtime::cancel(std::string_view flow_execution_id, std::string_view reason) {
  if (auto allowed = impl_->may_ask(); !allowed)
    return allowed.error();
  shared_state& shared = impl_->shared;
  auto row = shared.store.find_execution(flow_execution_id);
  if (!row)
    return row.error();
  if (is_terminal(row->status))
    return error{errc::conflict, "The execution " + row->id + " has ended already (" +
                                     to_string(row->status) + "); there is nothing to cancel."};
  auto cancelled = impl_->ask<result<void>>([&](auto promise) {
    return outside_cancel{row->key, std::string(reason),
                          std::make_shared<cancel_answer>(std::move(promise))};
  });
  if (!cancelled && cancelled.error().code() == errc::conflict)
    return error{errc::conflict,
                 "The execution " + row->id + " has ended; there is nothing to cancel."};
  return cancelled;
}

result<std::size_t> runtime::cancel_family(std::string_view root, std::string_view reason) {
  if (auto allowed = impl_->may_ask(); !allowed)
    return allowed.error();
  auto row = impl_->shared.store.find_execution(root);
  if (!row)
    return row.error();
  family_ledger& families = impl_->shared.families;
  families.ending(row->key, std::string(reason));
  std::size_t found = 0;
  auto round = impl_->cancel_open(row->id, reason);
  for (; round && *round > 0; round = impl_->cancel_open(row->id, reason))
    found += *round;
  families.no_longer_ending(row->key);
  if (!round)
    return round.error();
  return found;
}

result<storage::execution_row> runtime::wait_ended(std::string_view flow_execution_id,
                                                   std::chrono::milliseconds timeout) {
  if (auto allowed = impl_->may_wait(); !allowed)
    return allowed.error();
  shared_state& shared = impl_->shared;
  auto row = shared.store.find_execution(flow_execution_id);
  // Its end is all there is to wait for where nobody has to hear of it.
  if (!row || (is_terminal(row->status) && !shared.options.observer))
    return row;
  const execution_key key = row->key;
  auto ended = shared.board.wait_ended(key, timeout, [&](bool reported) -> result<bool> {
    row = shared.store.find_execution(key);
    if (!row)
      return row.error();
    if (!is_terminal(row->status))
      return false;
    if (reported || !shared.options.observer)
      return true;
    // The row was seen before the report: the observer may not have heard of the end yet.
    auto told = impl_->ask<result<void>>([&](auto promise) {
      return outside_farewell{key, std::move(promise)};
    });
    if (!told)
      return told.error();
    return true;
  });
  if (ended)
    return row;
  if (ended.error().code() == errc::timed_out)
    return error{errc::timed_out, "The execution " + std::string(flow_execution_id) +
                                      " has not ended within the time limit."};
  return ended.error();
}

result<void> runtime::wait_quiet(std::chrono::milliseconds timeout) {
  if (auto allowed = impl_->may_wait(); !allowed)
    return allowed.error();
  return impl_->shared.board.wait_quiet(timeout);
}

result<void> runtime::with_store(const std::function<result<void>(storage::store&)>& job) {
  if (auto allowed = impl_->may_ask(); !allowed)
    return allowed.error();
  auto promise = std::make_shared<std::promise<result<void>>>();
  auto answer = promise->get_future();
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopped)
      return stopped_error();
    impl_->shared.writer.run(
        [job, promise](storage::store& store) { promise->set_value(job(store)); });
  }
  return impl_->wait_for(answer);
}

result<void> runtime::may_wait() const {
  return impl_->may_wait();
}

bool can_be_pumped() noexcept {
  return compat::has_pump;
}

bool runtime::run_one() {
  return impl_->shared.pumped->run_one();
}

std::optional<std::int64_t> runtime::next_due() const {
  return impl_->shared.pumped->next_due();
}

void runtime::plan(std::int64_t due, std::function<void()> what) {
  impl_->shared.pumped->plan(due, std::move(what));
}

bool runtime::skip_time() {
  const pump& by = *impl_->shared.pumped;
  return by.is_virtual() && !is_quiet() &&
         impl_->shared.pumped->pass_time(std::chrono::nanoseconds(0));
}

bool runtime::is_quiet() const {
  return impl_->shared.board.is_quiet();
}

std::optional<error> runtime::failure() const {
  return impl_->shared.board.failure();
}

void runtime::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopped)
      return;
    impl_->stopped = true;
    if (impl_->sweeper)
      compat::send_from_outside(impl_->sweeper, stop_message{});
    if (impl_->triggers)
      compat::send_from_outside(impl_->triggers, stop_message{});
    compat::send_from_outside(impl_->shared.supervisor, stop_message{});
  }
  impl_->see_actors_off();
  if (impl_->shared.options.interrupt_handlers)
    impl_->shared.options.interrupt_handlers();
  impl_->shared.handlers.stop();
  impl_->looks.stop();
  impl_->shared.writer.stop();
  impl_->sweeper = nullptr;
  impl_->triggers = nullptr;
  impl_->shared.supervisor = nullptr;
  impl_->shared.writer.report_to(nullptr);
  impl_->system.reset();
}

} // namespace millrace::actors
