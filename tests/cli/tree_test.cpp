// SPDX-License-Identifier: Apache-2.0
//
// The drawings, exactly, from records with known times.
#include "tree.hpp"

#include "summary.hpp"
#include "wording.hpp"

#include "catch.hpp"

using namespace millrace;

namespace {

constexpr std::int64_t start = 1'700'000'000'000;

execution_record make(const std::string& id, const std::string& parent, std::int64_t begin,
                      std::int64_t end) {
  execution_record record;
  record.flow_execution_id = id;
  record.parent_flow_execution_id = parent;
  record.flow_definition_id = parent.empty() ? "intake" : "order";
  record.flow_definition_version = 1;
  record.status = end == 0 ? execution_status::running : execution_status::completed;
  record.kind = parent.empty() ? execution_kind::root : execution_kind::async_subflow;
  record.accepted_at = record.started_at = start + begin;
  record.ended_at = end == 0 ? 0 : start + end;
  return record;
}

constexpr cli::look plain{false, false};

} // namespace

TEST_CASE("a tree shows that the parent ended first") {
  std::vector<execution_record> family{make("r", "", 0, 10), make("a", "r", 4, 25),
                                       make("a1", "a", 30, 1530), make("b", "r", 5, 8)};
  family[3].status = execution_status::failed;
  family[3].error = error_info{"PermanentStepError", "no\nstock \x1b[31m", {}, false};
  CHECK(cli::draw_tree(family, plain) ==
        "EXECUTION       STATUS      START       END    TOOK  ENDED                    ID\n"
        "intake v1       COMPLETED   +0 ms    +10 ms   10 ms                           r\n"
        "|- order v1     COMPLETED   +4 ms    +25 ms   21 ms  15 ms after its parent   a\n"
        "|  `- order v1  COMPLETED  +30 ms  +1530 ms  1.50 s  1.50 s after its parent  a1\n"
        "`- order v1     FAILED      +5 ms     +8 ms    3 ms  2 ms before its parent   b\n"
        "      PermanentStepError: no stock  [31m\n"
        "\n"
        "Detached: 2 of 3 children ended after the parent, which does not wait; the last one "
        "1.50 s after it.\n");
}

TEST_CASE("what has not ended says what it waits for") {
  std::vector<execution_record> family{make("r", "", 0, 0)};
  family[0].status = execution_status::waiting;
  family[0].waiting_for = {"approval:7"};
  family[0].due_at = start;
  CHECK(cli::draw_tree(family, plain) ==
        "EXECUTION  STATUS   START  END  TOOK  ENDED  ID\n"
        "intake v1  WAITING  +0 ms    -     -         r\n"
        "   waits for the event approval:7, at most until 2023-11-14T22:13:20.000Z\n");
}

TEST_CASE("colour changes no column") {
  const std::vector<execution_record> family{make("r", "", 0, 10), make("a", "r", 4, 25)};
  std::string coloured = cli::draw_tree(family, {true, false});
  CHECK(coloured.find("\x1b[32mCOMPLETED\x1b[0m") != std::string::npos);
  for (std::size_t at = 0; (at = coloured.find('\x1b')) != std::string::npos;)
    coloured.erase(at, coloured.find('m', at) - at + 1);
  CHECK(coloured == cli::draw_tree(family, plain));
}

TEST_CASE("a summary counts per flow and names the first, the last and the first failure") {
  cli::family_summary summary;
  summary.add(make("r", "", 0, 10));
  for (int i = 0; i < 1200; ++i) {
    execution_record child = make("c" + std::to_string(i), "r", i, i + 1);
    if (i == 600) {
      child.status = execution_status::failed;
      child.error = error_info{"Error", "no stock", {}, false};
    }
    summary.add(child);
  }
  CHECK(summary.draw(plain) ==
        "EXECUTION  WHICH         STATUS        START       END   TOOK  ID\n"
        "intake v1  root          COMPLETED     +0 ms    +10 ms  10 ms  r\n"
        "order v1   first         COMPLETED     +0 ms     +1 ms   1 ms  c0\n"
        "order v1   last          COMPLETED  +1199 ms  +1200 ms   1 ms  c1199\n"
        "order v1   first failed  FAILED      +600 ms   +601 ms   1 ms  c600\n"
        "   Error: no stock\n"
        "\n"
        "FLOW      EXECUTIONS  COMPLETED  FAILED  CANCELLED  TIMED OUT  WAITING  UNFINISHED\n"
        "order v1       1,200      1,199       1          0          0        0           0\n"
        "\n"
        "Detached: 1,190 of 1,200 executions ended after the root, which does not wait; the root "
        "ended at +10 ms, the last execution at +1200 ms.\n");
}

TEST_CASE("durations are short to read") {
  CHECK(cli::duration(0) == "0 ms");
  CHECK(cli::duration(999) == "999 ms");
  CHECK(cli::duration(1500) == "1.50 s");
  CHECK(cli::duration(125'000) == "2 min 5 s");
  CHECK(cli::duration(7'500'000) == "2 h 5 min");
  CHECK(cli::grouped(1) == "1");
  CHECK(cli::grouped(999'999) == "999,999");
  CHECK(cli::grouped(1'000'000) == "1,000,000");
}
