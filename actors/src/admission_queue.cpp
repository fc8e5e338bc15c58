// SPDX-License-Identifier: Apache-2.0
#include "admission_queue.hpp"

namespace millrace::actors {

void admission_queue::push(execution_key line, execution_key key, start_hint hint) {
  const auto [found, is_new] = lines_.try_emplace(line);
  if (is_new)
    turns_.push_back(line);
  found->second.emplace_back(key, std::move(hint));
  ++size_;
}

admission_queue::entry admission_queue::pop() {
  const execution_key line = turns_.front();
  turns_.pop_front();
  const auto found = lines_.find(line);
  entry next = std::move(found->second.front());
  found->second.pop_front();
  if (found->second.empty())
    lines_.erase(found);
  else
    turns_.push_back(line);
  --size_;
  return next;
}

std::size_t admission_queue::size_of(execution_key line) const {
  const auto found = lines_.find(line);
  return found == lines_.end() ? 0 : found->second.size();
}

void admission_queue::clear() {
  lines_.clear();
  turns_.clear();
  size_ = 0;
}

} // namespace millrace::actors
