// SPDX-License-Identifier: Apache-2.0
//
// What is known of each start point that is watched: how far it has come, durably, and what people
// are shown of it.
#pragma once

#include <millrace/trigger_service.hpp>
#include <millrace/trigger_store.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::services {

/// shown() is thread-safe; everything else belongs to one thread at a time.
class trigger_book {
public:
  /// `file`: of the database, made when it is opened; ":memory:" for none.
  explicit trigger_book(std::string file) : file_(std::move(file)) {}

  /// Whether there is something to open, or it is open.
  [[nodiscard]] bool is_there() const;
  /// Opens the database unless it is open, and makes the rows those of `flows`: what is new begins
  /// to count at `now`, what is gone is forgotten, so that a start point that comes back has missed
  /// nothing. Errors: `database_unusable`, `database_failed`.
  [[nodiscard]] result<void> watch(const std::vector<watched_flow>& flows, std::int64_t now);

  /// Null: it is not watched.
  [[nodiscard]] storage::trigger_row* find(const std::string& flow, const std::string& step);
  /// Makes a changed row durable.
  [[nodiscard]] result<void> put(const storage::trigger_row& row);
  /// Notes what is not kept: when it runs next, 0 for never, and what keeps it from running.
  void note(const storage::trigger_row& row, std::optional<std::int64_t> next_run);

  /// Lets the others see what is known now.
  void publish();
  [[nodiscard]] std::vector<trigger_record> shown() const;

private:
  using key = std::pair<std::string, std::string>; // flow and step

  [[nodiscard]] result<void> open();
  [[nodiscard]] result<void> forget_all_but(const std::map<key, trigger_record>& watched);
  [[nodiscard]] result<void> watch_one(trigger_record made, std::int64_t now);

  const std::string file_;
  std::unique_ptr<storage::trigger_store> store_;
  std::map<key, storage::trigger_row> rows_;
  std::map<key, trigger_record> records_;

  mutable std::mutex mutex_;
  std::vector<trigger_record> shown_; // guarded by mutex_
};

/// What a start point waits for, in words; another text: it has changed.
[[nodiscard]] std::string rule_of(const flows::schedule_start& point);
[[nodiscard]] std::string rule_of(const flows::mail_start& point);

} // namespace millrace::services
