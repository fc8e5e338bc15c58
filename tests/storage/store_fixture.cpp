// SPDX-License-Identifier: Apache-2.0
#include "store_fixture.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <sqlite3.h>

namespace millrace::storage::testing {

namespace {

struct sqlite_closer {
  void operator()(sqlite3* handle) const noexcept { sqlite3_close(handle); }
};

int keep_first_value(void* kept, int count, char** values, char** /*names*/) {
  auto& text = *static_cast<std::string*>(kept);
  if (text.empty() && count > 0 && values[0] != nullptr) {
    text = values[0];
  }
  return 0;
}

std::string run(const std::string& path, const std::string& sql) {
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open(path.c_str(), &handle);
  const std::unique_ptr<sqlite3, sqlite_closer> closer(handle);
  std::string first;
  if (opened != SQLITE_OK ||
      sqlite3_exec(handle, sql.c_str(), keep_first_value, &first, nullptr) != SQLITE_OK) {
    throw std::runtime_error(path + ": " + sqlite3_errmsg(handle));
  }
  return first;
}

} // namespace

temporary_folder::temporary_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "millrace-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    throw std::runtime_error("no temporary folder: " + pattern);
  }
  path_ = std::filesystem::canonical(pattern);
}

temporary_folder::~temporary_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string id_of(execution_key key) {
  std::array<char, 37> text{};
  std::snprintf(text.data(), text.size(), "0190a000-0000-7000-8000-%012llx",
                static_cast<unsigned long long>(key));
  return text.data();
}

execution_start root_start(execution_key key) {
  execution_start start;
  start.key = key;
  start.id = id_of(key);
  start.message_id = id_of(key + 0x800000000000);
  start.root = key;
  start.flow_definition_id = "order-flow";
  start.flow_version = "LATEST_PUBLISHED";
  start.trigger_source = "test";
  start.start_input = R"({"flowDefinitionId":"order-flow"})";
  start.accepted_at = 1'700'000'000'000 + key;
  return start;
}

execution_start child_start(execution_key key, execution_key parent, std::int64_t visit) {
  execution_start start = root_start(key);
  start.kind = execution_kind::async_subflow;
  start.depth = 1;
  start.root = parent;
  start.parent = parent;
  start.parent_step = "spawn";
  start.parent_visit = visit;
  return start;
}

commit_unit starting(execution_start start) {
  commit_unit unit;
  unit.execution = start.parent;
  unit.starts.push_back(std::make_shared<const execution_start>(std::move(start)));
  return unit;
}

commit_unit beginning(execution_key key) {
  commit_unit unit;
  unit.execution = key;
  unit.begin = execution_begin{1, 3, 1'700'000'001'000 + key};
  return unit;
}

commit_unit ending(execution_key key, execution_status status) {
  commit_unit unit;
  unit.execution = key;
  unit.end = execution_end{status,
                           1'700'000'002'000 + key,
                           R"({"result":)" + std::to_string(key) + "}",
                           R"(["first","last"])",
                           {},
                           {}};
  if (status != execution_status::completed) {
    unit.end->error_info = R"({"errorName":"Test"})";
    unit.end->stopped_before = "last";
  }
  return unit;
}

commit_unit running_through(execution_key key) {
  commit_unit unit = ending(key);
  unit.begin = beginning(key).begin;
  return unit;
}

commit_unit parking(execution_key key, std::vector<std::string> correlation_keys,
                    std::int64_t due_at) {
  commit_unit unit = beginning(key);
  unit.status = execution_status::waiting;
  unit.due_at = due_at;
  unit.waits.emplace();
  for (std::string& correlation_key : correlation_keys) {
    unit.waits->push_back({std::move(correlation_key), "main"});
  }
  return unit;
}

std::unique_ptr<store> open(const std::string& path, durability level) {
  auto opened = open_store({path, level, false});
  if (!opened) {
    throw std::runtime_error(opened.error().message());
  }
  return std::move(*opened);
}

std::vector<unit_outcome> commit(store& target, const std::vector<commit_unit>& units) {
  auto outcomes = target.commit(units);
  if (!outcomes) {
    throw std::runtime_error(outcomes.error().message());
  }
  return std::move(*outcomes);
}

std::string read_with_sqlite(const std::string& path, const std::string& sql) {
  return run(path, sql);
}

void run_with_sqlite(const std::string& path, const std::string& sql) {
  run(path, sql);
}

} // namespace millrace::storage::testing
