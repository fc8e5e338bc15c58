// SPDX-License-Identifier: Apache-2.0
#include <millrace/store.hpp>

#include "catch.hpp"
#include "store_fixture.hpp"

#include <sstream>

namespace millrace::storage::testing {

namespace {

/// Runs a claim over both kinds of store.
template <class Claim>
void on_each_store(Claim&& claim) {
  SECTION("in memory") {
    claim(*open({}, durability::none));
  }
  SECTION("in a file") {
    const temporary_folder folder;
    claim(*open(folder.file("orders.db")));
  }
}

/// The whole observable state of an execution as one text, for comparisons.
std::string describe(store& target, execution_key key) {
  const execution_row row = target.find_execution(key).value();
  const stored_state state = target.load_state(key).value();
  std::ostringstream text;
  text << row.id << ' ' << static_cast<int>(row.status) << ' ' << row.started_at << ' '
       << row.ended_at << ' ' << row.due_at << ' ' << row.context << ' ' << row.path << ' '
       << row.error_info << " snapshot=" << state.snapshot << '@' << state.snapshot_sequence
       << " journal=" << state.journal_sequence;
  for (const std::string& delta : state.deltas) {
    text << ' ' << delta;
  }
  for (const inbox_entry& entry : state.inbox) {
    text << " inbox=" << entry.cursor << ':' << entry.payload;
  }
  for (const wait_entry& entry : target.waits(key).value()) {
    text << " wait=" << entry.correlation_key << ':' << entry.cursor;
  }
  return text.str();
}

commit_unit journaling(execution_key key, std::int64_t sequence, const std::string& delta) {
  commit_unit unit;
  unit.execution = key;
  unit.delta = delta;
  unit.journal_sequence = sequence;
  return unit;
}

commit_unit delivering(const std::string& correlation_key, const std::string& payload) {
  commit_unit unit;
  unit.deliveries.push_back({correlation_key, payload});
  return unit;
}

} // namespace

TEST_CASE("a start becomes a row with everything it said") {
  on_each_store([](store& target) {
    const execution_start root = root_start(1);
    execution_start child = child_start(2, 1, 7);
    child.trigger_source.clear();
    const auto outcomes = commit(target, {starting(root), starting(child)});
    REQUIRE(outcomes.size() == 2);
    CHECK(outcomes[0].started == std::vector<execution_key>{1});
    CHECK(outcomes[1].started == std::vector<execution_key>{2});

    const execution_row row = target.find_execution(child.id).value();
    CHECK(row.key == 2);
    CHECK(row.id == child.id);
    CHECK(row.message_id == child.message_id);
    CHECK(row.status == execution_status::initializing);
    CHECK(row.kind == execution_kind::async_subflow);
    CHECK(row.depth == 1);
    CHECK(row.root == 1);
    CHECK(row.parent == 1);
    CHECK(row.root_id == root.id);
    CHECK(row.parent_id == root.id);
    CHECK(row.parent_step == "spawn");
    CHECK(row.parent_visit == 7);
    CHECK(row.flow_definition_id == "order-flow");
    CHECK(row.flow_version_asked == "LATEST_PUBLISHED");
    CHECK(row.flow_version == 0);
    CHECK(row.definition == 0);
    CHECK(row.trigger_source.empty());
    CHECK(row.accepted_at == child.accepted_at);
    CHECK(row.started_at == 0);
    CHECK(row.ended_at == 0);
    CHECK(row.due_at == 0);
    CHECK(row.start_input == child.start_input);
    CHECK(row.context.empty());
    CHECK(row.error_info.empty());

    const execution_row parent = target.find_execution(execution_key{1}).value();
    CHECK(parent.parent == 0);
    CHECK(parent.parent_id.empty());
    CHECK(parent.root_id == root.id);
    CHECK(parent.trigger_source == "test");
  });
}

TEST_CASE("a start that is repeated gives the key of the first, by its id and by its visit") {
  on_each_store([](store& target) {
    commit(target, {starting(root_start(1)), starting(child_start(2, 1, 0))});

    execution_start same_id = root_start(3);
    same_id.id = id_of(1);
    const execution_start same_visit = child_start(4, 1, 0);
    execution_start replayed = child_start(2, 1, 0);
    commit_unit again;
    for (const execution_start& start : {same_id, same_visit, replayed, child_start(5, 1, 1)})
      again.starts.push_back(std::make_shared<const execution_start>(start));
    CHECK(commit(target, {again})[0].started == std::vector<execution_key>{1, 2, 2, 5});

    CHECK(target.counts().value().executions == 3);
    CHECK(target.find_child(1, "spawn", 0).value().key == 2);
    CHECK(target.find_child(1, "spawn", 2).error().code() == errc::not_found);
    CHECK(target.find_execution(id_of(4)).error().code() == errc::not_found);
    CHECK(target.last_key().value() == 5);
  });
}

TEST_CASE("an execution that starts, begins and ends in one batch has ended") {
  on_each_store([](store& target) {
    commit(target, {starting(root_start(1)), starting(child_start(2, 1, 1)), running_through(2),
                    beginning(1), ending(1, execution_status::failed)});
    const execution_row child = target.find_execution(execution_key{2}).value();
    CHECK(child.status == execution_status::completed);
    CHECK(child.definition == 1);
    CHECK(child.flow_version == 3);
    CHECK(child.started_at == 1'700'000'001'002);
    CHECK(child.ended_at == 1'700'000'002'002);
    CHECK(child.context == R"({"result":2})");
    CHECK(child.path == R"(["first","last"])");
    CHECK(child.error_info.empty());
    const execution_row root = target.find_execution(execution_key{1}).value();
    CHECK(root.status == execution_status::failed);
    CHECK(root.error_info == R"({"errorName":"Test"})");
    CHECK(target.unfinished(0, 10).value().empty());
  });
}

TEST_CASE("deltas come back in order, and a snapshot takes the place of those before it") {
  on_each_store([](store& target) {
    commit(target,
           {starting(root_start(1)), beginning(1), journaling(1, 1, "d1"), journaling(1, 2, "d2")});
    stored_state state = target.load_state(1).value();
    CHECK(state.snapshot.empty());
    CHECK(state.deltas == std::vector<std::string>{"d1", "d2"});
    CHECK(state.journal_sequence == 2);

    commit_unit snapshot = journaling(1, 3, "d3");
    snapshot.snapshot = "s3";
    commit(target, {snapshot, journaling(1, 4, "d4")});
    state = target.load_state(1).value();
    CHECK(state.snapshot == "s3");
    CHECK(state.snapshot_sequence == 3);
    CHECK(state.deltas == std::vector<std::string>{"d4"});
    CHECK(state.journal_sequence == 4);

    snapshot.snapshot = "s5";
    snapshot.journal_sequence = 5;
    commit(target, {snapshot});
    state = target.load_state(1).value();
    CHECK(state.snapshot == "s5");
    CHECK(state.deltas.empty());
    CHECK(state.journal_sequence == 5);
  });
}

TEST_CASE("an event goes to the first execution that waits, once, and leaves other waits alone") {
  on_each_store([](store& target) {
    commit(target, {starting(root_start(1)), starting(root_start(2)), parking(2, {"paid", "sent"}),
                    parking(1, {"paid"})});
    CHECK(target.waiting_for("paid").value() == 1);

    const auto outcomes = commit(target, {delivering("paid", "a"), delivering("paid", "b"),
                                          delivering("paid", "c"), delivering("nobody", "d")});
    CHECK(outcomes[0].delivered == std::vector<execution_key>{1});
    CHECK(outcomes[1].delivered == std::vector<execution_key>{2});
    CHECK(outcomes[2].delivered == std::vector<execution_key>{0});
    CHECK(outcomes[3].delivered == std::vector<execution_key>{0});

    CHECK(target.waiting_for("paid").value() == 0);
    CHECK(target.waiting_for("sent").value() == 2);
    REQUIRE(target.load_state(2).value().inbox.size() == 1);
    CHECK(target.load_state(2).value().inbox[0].payload == "b");
    CHECK(target.load_state(2).value().inbox[0].cursor == "main");
    CHECK(target.with_inbox(10).value() == std::vector<execution_key>{1, 2});
  });
}

TEST_CASE(
    "a start and the first unit of its execution leave the same behind in one batch as in two") {
  commit_unit parked = parking(3, {"paid"}, 500);
  parked.wakes_itself = true;
  commit_unit journaled = beginning(3);
  journaled.delta = "{}";
  journaled.journal_sequence = 1;
  commit_unit spawning = running_through(3);
  spawning.starts = starting(child_start(4, 3, 1)).starts;
  spawning.started_children = 1;
  for (commit_unit first : {running_through(3), parked, journaled, spawning}) {
    first.is_ahead = true;
    on_each_store([&](store& target) {
      commit(target, {starting(root_start(3)), first});
      const std::string together = describe(target, 3);
      const auto later = open({}, durability::none);
      commit(*later, {starting(root_start(3))});
      commit(*later, {first});
      CHECK(together == describe(*later, 3));
      CHECK(target.unfinished(0, 10).value() == later->unfinished(0, 10).value());
      CHECK(target.next_wake().value() == later->next_wake().value());
      CHECK(target.find_execution(execution_key{3})->started_children ==
            later->find_execution(execution_key{3})->started_children);
      CHECK(target.count_children(3).value() == later->count_children(3).value());
    });
  }
}

TEST_CASE("an execution that runs ahead of its row goes nowhere when its start made none") {
  on_each_store([](store& target) {
    commit(target, {starting(root_start(1)), starting(child_start(2, 1, 7))});
    const std::string before = describe(target, 2);

    commit_unit first = running_through(3); // of the same visit as 2
    first.is_ahead = true;
    first.starts = starting(child_start(4, 3, 1)).starts;
    commit_unit second = running_through(4);
    second.is_ahead = true;
    execution_start same_id = root_start(5);
    same_id.id = id_of(1);
    commit_unit itself = running_through(5);
    itself.is_ahead = true;
    itself.starts = {starting(same_id).starts.front(),
                     starting(child_start(6, 5, 1)).starts.front()};

    const auto outcomes = commit(target, {starting(child_start(3, 1, 7)), first, second, itself});
    CHECK(outcomes[0].started == std::vector<execution_key>{2});
    CHECK_FALSE(outcomes[0].is_void);
    CHECK(outcomes[1].is_void);
    CHECK(outcomes[1].started == std::vector<execution_key>{0});
    CHECK(outcomes[2].is_void);
    CHECK(outcomes[3].is_void);
    CHECK(outcomes[3].started == std::vector<execution_key>{1, 0});
    CHECK(describe(target, 2) == before);
    CHECK(target.last_key().value() == 2);
  });
}

TEST_CASE("an execution ahead of its row does not begin again what has begun") {
  on_each_store([](store& target) {
    commit(target, {starting(root_start(1)), parking(1, {"paid"})});
    const std::string before = describe(target, 1);
    commit_unit again = running_through(1);
    again.is_ahead = true;
    CHECK(commit(target, {again})[0].is_void);
    CHECK(describe(target, 1) == before);
  });
}

TEST_CASE("an inbox entry that was consumed is gone, and its id never comes back") {
  on_each_store([](store& target) {
    commit(target, {starting(root_start(1)), parking(1, {"paid"}), delivering("paid", "a")});
    const std::int64_t first = target.load_state(1).value().inbox.at(0).id;

    commit_unit consuming;
    consuming.execution = 1;
    consuming.consumed_inbox = {first};
    commit(target, {consuming, parking(1, {"paid"}), delivering("paid", "b"), consuming});
    const stored_state state = target.load_state(1).value();
    REQUIRE(state.inbox.size() == 1);
    CHECK(state.inbox[0].payload == "b");
    CHECK(state.inbox[0].id > first);
  });
}

TEST_CASE("an unchanged due time stays, and zero takes it away") {
  on_each_store([](store& target) {
    commit(target, {starting(root_start(1)), parking(1, {}, 500)});
    commit_unit unit;
    unit.execution = 1;
    unit.status = execution_status::running;
    commit(target, {unit});
    CHECK(target.find_execution(execution_key{1}).value().due_at == 500);
    unit.due_at = 0;
    commit(target, {unit});
    CHECK(target.find_execution(execution_key{1}).value().due_at == 0);
  });
}

TEST_CASE("the end drops journal, snapshot, waits, due time and inbox") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  {
    const auto target = open(file);
    commit_unit snapshot = journaling(1, 1, {});
    snapshot.snapshot = "s1";
    commit(*target, {starting(root_start(1)), parking(1, {"paid", "sent"}, 500), snapshot,
                     journaling(1, 2, "d2"), delivering("paid", "a"),
                     ending(1, execution_status::timed_out)});
    CHECK(target->find_execution(execution_key{1}).value().due_at == 0);
    CHECK(target->waiting_for("sent").value() == 0);
    CHECK(target->next_due(0).value() == 0);
  }
  for (const char* table : {"journal", "snapshot", "wait", "inbox"}) {
    INFO(table);
    CHECK(read_with_sqlite(file, std::string("SELECT count(*) FROM ") + table) == "0");
  }
}

