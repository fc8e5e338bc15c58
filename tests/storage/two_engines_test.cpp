// SPDX-License-Identifier: Apache-2.0
//
// Processes that race for one database, again and again: one of them has it, the others hear who.
#include <millrace/store.hpp>

#include "catch.hpp"
#include "child_process.hpp"
#include "store_fixture.hpp"
#include "torture.hpp"

#include <algorithm>
#include <memory>

namespace millrace::storage::testing {

namespace {

constexpr std::size_t racers = 4;

/// Opens when it is told to, reports "+" or the reason with its length, and keeps what it has.
void race(const std::string& file, const child_process::parent_link& parent) {
  parent.report("r");
  parent.wait();
  const auto opened = open_store({file, durability::process_crash, false});
  const std::string said = opened ? "+" : opened.error().message();
  parent.report(std::string(1, static_cast<char>(std::min<std::size_t>(said.size(), 127))) +
                said.substr(0, 127));
  parent.wait();
}

std::string said_by(const child_process& racer) {
  const std::string size = racer.read(1);
  REQUIRE(size.size() == 1);
  return racer.read(static_cast<std::size_t>(size.front()));
}

} // namespace

TEST_CASE("of processes that open a database at once one wins, also after a winner was killed",
          "[torture][race]") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  const int rounds = millrace::testing::is_full_torture() ? 300 : 20;
  millrace::testing::torture_count counted;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::unique_ptr<child_process>> all;
    for (std::size_t i = 0; i < racers; ++i) {
      all.push_back(std::make_unique<child_process>(
          [&](const child_process::parent_link& parent) { race(file, parent); }));
      REQUIRE(all.back()->read(1) == "r");
    }
    for (const auto& racer : all) {
      racer->let_go();
    }
    std::size_t winner = racers;
    std::size_t winners = 0;
    std::vector<std::string> refusals;
    for (std::size_t i = 0; i < racers; ++i) {
      const std::string said = said_by(*all[i]);
      if (said == "+") {
        winner = i;
        ++winners;
      } else {
        refusals.push_back(said);
      }
    }
    INFO("round " << round);
    REQUIRE(winners == 1);
    for (const std::string& refusal : refusals) {
      INFO(refusal);
      CHECK(refusal.find("is in use by") != std::string::npos);
    }
    all[winner]->kill();
    ++counted.points;
    // At once: the lock went with its holder, whatever it was doing.
    commit(*open(file), {starting(root_start(round + 1))});
    CHECK(open(file)->counts().value().executions == round + 1);
  }
  print_counts("kills", counted, "processes that had the database of others");
}

} // namespace millrace::storage::testing
