// SPDX-License-Identifier: Apache-2.0
#include "queries.hpp"

#include "catch.hpp"
#include "store_fixture.hpp"

#include <atomic>
#include <limits>
#include <thread>

namespace millrace::storage::testing {

namespace {

using keys = std::vector<execution_key>;

/// Executions 1 to 8 in every status: 1 initializing, 2 running, 3 and 4 waiting, 5 to 8 ended in
/// each way; the even ones are children of 1, and 4 and 8 are of the flow "refund".
void fill(store& target) {
  for (execution_key key = 1; key <= 8; ++key) {
    execution_start start = key % 2 == 0 ? child_start(key, 1, key) : root_start(key);
    start.flow_definition_id = key % 4 == 0 ? "refund" : "order";
    commit(target, {starting(start)});
  }
  commit(target, {beginning(2), parking(3, {"a"}, 300), parking(4, {"b"}, 200), running_through(5),
                  ending(6, execution_status::failed), ending(7, execution_status::cancelled),
                  ending(8, execution_status::timed_out)});
}

execution_query asking(const std::string& flow = {},
                       std::optional<execution_status> status = std::nullopt,
                       const std::string& root_id = {}, execution_key after = 0,
                       std::size_t limit = 100) {
  execution_query query;
  query.flow_definition_id = flow;
  query.status = status;
  query.root_id = root_id;
  query.after = after;
  query.limit = limit;
  return query;
}

keys keys_of(store& target, const execution_query& query) {
  keys found;
  for (const execution_row& row : target.find_executions(query).value()) {
    found.push_back(row.key);
  }
  return found;
}

} // namespace

TEST_CASE("executions are found by status, flow and family, and by each combination") {
  const auto target = open({}, durability::none);
  fill(*target);
  struct {
    execution_query query;
    keys expected;
  } const cases[] = {
      {asking(), {1, 2, 3, 4, 5, 6, 7, 8}},
      {asking("refund"), {4, 8}},
      {asking("nothing"), {}},
      {asking("", execution_status::initializing), {1}},
      {asking("", execution_status::running), {2}},
      {asking("", execution_status::waiting), {3, 4}},
      {asking("", execution_status::completed), {5}},
      {asking("", execution_status::failed), {6}},
      {asking("", execution_status::cancelled), {7}},
      {asking("", execution_status::timed_out), {8}},
      {asking("refund", execution_status::waiting), {4}},
      {asking("", std::nullopt, id_of(1)), {1, 2, 4, 6, 8}},
      {asking("", std::nullopt, id_of(3)), {3}},
      {asking("", std::nullopt, id_of(99)), {}},
      {asking("refund", std::nullopt, id_of(1)), {4, 8}},
      {asking("refund", execution_status::timed_out, id_of(1), 7), {8}},
      {asking("", std::nullopt, "", 6), {7, 8}},
      {asking("", std::nullopt, "", 2, 3), {3, 4, 5}},
      {asking("", std::nullopt, id_of(1), 2, 2), {4, 6}},
      {asking("", std::nullopt, "", 0, 0), {}},
      {asking("", execution_status::waiting, "", 3), {4}},
      {asking("", std::nullopt, "", 7, std::numeric_limits<std::size_t>::max()), {8}},
  };
  for (const auto& given : cases) {
    INFO(given.query.flow_definition_id << '/' << given.query.root_id << '/' << given.query.after);
    CHECK(keys_of(*target, given.query) == given.expected);
  }
}

TEST_CASE("open executions of a family are found without those that have ended") {
  const auto target = open({}, durability::none);
  fill(*target);
  execution_query query = asking("", std::nullopt, id_of(1));
  query.only_open = true;
  CHECK(keys_of(*target, query) == keys{1, 2, 4});
  query.limit = 2;
  CHECK(keys_of(*target, query) == keys{1, 2});
  CHECK(keys_of(*target, asking("", std::nullopt, id_of(1))) == keys{1, 2, 4, 6, 8});
}

TEST_CASE("large columns are read only when they are asked for, the error always") {
  const auto target = open({}, durability::none);
  fill(*target);
  execution_query query;
  query.status = execution_status::failed;
  const execution_row lean = target->find_executions(query).value().at(0);
  CHECK(lean.start_input.empty());
  CHECK(lean.context.empty());
  CHECK(lean.path.empty());
  CHECK(lean.error_info == R"({"errorName":"Test"})");
  CHECK(lean.root_id == id_of(1));
  query.large_columns = true;
  const execution_row full = target->find_executions(query).value().at(0);
  CHECK(full.start_input == root_start(6).start_input);
  CHECK(full.context == R"({"result":6})");
  CHECK(full.path == R"(["first","last"])");
  CHECK(full.stopped_before == "last");
  CHECK(target->find_execution(execution_key{6}).value().stopped_before == "last");
  CHECK(target->find_execution(execution_key{5}).value().stopped_before.empty());
}

TEST_CASE("unfinished executions are listed in pages by key") {
  const auto target = open({}, durability::none);
  fill(*target);
  commit(*target, {starting(root_start(9))});
  CHECK(target->unfinished(0, 10).value() == keys{1, 2, 9});
  CHECK(target->unfinished(1, 1).value() == keys{2});
  CHECK(target->unfinished(9, 10).value().empty());
}

TEST_CASE("due executions are listed from the most overdue on, and only waiting ones") {
  const auto target = open({}, durability::none);
  fill(*target);
  commit_unit running_with_due_time = beginning(2);
  running_with_due_time.due_at = 100;
  commit(*target, {running_with_due_time});
  CHECK(target->next_due(0).value() == 200);
  CHECK(target->next_due(199).value() == 200);
  CHECK(target->next_due(200).value() == 300);
  CHECK(target->next_due(300).value() == 0);
  CHECK(target->due(199, 10).value().empty());
  CHECK(target->due(200, 10).value() == keys{4});
  CHECK(target->due(300, 10).value() == keys{4, 3});
  CHECK(target->due(300, 1).value() == keys{4});
}

TEST_CASE("the next wake counts executions that go on by themselves, not deadlines") {
  const auto target = open({}, durability::none);
  fill(*target);
  CHECK(target->next_wake().value() == 0);
  commit_unit delay = parking(3, {}, 900);
  delay.wakes_itself = true;
  commit(*target, {delay});
  CHECK(target->next_due(0).value() == 200);
  CHECK(target->next_wake().value() == 900);
  // A unit that says nothing about the due time changes neither.
  commit_unit waiting;
  waiting.execution = 3;
  waiting.status = execution_status::waiting;
  commit(*target, {waiting});
  CHECK(target->next_wake().value() == 900);
  delay.due_at = 0;
  commit(*target, {delay});
  CHECK(target->next_wake().value() == 0);
  CHECK(target->next_due(0).value() == 200);
}

TEST_CASE("an execution with an inbox entry is listed while it waits") {
  const auto target = open({}, durability::none);
  fill(*target);
  commit_unit events;
  events.deliveries = {{"b", "1"}, {"a", "2"}};
  commit(*target, {events});
  CHECK(target->with_inbox(10).value() == keys{3, 4});
  CHECK(target->with_inbox(1).value() == keys{3});
  commit_unit woken;
  woken.execution = 3;
  woken.status = execution_status::running;
  commit(*target, {woken});
  CHECK(target->with_inbox(10).value() == keys{4});
}

TEST_CASE("counts tell unfinished and waiting executions apart") {
  const auto target = open({}, durability::none);
  CHECK(target->counts().value().executions == 0);
  CHECK(target->last_key().value() == 0);
  fill(*target);
  const store_counts counts = target->counts().value();
  CHECK(counts.executions == 8);
  CHECK(counts.unfinished == 2);
  CHECK(counts.waiting == 2);
  CHECK(target->last_key().value() == 8);
}

TEST_CASE("an execution that is not there is not found, and has no state") {
  const auto target = open({}, durability::none);
  const auto missing = target->find_execution(id_of(1));
  REQUIRE(missing.has_error());
  CHECK(missing.error().code() == errc::not_found);
  CHECK(missing.error().message().find(id_of(1)) != std::string::npos);
  CHECK(target->find_execution(execution_key{7}).error().code() == errc::not_found);
  CHECK(target->load_state(7).value().journal_sequence == 0);
  CHECK(target->waits(7).value().empty());
}

TEST_CASE("the view for people shows names instead of numbers") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  fill(*open(file));
  CHECK(read_with_sqlite(file, "SELECT status || kind || root_id || accepted_at || start_input"
                               " FROM executions WHERE key = 6") ==
        "FAILEDASYNC_SUBFLOW" + id_of(1) + "2023-11-14T22:13:20.006Z" + root_start(6).start_input);
}

TEST_CASE("queries on other threads see whole commits only, while commits go on") {
  const temporary_folder folder;
  const auto target = open(folder.file("orders.db"));
  constexpr execution_key batches = 100;
  constexpr execution_key batch_size = 10;
  std::atomic<bool> is_done{false};
  std::atomic<int> torn{0};
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 2; ++reader) {
    readers.emplace_back([&] {
      while (!is_done) {
        const auto counts = target->counts();
        if (!counts || counts->executions % batch_size != 0) {
          ++torn;
        }
      }
    });
  }
  int missed = 0;
  for (execution_key batch = 0; batch < batches; ++batch) {
    std::vector<commit_unit> units;
    for (execution_key key = 1; key <= batch_size; ++key) {
      units.push_back(starting(root_start(batch * batch_size + key)));
    }
    commit(*target, units);
    // What commit() has returned, a query sees.
    missed += target->last_key().value() == (batch + 1) * batch_size ? 0 : 1;
  }
  is_done = true;
  for (std::thread& reader : readers) {
    reader.join();
  }
  CHECK(torn == 0);
  CHECK(missed == 0);
}

} // namespace millrace::storage::testing
