// SPDX-License-Identifier: Apache-2.0
//
// millrace verify, as scripts see it.
#include "command.hpp"

#include "catch.hpp"

#include <sqlite3.h>

#include <sys/stat.h>

using namespace millrace::cli::testing;
namespace json = millrace::json;

namespace {

void execute(const std::string& path, const char* sql) {
  sqlite3* database = nullptr;
  sqlite3_open(path.c_str(), &database);
  const int done = sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
  sqlite3_close(database);
  REQUIRE(done == SQLITE_OK);
}

// A family of three and one that waits.
void fill(const workplace& place) {
  place.write("1.json", parent_flow());
  place.write("2.json", simple_flow("child"));
  place.write("waiting.json", waiting_flow());
  REQUIRE(place.run({"run", "1.json", "2.json", "--db", "x.db", "--input", R"({"items": [1, 2]})"})
              .status == 0);
  REQUIRE(place.run({"run", "waiting.json", "--db", "x.db", "--input", R"({"id": "q1"})"}).status ==
          0);
}

} // namespace

TEST_CASE("verify gives 0 and the counts for a sound database") {
  const workplace place;
  fill(place);
  const outcome text = place.run({"verify", "--db", "x.db"});
  INFO(text.err);
  CHECK(text.status == 0);
  CHECK(text.err == "");
  CHECK(text.out.find("checked    4 executions, 1 of them open, 1 replayed\n") == 0);
  CHECK(text.out.find("\nThe database x.db is sound.\n") != std::string::npos);
  const outcome document = place.run({"verify", "--db", "x.db", "--output", "json"});
  CHECK(document.status == 0);
  CHECK(document.document().at("sound") == true);
  CHECK(document.document().at("checked").at("executions") == 4);
  CHECK(document.document().at("findings") == json::array());
}

TEST_CASE("verify gives 1 and a sentence for each finding") {
  const workplace place;
  fill(place);
  execute(place.path("x.db"), "UPDATE execution SET depth = 4 WHERE key = 2");
  const outcome text = place.run({"verify", "--db", "x.db"});
  CHECK(text.status == 1);
  CHECK(text.out.find("\nlineage: The execution ") != std::string::npos);
  CHECK(text.out.find(" has the depth 4, but its parent has 0; set it to 1, or restore a backup.\n"
                      "The database x.db is not sound: 1 findings.\n") != std::string::npos);
  const outcome document = place.run({"verify", "--db", "x.db", "--output", "json"});
  CHECK(document.status == 1);
  CHECK(document.document().at("sound") == false);
  const json::value finding = document.document().at("findings").at(0);
  CHECK(finding.at("check") == "lineage");
  CHECK(finding.at("flowExecutionId").as_string().size() == 36);
}

TEST_CASE("verify gives 2 for what is not there and 3 for what cannot be read") {
  const workplace place;
  place.write("text.db", "This is a letter, not a database.\n");
  CHECK(place.run({"verify"}).status == 2);
  const outcome missing = place.run({"verify", "--db", "nothing.db"});
  CHECK(missing.status == 2);
  CHECK(missing.err == "millrace: There is no database nothing.db.\n");
  CHECK_FALSE(place.has("nothing.db"));
  const outcome letter = place.run({"verify", "--db", "text.db", "--output", "json"});
  CHECK(letter.status == 3);
  CHECK(letter.out == "");
  CHECK(letter.err.find("is not a database") != std::string::npos);
}

TEST_CASE("verify works on a database that may only be read") {
  const workplace place;
  fill(place);
  REQUIRE(chmod(place.path("x.db").c_str(), 0444) == 0);
  REQUIRE(chmod(place.path("").c_str(), 0755) == 0);
  // The files that catch the command's output are there already; make them everybody's.
  for (const char* name : {".stdout", ".stderr", ".stdin"})
    REQUIRE(chmod(place.path(name).c_str(), 0666) == 0);
  circumstances how;
  how.as_ordinary_user = true;
  const outcome result = place.run({"verify", "--db", "x.db"}, how);
  INFO(result.err);
  CHECK(result.status == 0);
}