TEST_CASE("an execution that has ended is left alone by everything that comes later") {
  on_each_store([](store& target) {
    commit(target, {starting(root_start(1)), beginning(1), ending(1, execution_status::cancelled)});
    const std::string ended = describe(target, 1);
    commit_unit late = parking(1, {"paid"}, 500);
    late.delta = "late";
    late.journal_sequence = 9;
    late.records.push_back({1, "step", "{}"});
    commit_unit snapshot = journaling(1, 10, {});
    snapshot.snapshot = "late";
    commit(target, {ending(1), late, snapshot, running_through(1), delivering("paid", "x")});
    CHECK(describe(target, 1) == ended);
    CHECK(target.step_records(1).value().empty());
  });
}

TEST_CASE("what an ended execution started is started all the same") {
  on_each_store([](store& target) {
    commit(target, {starting(root_start(1)), running_through(1)});
    commit_unit late = starting(child_start(2, 1, 1));
    late.delta = "late";
    late.journal_sequence = 1;
    CHECK(commit(target, {late})[0].started == std::vector<execution_key>{2});
    CHECK(target.load_state(1).value().deltas.empty());
  });
}

TEST_CASE("step records come back in their order, a repeated one replaced") {
  on_each_store([](store& target) {
    commit_unit unit = running_through(1);
    unit.records = {{2, "b", "{\"n\":2}"}, {1, "a", "{\"n\":1}"}, {2, "b", "{\"n\":3}"}};
    commit(target, {starting(root_start(1)), unit});
    const auto records = target.step_records(1).value();
    REQUIRE(records.size() == 2);
    CHECK(records[0].step_instance_id == "a");
    CHECK(records[1].sequence == 2);
    CHECK(records[1].record == "{\"n\":3}");
  });
}

