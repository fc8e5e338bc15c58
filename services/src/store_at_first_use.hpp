// SPDX-License-Identifier: Apache-2.0
//
// A database of a service, opened when somebody needs it.
#pragma once

#include <millrace/error.hpp>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace millrace::services {

/// Thread-safe.
template <class Store>
class store_at_first_use {
public:
  using open_function = result<std::unique_ptr<Store>> (*)(const std::string& file);

  /// `file`: its folder is made; ":memory:" for a database in memory.
  store_at_first_use(std::string file, open_function open) : file_(std::move(file)), open_(open) {}

  /// Lives as long as this. Errors: those of opening, which the next call tries again.
  [[nodiscard]] result<Store*> get() {
    const std::lock_guard lock(mutex_);
    if (!store_) {
      std::error_code failure; // opening says what is wrong
      std::filesystem::create_directories(std::filesystem::path(file_).parent_path(), failure);
      auto opened = open_(file_);
      if (!opened)
        return opened.error();
      store_ = std::move(*opened);
    }
    return store_.get();
  }

private:
  const std::string file_;
  const open_function open_;
  std::mutex mutex_;
  std::unique_ptr<Store> store_; // guarded by mutex_ until it is made
};

} // namespace millrace::services
