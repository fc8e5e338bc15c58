// SPDX-License-Identifier: Apache-2.0
#include "definitions.hpp"

#include "catch.hpp"
#include "store_fixture.hpp"

namespace millrace::storage::testing {

TEST_CASE("flow versions come back ordered by flow and number, the last definition of each") {
  const auto target = open({}, durability::none);
  const std::vector<flow_version_record> versions{
      {"b", 2, true, "b2"}, {"a", 10, false, "a10"}, {"a", 9, true, "old"}, {"a", 9, false, "a9"}};
  REQUIRE(target->put_flow_versions(versions).has_value());
  const auto found = target->flow_versions().value();
  REQUIRE(found.size() == 3);
  CHECK(found[0].definition == "a9");
  CHECK_FALSE(found[0].is_published);
  CHECK(found[1].version == 10);
  CHECK(found[2].flow_definition_id == "b");
  CHECK(found[2].is_published);
}

TEST_CASE("flow variables and records are replaced under their ids, records by kind") {
  const auto target = open({}, durability::none);
  REQUIRE(target->put_flow_variables("f", "1").has_value());
  REQUIRE(target->put_flow_variables("e", "2").has_value());
  REQUIRE(target->put_flow_variables("f", "3").has_value());
  CHECK(target->flow_variables().value() == texts_by_id{{"e", "2"}, {"f", "3"}});

  REQUIRE(target->put_record("step", "x", "1").has_value());
  REQUIRE(target->put_record("agent", "x", "2").has_value());
  REQUIRE(target->put_record("step", "x", "3").has_value());
  CHECK(target->records("step").value() == texts_by_id{{"x", "3"}});
  CHECK(target->records("agent").value() == texts_by_id{{"x", "2"}});
  CHECK(target->records("nothing").value().empty());
}

TEST_CASE("a pinned definition has one key for one hash") {
  const temporary_folder folder;
  const auto target = open(folder.file("orders.db"));
  const std::int64_t first = target->put_pinned_definition("h1", "one").value();
  const std::int64_t second = target->put_pinned_definition("h2", "two").value();
  CHECK(first != 0);
  CHECK(first != second);
  CHECK(target->put_pinned_definition("h1", "one").value() == first);
  CHECK(target->pinned_definition(first).value() == "one");
  CHECK(target->pinned_definition(second).value() == "two");
  CHECK(target->pinned_definition(99).error().code() == errc::not_found);
}

TEST_CASE("an execution keeps its pinned definition when the flow version is replaced") {
  const auto target = open({}, durability::none);
  REQUIRE(target->put_flow_versions(std::vector<flow_version_record>{{"f", 3, true, "old"}})
              .has_value());
  commit_unit begin = beginning(1);
  begin.begin->definition = target->put_pinned_definition("hash", "old").value();
  commit(*target, {starting(root_start(1)), begin});
  REQUIRE(target->put_flow_versions(std::vector<flow_version_record>{{"f", 3, true, "new"}})
              .has_value());
  const execution_row row = target->find_execution(execution_key{1}).value();
  CHECK(row.flow_version == 3);
  CHECK(target->pinned_definition(row.definition).value() == "old");
}

TEST_CASE("definitions are there after the store was closed and opened again") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  std::int64_t key = 0;
  {
    const auto target = open(file);
    REQUIRE(target->put_flow_versions(std::vector<flow_version_record>{{"f", 1, true, "d"}})
                .has_value());
    REQUIRE(target->put_flow_variables("f", "v").has_value());
    REQUIRE(target->put_record("step", "s", "r").has_value());
    key = target->put_pinned_definition("h", "p").value();
  }
  const auto target = open(file);
  CHECK(target->flow_versions().value().size() == 1);
  CHECK(target->flow_variables().value().size() == 1);
  CHECK(target->records("step").value().size() == 1);
  CHECK(target->pinned_definition(key).value() == "p");
  CHECK(target->put_pinned_definition("h", "p").value() == key);
}

} // namespace millrace::storage::testing