TEST_CASE("a batch with one unit that cannot be applied leaves nothing behind") {
  on_each_store([](store& target) {
    const auto refused = target.commit(std::vector{starting(root_start(1)), beginning(99)});
    REQUIRE(refused.has_error());
    CHECK(refused.error().code() == errc::internal);
    CHECK(refused.error().message().find("99") != std::string::npos);
    CHECK(target.counts().value().executions == 0);
    // The store goes on: this failure left no doubt about what is on disk.
    CHECK(commit(target, {starting(root_start(1))})[0].started == std::vector<execution_key>{1});
  });
}

TEST_CASE("a key that another execution has is refused, not overwritten") {
  on_each_store([](store& target) {
    commit(target, {starting(root_start(1))});
    execution_start stranger = root_start(2);
    stranger.key = 1;
    CHECK(target.commit(std::vector{starting(stranger)}).error().code() == errc::internal);
    CHECK(target.find_execution(execution_key{1}).value().id == id_of(1));
  });
}

TEST_CASE("texts of any size and any characters come back as they were") {
  on_each_store([](store& target) {
    execution_start start = root_start(1);
    start.start_input =
        "{\"t\":\"" + std::string(300'000, 'x') + "\xc3\xa9\xf0\x9f\x98\x80'\"--\"}";
    start.flow_definition_id = "it's \"quoted\"; DROP TABLE execution";
    commit(target, {starting(start)});
    const execution_row row = target.find_execution(execution_key{1}).value();
    CHECK(row.start_input == start.start_input);
    CHECK(row.flow_definition_id == start.flow_definition_id);
  });
}

} // namespace millrace::storage::testing
