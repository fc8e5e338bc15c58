// SPDX-License-Identifier: Apache-2.0
#include <millrace/options.hpp>

#include <mutex>

namespace millrace {
namespace {

class virtual_clock : public clock {
public:
  explicit virtual_clock(std::chrono::system_clock::time_point begin) : now_(begin) {}

  std::chrono::system_clock::time_point now() override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  bool skip_to(std::chrono::system_clock::time_point due) override {
    const std::lock_guard lock(mutex_);
    if (due > now_)
      now_ = due;
    return true;
  }

private:
  std::mutex mutex_;
  std::chrono::system_clock::time_point now_; // guarded by mutex_
};

} // namespace

bool clock::skip_to(std::chrono::system_clock::time_point /*due*/) {
  return false;
}

std::shared_ptr<clock> make_virtual_clock(std::chrono::system_clock::time_point begin) {
  return std::make_shared<virtual_clock>(begin);
}

} // namespace millrace
