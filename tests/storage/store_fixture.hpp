// SPDX-License-Identifier: Apache-2.0
//
// What the storage tests share: a temporary folder, and commit units with sensible contents.
#pragma once

#include <millrace/store.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace millrace::storage::testing {

/// A folder of its own for one test, removed at its end.
class temporary_folder {
public:
  temporary_folder();
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
  std::filesystem::path path_;
};

/// A UUID text that belongs to `key` alone.
[[nodiscard]] std::string id_of(execution_key key);
/// A start from outside.
[[nodiscard]] execution_start root_start(execution_key key);
/// A detached start by visit `visit` of the step "spawn" of `parent`, itself a root.
[[nodiscard]] execution_start child_start(execution_key key, execution_key parent,
                                          std::int64_t visit);
/// A unit that starts `start`; by its parent, or from outside.
[[nodiscard]] commit_unit starting(execution_start start);
[[nodiscard]] commit_unit beginning(execution_key key);
[[nodiscard]] commit_unit ending(execution_key key,
                                 execution_status status = execution_status::completed);
/// Begin and end at once.
[[nodiscard]] commit_unit running_through(execution_key key);
/// Begins if it has not, and parks under the correlation keys (cursor "main").
[[nodiscard]] commit_unit parking(execution_key key, std::vector<std::string> correlation_keys,
                                  std::int64_t due_at = 0);

/// Opens, and throws with the message when that fails.
[[nodiscard]] std::unique_ptr<store> open(const std::string& path,
                                          durability level = durability::process_crash);
/// Commits, and throws with the message when that fails.
std::vector<unit_outcome> commit(store& target, const std::vector<commit_unit>& units);

/// The first column of the first row, read with SQLite itself.
[[nodiscard]] std::string read_with_sqlite(const std::string& path, const std::string& sql);
/// Runs SQL with SQLite itself.
void run_with_sqlite(const std::string& path, const std::string& sql);

} // namespace millrace::storage::testing
