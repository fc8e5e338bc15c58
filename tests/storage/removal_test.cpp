// SPDX-License-Identifier: Apache-2.0
#include "removal.hpp"

#include "catch.hpp"
#include "failing_store.hpp"
#include "store_fixture.hpp"

#include <array>

namespace millrace::storage::testing {

namespace {

using keys = std::vector<execution_key>;

constexpr std::size_t many = 1000;
constexpr std::int64_t now = 1'800'000'000'000;

std::size_t remove(store& target, const keys& descending) {
  const auto done = target.remove_executions(descending, now, many);
  REQUIRE(done.has_value());
  CHECK(done->is_complete);
  return done->executions;
}

keys all_keys(store& target) {
  keys found;
  for (const execution_row& row : target.find_executions({}).value()) {
    found.push_back(row.key);
  }
  return found;
}

execution_start given(execution_start start) {
  start.id_given = true;
  return start;
}

/// A root 1 that still runs, with the finished children 2 and 3; 3 has the finished child 4 of its
/// own; 9 is the newest and open.
void fill_family(store& target) {
  commit_unit first = starting(child_start(2, 1, 1));
  first.started_children = 1;
  commit_unit second = starting(child_start(3, 1, 2));
  second.started_children = 2;
  execution_start grandchild = child_start(4, 3, 1);
  grandchild.depth = 2;
  grandchild.root = 1;
  commit_unit third = starting(grandchild);
  third.started_children = 1;
  commit(target, {starting(root_start(1)), beginning(1), first, second, beginning(3), third,
                  running_through(2), ending(3), running_through(4), starting(root_start(9))});
}

} // namespace

TEST_CASE("what has ended goes with all its rows, and what is open stays whole") {
  const temporary_folder folder;
  const std::string path = folder.file("r.db");
  {
    const auto target = open(path);
    commit_unit with_records = ending(1);
    with_records.records = {{1, "a", "{}"}, {2, "b", "{}"}};
    commit(*target, {starting(root_start(1)), beginning(1), with_records, starting(root_start(2)),
                     beginning(2), starting(root_start(3)), parking(3, {"k"}),
                     starting(root_start(4)), starting(root_start(5))});
    CHECK(remove(*target, {5, 4, 3, 2, 1}) == 1);
    CHECK(all_keys(*target) == keys{2, 3, 4, 5});
    CHECK(target->waiting_for("k").value() == 3);
  }
  for (const char* table : {"execution_result", "step_record"}) {
    CHECK(read_with_sqlite(path, std::string("SELECT count(*) FROM ") + table) == "0");
  }
  CHECK(read_with_sqlite(path, "SELECT count(*) FROM execution_input") == "4");
}

TEST_CASE("children go before their parents, and a parent that stays counts those that went") {
  const auto target = open("");
  fill_family(*target);
  CHECK(remove(*target, {3, 2, 1}) == 1); // 3 has a child yet, 1 still runs
  CHECK(all_keys(*target) == keys{1, 3, 4, 9});
  CHECK(remove(*target, {4, 3}) == 2);
  CHECK(all_keys(*target) == keys{1, 9});
  const execution_row parent = target->find_execution(1).value();
  CHECK(parent.started_children == 2);
  CHECK(parent.removed_children == 2);
  CHECK(target->count_children(1).value() == 2);
}

TEST_CASE("the newest execution stays, so that its key does not come back") {
  const auto target = open("");
  commit(*target, {starting(root_start(1)), running_through(1), starting(root_start(2)),
                   running_through(2)});
  CHECK(remove(*target, {2, 1}) == 1);
  CHECK(target->last_key().value() == 2);
}

TEST_CASE("a called execution stays until its caller has stored what it read of its end") {
  const auto target = open("");
  execution_start called = child_start(2, 1, 1);
  called.kind = execution_kind::sync_subflow;
  commit_unit end = running_through(2);
  end.deliveries.push_back({"call", "{}"});
  commit(*target, {starting(root_start(1)), parking(1, {"call"}), starting(called), end,
                   starting(root_start(9))});
  CHECK(remove(*target, {2}) == 0);
  commit_unit read;
  read.execution = 1;
  read.consumed_inbox = {target->load_state(1).value().inbox.front().id};
  commit(*target, {read});
  CHECK(remove(*target, {2}) == 1);
}

TEST_CASE("an id that was given is spent for as long as it is said, also after the next open") {
  const temporary_folder folder;
  const std::string path = folder.file("ids.db");
  {
    const auto target = open(path);
    commit(*target, {starting(root_start(1)), running_through(1), starting(given(root_start(2))),
                     running_through(2), starting(root_start(3)), beginning(3)});
    commit_unit spawn = starting(given(child_start(4, 3, 1)));
    commit(*target, {spawn, running_through(4), starting(root_start(9))});
    CHECK(remove(*target, {4, 2, 1}) == 3);
    // Not one of those that started_children counts.
    CHECK(target->find_execution(3).value().removed_children == 0);
  }
  const auto target = open(path);
  const auto started = [&](execution_key key, execution_key of) {
    execution_start again = given(root_start(key));
    again.id = id_of(of);
    return commit(*target, {starting(again)}).front().started.front();
  };
  CHECK(started(10, 2) == 0);
  CHECK(started(10, 4) == 0);
  CHECK(started(10, 1) == 10); // 1 was never given
  CHECK(target->forget_spent_ids(now - 1, many).value() == 0);
  CHECK(target->forget_spent_ids(now, 1).value() == 1);
  CHECK(target->forget_spent_ids(now, many).value() == 1);
  CHECK(started(11, 2) == 11);
}

TEST_CASE("a round removes no more rows than it may, however many records one execution has") {
  const auto target = open("");
  commit_unit talkative = ending(1);
  for (std::int64_t i = 1; i <= 25; ++i) {
    talkative.records.push_back({i, "step", "{}"});
  }
  commit(*target, {starting(root_start(1)), beginning(1), talkative, starting(root_start(9))});
  constexpr std::size_t rows_max = 10;
  std::size_t rounds = 0;
  for (bool is_complete = false; !is_complete; ++rounds) {
    const auto done = target->remove_executions(keys{1}, now, rows_max);
    REQUIRE(done.has_value());
    is_complete = done->is_complete;
    CHECK(all_keys(*target) == (is_complete ? keys{9} : keys{1, 9}));
  }
  CHECK(rounds == 3);
}

TEST_CASE("pages go from the newest row to the oldest") {
  const auto target = open("");
  fill_family(*target);
  keys seen;
  for (execution_key below = 100;;) {
    const auto page = target->rows_below(below, 2).value();
    if (page.empty()) {
      break;
    }
    for (const swept_row& row : page) {
      seen.push_back(row.key);
      CHECK(row.ended_at == target->find_execution(row.key).value().ended_at);
    }
    below = page.back().key;
  }
  CHECK(seen == keys{9, 4, 3, 2, 1});
}

TEST_CASE("a pinned definition that is removed gives its key to nobody who has it still") {
  const auto target = open("");
  const std::int64_t first = target->put_pinned_definition("one", "{}").value();
  const std::int64_t second = target->put_pinned_definition("two", "{}").value();
  CHECK(target->pinned_definitions().value() == std::vector{first, second});
  REQUIRE(target->remove_pinned_definitions(std::array{first}).has_value());
  CHECK(target->pinned_definitions().value() == std::vector{second});
  CHECK(target->put_pinned_definition("one", "{}").value() > second);
}

TEST_CASE("a removal that fails has removed all of it or nothing") {
  const temporary_folder folder;
  for (const write_failure kind :
       {write_failure::refused, write_failure::before_effect, write_failure::after_effect}) {
    const std::string path = folder.file(std::to_string(static_cast<int>(kind)) + ".db");
    {
      auto sound = open(path);
      fill_family(*sound);
      auto plan = std::make_shared<failure_plan>();
      plan->fail_at = 1;
      plan->kind = kind;
      failing_store target(std::move(sound), plan);
      CHECK(target.remove_executions(keys{4, 3, 2}, now, many).has_error());
    }
    const auto target = open(path);
    const bool is_done = kind == write_failure::after_effect;
    CHECK(all_keys(*target) == (is_done ? keys{1, 9} : keys{1, 2, 3, 4, 9}));
    CHECK(target->find_execution(1).value().removed_children == (is_done ? 2 : 0));
    remove(*target, {4, 3, 2});
    CHECK(all_keys(*target) == keys{1, 9});
    CHECK(target->find_execution(1).value().removed_children == 2);
  }
}

} // namespace millrace::storage::testing
