// SPDX-License-Identifier: Apache-2.0
#include "supervisor.hpp"

#include "execution_actor.hpp"

#include <algorithm>

namespace millrace::actors {
namespace {

// In which line a start waits. Deliveries are families of one each: they take their turns together.
execution_key line_of(const storage::execution_start& start) {
  if (start.kind == execution_kind::delivery)
    return admission_queue::delivery_line;
  return start.parent == 0 ? admission_queue::common_line : start.root;
}

} // namespace

supervisor::supervisor(caf::actor_config& config, shared_state* shared)
    : event_based_actor(config), shared_(shared) {}

caf::behavior supervisor::make_behavior() {
  return {
      [this](const outside_start& message) { on_outside_start(message); },
      [this](const outside_event& message) { on_outside_event(message); },
      [this](const outside_cancel& message) { on_outside_cancel(message); },
      [this](const outside_farewell& message) { on_outside_farewell(message); },
      [this](const committed& message) { on_committed(message); },
      [this](const accepted_starts& message) { on_accepted(message); },
      [this](const starts_committed& message) { on_starts_committed(*message.batch); },
      [this](const notified_executions& message) {
        for (const execution_key key : message.keys)
          poke(key);
      },
      [this](const executions_gone& message) {
        on_gone(message.keys);
        stopping_ ? stop_when_alone() : admit();
      },
      [this](const execution_parked& message) { on_parked(message); },
      [this](const recover_message&) { on_recover(); },
      [this](const wake_message& message) {
        if (message.generation == wake_generation_)
          wake();
      },
      [this](const read_again_message&) {
        read_again_is_due_ = false;
        wake();
      },
      [this](const store_failed& message) { on_failure(*message.failure); },
      [this](const stop_message&) { on_stop(); },
  };
}

void supervisor::on_exit() {
  for (auto& [key, execution] : active_)
    for (const auto& farewell : execution.farewells)
      farewell->set_value({});
  active_.clear();
  waiting_.clear();
  for (auto& [token, pending] : outside_)
    pending.answer->set_value(stopped_error());
  outside_.clear();
}

void supervisor::on_outside_start(const outside_start& message) {
  if (stopping_)
    return message.answer->set_value(stopped_error());
  // Of two starts with one id the first counts: they go to the writer in their order.
  const bool is_next = !message.start->id_given && waiting_.empty() && !backlog_ && !failed_;
  if (is_next && active_.size() < shared_->options.max_active_executions)
    return begin(message.start->key, {message.start, true, message.answer});
  auto unit = std::make_unique<storage::commit_unit>();
  unit->starts.push_back(message.start);
  outside_[++last_token_] = {message.start, message.answer};
  shared_->writer.commit(
      {std::move(unit), caf::actor_cast<caf::actor>(this), last_token_, nullptr});
}

void supervisor::on_outside_event(const outside_event& message) {
  if (stopping_)
    return message.answer->set_value(stopped_error());
  auto unit = std::make_unique<storage::commit_unit>();
  unit->deliveries.push_back({message.correlation_key, message.payload});
  outside_[++last_token_] = {nullptr, message.answer};
  shared_->writer.commit(
      {std::move(unit), caf::actor_cast<caf::actor>(this), last_token_, nullptr});
}

void supervisor::on_committed(const committed& message) {
  const auto found = outside_.find(message.token);
  if (found == outside_.end())
    return;
  const outside_commit pending = std::move(found->second);
  outside_.erase(found);
  if (message.failure)
    return pending.answer->set_value(*message.failure);
  if (pending.start) {
    const bool is_new = message.outcome.started.front() == pending.start->key;
    if (is_new && !remember({pending.start, false, nullptr}))
      page_again_from(pending.start->key);
    admit();
    return pending.answer->set_value(pending.start->id);
  }
  const execution_key receiver = message.outcome.delivered.front();
  if (receiver == 0)
    return pending.answer->set_value(
        error{errc::not_found, "Nothing waits under this correlation key."});
  poke(receiver);
  auto row = shared_->store.find_execution(receiver);
  if (!row)
    return pending.answer->set_value(row.error());
  pending.answer->set_value(row->id);
}

// An execution that is parked or waits for room is activated for it, so that there is one place
// where an execution ends.
void supervisor::on_outside_cancel(const outside_cancel& message) {
  if (stopping_)
    return message.answer->give(stopped_error());
  // A new actor gets the cancellation as its first message, before it steps.
  activate(message.key, {});
  active_execution& execution = active_[message.key];
  execution.cancellations.push_back({message.reason, message.answer});
  if (execution.retiring)
    return; // on_gone wakes it again
  ++execution.pokes;
  compat::send(this, execution.handle, execution.cancellations.back());
}

void supervisor::on_outside_farewell(const outside_farewell& message) {
  const auto found = active_.find(message.key);
  if (found == active_.end())
    return message.answer->set_value({});
  found->second.farewells.push_back(message.answer);
}

// Due and notified executions join the queue before anybody asks whether all is quiet.
void supervisor::on_recover() {
  backlog_ = true;
  wake();
}

void supervisor::on_accepted(const accepted_starts& message) {
  start_batch& batch = *message.batch;
  for (auto& start : batch.starts) {
    const execution_key key = start->key;
    if (batch.left_out_from == 0 && !remember({std::move(start), !message.is_committed, nullptr}))
      batch.left_out_from = key; // and all that follow: they are found together
  }
  if (message.is_committed && batch.left_out_from != 0)
    page_again_from(batch.left_out_from);
  admit();
}

void supervisor::on_starts_committed(const start_batch& batch) {
  if (batch.left_out_from == 0)
    return;
  page_again_from(batch.left_out_from);
  admit();
}

// Whether a start will be activated without a look into the store.
bool supervisor::remember(start_hint hint) {
  const execution_key key = hint.start->key;
  if (known_.count(key) != 0)
    return true;
  const execution_key line = line_of(*hint.start);
  // A page may have brought this start before its message came: then it may have run and gone, and
  // only its row can tell, when it is committed.
  const bool may_have_run = key <= highest_paged_;
  if (!has_room_for(line, key) || (may_have_run && hint.is_ahead)) {
    left_out_.insert(line);
    return false;
  }
  if (may_have_run)
    hint = {};
  known_.insert(key);
  waiting_.push(line, key, std::move(hint));
  return true;
}

// While the store holds more than is in memory a line is kept short, and stays in its order: what
// comes after a start that was left out is left out as well.
bool supervisor::has_room_for(execution_key line, execution_key key) const {
  if (waiting_.size() >= runtime_limits::start_hints_max)
    return false;
  const bool paging_will_find_it = backlog_ && key > backlog_read_to_;
  return !paging_will_find_it ||
         (left_out_.count(line) == 0 && waiting_.size_of(line) < runtime_limits::line_hints_max);
}

// From here on the store remembers: its pages bring what is committed above `key` again, and who is
// known already is not queued twice.
void supervisor::page_again_from(execution_key key) {
  backlog_read_to_ = backlog_ ? std::min(backlog_read_to_, key - 1) : key - 1;
  backlog_ = true;
}

void supervisor::admit() {
  while (!failed_ && !stopping_ && active_.size() < shared_->options.max_active_executions) {
    if (waiting_.size_of(admission_queue::common_line) == 0)
      read_backlog();
    if (waiting_.empty())
      break;
    auto [key, hint] = waiting_.pop();
    if (known_.count(key) != 0) // else it was cancelled out of the queue
      begin(key, std::move(hint));
  }
  look_whether_quiet();
}

// Reads pages of unfinished executions until one brings something that is not known.
void supervisor::read_backlog() {
  while (backlog_ && !read_again_is_due_) {
    const auto page = shared_->store.unfinished(backlog_read_to_, runtime_limits::backlog_page);
    if (!is_read(page))
      return;
    if (page->empty()) {
      backlog_ = false;
      left_out_.clear();
      return;
    }
    backlog_read_to_ = page->back();
    highest_paged_ = std::max(highest_paged_, backlog_read_to_);
    if (add_waiting(*page))
      return;
  }
}

// Whether a read succeeded. After one that did not, all reads are tried again a little later: a
// database may be busy or a disk may stumble. The last attempt decides.
template <class Value>
bool supervisor::is_read(const result<Value>& outcome) {
  if (outcome) {
    failed_reads_ = 0;
    return true;
  }
  if (++failed_reads_ > runtime_limits::reads_again_max) {
    on_failure(outcome.error());
    return false;
  }
  read_again_is_due_ = true;
  compat::send_later(this, pause_before_reading_again(failed_reads_), read_again_message{});
  return false;
}

// Gives an execution its actor; false: it has one.
bool supervisor::activate(execution_key key, start_hint hint) {
  known_.insert(key);
  auto [entry, is_new] = active_.try_emplace(key);
  if (!is_new)
    return false;
  shared_->board.set_quiet(false); // before any caller hears of what activates it
  // Lazily: it is scheduled once, with its first message.
  entry->second.handle =
      system().spawn<execution_actor, caf::lazy_init>(shared_, key, std::move(hint));
  return true;
}

void supervisor::begin(execution_key key, start_hint hint) {
  if (activate(key, std::move(hint)))
    compat::send(this, active_[key].handle, go_on_message{});
}

// News for an execution: it looks into the store itself. A parked one is activated, also beyond
// max_active_executions, since an event is worth more than a new start.
void supervisor::poke(execution_key key) {
  if (stopping_ || failed_)
    return;
  const auto found = active_.find(key);
  if (found == active_.end())
    return begin(key, {});
  if (found->second.retiring) {
    found->second.wake_again = true;
    return;
  }
  ++found->second.pokes;
  compat::send(this, found->second.handle, poke_message{});
}

void supervisor::on_gone(const std::vector<execution_key>& keys) {
  std::vector<execution_key> ended;
  ended.reserve(keys.size());
  for (const execution_key key : keys) {
    const auto found = active_.find(key);
    if (found == active_.end())
      continue;
    const active_execution gone = std::move(found->second);
    active_.erase(found);
    known_.erase(key);
    for (const auto& farewell : gone.farewells)
      farewell->set_value({});
    if (!gone.retiring)
      ended.push_back(key);
    if (!stopping_)
      see_off(key, gone);
  }
  shared_->board.gone(ended);
}

void supervisor::see_off(execution_key key, const active_execution& gone) {
  if (gone.retiring)
    return wake_again(key, gone);
  // It has ended; an answer that it gave itself stands.
  for (const cancel_message& cancellation : gone.cancellations)
    cancellation.answer->give(
        error{errc::conflict, "The execution has ended; there is nothing to cancel."});
}

// News came while the execution was told to retire: none of it was sent.
void supervisor::wake_again(execution_key key, const active_execution& gone) {
  for (const cancel_message& cancellation : gone.cancellations)
    on_outside_cancel({key, cancellation.reason, cancellation.answer});
  if (gone.wake_again)
    begin(key, {});
}

// News that is still on its way to the execution takes the park back: the execution deals with it
// and parks again. After the retirement nothing is sent to it, so nothing can be lost in its
// mailbox.
void supervisor::on_parked(const execution_parked& message) {
  const auto found = active_.find(message.key);
  if (found == active_.end() || found->second.pokes != message.pokes)
    return;
  plan_wake(message.due_at);
  found->second.retiring = true;
  compat::send(this, found->second.handle, retire_message{});
}

// What is due or notified joins the queue, behind what was there before, so that a flood of timers
// is admitted like a flood of starts.
void supervisor::wake() {
  planned_wake_ = 0;
  if (stopping_ || failed_ || read_again_is_due_)
    return;
  const std::int64_t now = shared_->options.time->now();
  const auto due = shared_->store.due(now, runtime_limits::backlog_page);
  if (!is_read(due))
    return;
  add_waiting(*due);
  const auto notified = shared_->store.with_inbox(runtime_limits::backlog_page);
  if (!is_read(notified))
    return;
  add_waiting(*notified);
  const auto next = shared_->store.next_due(now);
  if (!is_read(next))
    return;
  const bool more = due->size() == runtime_limits::backlog_page ||
                    notified->size() == runtime_limits::backlog_page;
  plan_wake(more ? now + runtime_limits::full_page_pause.count() : *next);
  admit();
}

// Whether any of them was not known. What is due while it is told to retire (its commit took longer
// than its delay) is woken when it is gone: no timer will tell of it again.
bool supervisor::add_waiting(const std::vector<execution_key>& keys) {
  bool is_new = false;
  for (const execution_key key : keys) {
    if (known_.insert(key).second) {
      waiting_.push(admission_queue::common_line, key, {});
      is_new = true;
    } else if (const auto found = active_.find(key);
               found != active_.end() && found->second.retiring) {
      found->second.wake_again = true;
    }
  }
  return is_new;
}

// One timer is enough: the earliest. A later plan for an earlier time replaces it.
void supervisor::plan_wake(std::int64_t due) {
  if (due == 0 || (planned_wake_ != 0 && planned_wake_ <= due))
    return;
  const std::int64_t now = shared_->options.time->now();
  const std::chrono::milliseconds until = std::clamp(
      std::chrono::milliseconds(due - now), std::chrono::milliseconds(0), shared_->timer_hint_max);
  planned_wake_ = now + until.count();
  compat::send_later(this, until, wake_message{++wake_generation_});
}

// Quiet: nothing runs, nothing waits for room, nothing goes on by itself. A virtual clock moves on
// when only time is missing.
void supervisor::look_whether_quiet() {
  const bool idle = active_.empty() && waiting_.empty() && !backlog_ && outside_.empty();
  if (!idle || failed_ || stopping_ || read_again_is_due_)
    return shared_->board.set_quiet(false);
  const auto wakes = shared_->store.next_wake();
  if (!is_read(wakes))
    return shared_->board.set_quiet(false);
  shared_->board.set_quiet(*wakes == 0);
  // A pump lets time pass itself, when nothing else is left to do.
  if (*wakes != 0 && !shared_->pumped && shared_->options.time->skip_to(*wakes))
    wake();
}

void supervisor::on_failure(const error& reason) {
  failed_ = true;
  waiting_.clear();
  backlog_ = false;
  shared_->board.fail(reason);
}

void supervisor::on_stop() {
  if (stopping_)
    return;
  stopping_ = true;
  ++wake_generation_;
  waiting_.clear();
  for (auto& [key, execution] : active_) {
    for (const cancel_message& cancellation : execution.cancellations)
      cancellation.answer->give(stopped_error());
    compat::send(this, execution.handle, stop_message{});
  }
  stop_when_alone();
}

void supervisor::stop_when_alone() {
  if (!active_.empty())
    return;
  shared_->board.fail(stopped_error());
  quit();
}

} // namespace millrace::actors
