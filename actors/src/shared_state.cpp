// SPDX-License-Identifier: Apache-2.0
#include "shared_state.hpp"

namespace millrace::actors {
namespace {

using steady = std::chrono::steady_clock;

// Waiting for ever is asked for with a huge time limit; steady_clock must not overflow on it.
steady::time_point deadline_after(std::chrono::milliseconds timeout) {
  constexpr std::chrono::hours for_ever{24 * 365 * 10};
  return steady::now() + std::min<std::chrono::milliseconds>(timeout, for_ever);
}

constexpr std::string_view call_prefix = "\001call:";

std::unique_ptr<pump> pump_for(const runtime_options& options) {
  if (options.threads != 0)
    return nullptr;
  return std::make_unique<pump>(*options.time, options.choices.get());
}

// A clock that only jumps where it is told to needs no looks in between.
std::chrono::milliseconds hint_max_for(const pump* pumped) {
  constexpr std::chrono::hours for_ever{24 * 365 * 100};
  return pumped && pumped->is_virtual() ? for_ever : runtime_limits::timer_hint_max;
}

} // namespace

error stopped_error() {
  return {errc::stopped, "The engine has been stopped; open it again to go on."};
}

std::chrono::milliseconds pause_before_reading_again(int attempt) noexcept {
  return runtime_limits::read_again_pause * (1 << (attempt - 1));
}

std::string call_key(std::string_view child_id) {
  return std::string(call_prefix) + std::string(child_id);
}

bool is_call_key(std::string_view correlation_key) noexcept {
  return correlation_key.substr(0, call_prefix.size()) == call_prefix;
}

std::uint64_t random_bits::operator()() noexcept {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t bits = state_;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9ULL;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBULL;
  return bits ^ (bits >> 31);
}

shared_state::shared_state(storage::store& the_store, runtime_options the_options)
    : store(the_store), options(std::move(the_options)), pumped(pump_for(options)),
      timer_hint_max(hint_max_for(pumped.get())), board(pumped.get()),
      families(store, options.budgets), handlers(options.handler_threads, pumped.get()),
      writer(store, pumped.get()) {}

random_bits shared_state::bits_for(execution_key key, std::int64_t sequence) const noexcept {
  random_bits of_key(options.seed ^ static_cast<std::uint64_t>(key));
  return random_bits(of_key() + static_cast<std::uint64_t>(sequence));
}

void notice_board::gone(const std::vector<execution_key>& keys) {
  const std::lock_guard lock(mutex_);
  if (waiters_.empty())
    return;
  bool is_awaited = false;
  for (const execution_key key : keys)
    if (waiters_.find(key) != waiters_.end()) {
      ++awaited_[key];
      is_awaited = true;
    }
  if (is_awaited)
    changed_.notify_all();
}

void notice_board::set_quiet(bool quiet) {
  const std::lock_guard lock(mutex_);
  if (quiet_ == quiet)
    return;
  quiet_ = quiet;
  changed_.notify_all();
}

void notice_board::expect() {
  const std::lock_guard lock(mutex_);
  ++expected_;
}

void notice_board::arrived() {
  const std::lock_guard lock(mutex_);
  --expected_;
  changed_.notify_all();
}

void notice_board::fail(const error& reason) {
  const std::lock_guard lock(mutex_);
  if (!failure_)
    failure_ = reason;
  changed_.notify_all();
}

std::optional<error> notice_board::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

bool notice_board::is_quiet() const {
  const std::lock_guard lock(mutex_);
  return quiet_ && expected_ == 0;
}

// False: the deadline has come, or nothing can happen any more that would end the wait.
template <class IsOver>
bool notice_board::wait(std::unique_lock<std::mutex>& lock, steady::time_point deadline,
                        const IsOver& is_over) {
  if (!pump_)
    return changed_.wait_until(lock, deadline, is_over);
  while (!is_over()) {
    const bool is_stuck = quiet_ && expected_ == 0 && pump_->is_virtual();
    lock.unlock();
    const auto left = deadline - steady::now();
    const bool goes_on =
        left.count() > 0 && (pump_->run_one() || (!is_stuck && pump_->pass_time(left)));
    lock.lock();
    if (!goes_on)
      return is_over();
  }
  return true;
}

result<void> notice_board::wait_ended(execution_key key, std::chrono::milliseconds timeout,
                                      const std::function<result<bool>(bool)>& is_over) {
  const auto deadline = deadline_after(timeout);
  std::unique_lock lock(mutex_);
  ++waiters_[key];
  result<void> outcome;
  for (;;) {
    const std::uint64_t seen = awaited_[key];
    lock.unlock();
    const auto over = is_over(seen != 0); // reads the store: never under the lock
    lock.lock();
    if (!over) {
      outcome = over.error();
      break;
    }
    if (*over)
      break;
    if (failure_) {
      outcome = *failure_;
      break;
    }
    const bool news = wait(lock, deadline, [&] { return failure_ || awaited_[key] != seen; });
    if (!news) {
      outcome = error{errc::timed_out, "The execution has not ended within the time limit."};
      break;
    }
  }
  if (--waiters_[key] == 0) {
    waiters_.erase(key);
    awaited_.erase(key);
  }
  return outcome;
}

result<void> notice_board::wait_quiet(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const bool over =
      wait(lock, deadline_after(timeout), [&] { return failure_ || (quiet_ && expected_ == 0); });
  if (failure_)
    return *failure_;
  if (!over)
    return error{errc::timed_out, "Executions are still running after the time limit."};
  return {};
}

} // namespace millrace::actors
