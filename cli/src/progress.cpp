// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include <string_view>

#include <unistd.h>

namespace millrace::cli {
namespace {

constexpr std::chrono::milliseconds renewal_pause{100};
constexpr std::string_view clear_line = "\r\x1b[K";

// A terminal that takes no bytes is not worth an error: the results go elsewhere.
void put(std::string_view text) {
  [[maybe_unused]] const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
}

} // namespace

void progress::note(const lifecycle_event& event) {
  using type = lifecycle_event::type;
  if (event.what == type::execution_accepted)
    return;
  const std::lock_guard lock(mutex_);
  const auto [entry, is_new] = alive_.try_emplace(event.flow_execution_id, false);
  const bool waited = entry->second;
  const bool waits = event.what == type::execution_waiting;
  waiting_ += static_cast<std::size_t>(waits) - static_cast<std::size_t>(waited);
  entry->second = waits;
  if (event.what != type::execution_ended)
    return;
  alive_.erase(entry);
  ++(event.status == execution_status::completed ? completed_ : failed_);
}

std::string progress::describe() const {
  const std::lock_guard lock(mutex_);
  return std::to_string(alive_.size() - waiting_) + " running, " + std::to_string(waiting_) +
         " waiting, " + std::to_string(completed_) + " completed, " + std::to_string(failed_) +
         " failed";
}

progress_line::~progress_line() {
  if (!shown_.empty())
    put(clear_line);
}

void progress_line::renew(const std::string& headline) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_)
    return;
  next_ = now + renewal_pause;
  std::string line = counts_.describe();
  if (!headline.empty())
    line += "; " + headline;
  if (line == shown_)
    return;
  shown_ = std::move(line);
  put(std::string(clear_line) + shown_);
}

} // namespace millrace::cli
