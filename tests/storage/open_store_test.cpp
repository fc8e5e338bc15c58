// SPDX-License-Identifier: Apache-2.0
#include <millrace/store.hpp>

#include "catch.hpp"
#include "child_process.hpp"
#include "schema.hpp"
#include "store_fixture.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace millrace::storage::testing {

namespace {

namespace fs = std::filesystem;

/// The message with which opening fails; its code is checked to be database_unusable.
std::string refusal(const std::string& path, bool read_only = false) {
  const auto opened = open_store({path, durability::process_crash, read_only});
  if (opened) {
    return "opened";
  }
  return opened.error().code() == errc::database_unusable
             ? opened.error().message()
             : "other code: " + opened.error().message();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The names in a folder, to see that nothing was left beside a file.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class working_folder {
public:
  explicit working_folder(const fs::path& folder) : before_(fs::current_path()) {
    fs::current_path(folder);
  }
  ~working_folder() {
    std::error_code ignored;
    fs::current_path(before_, ignored);
  }
  working_folder(const working_folder&) = delete;
  working_folder& operator=(const working_folder&) = delete;

private:
  fs::path before_;
};

} // namespace

TEST_CASE("a new file is created, and a clean close leaves one file behind") {
  const temporary_folder folder;
  commit(*open(folder.file("orders.db")), {starting(root_start(1))});
  CHECK(names_in(folder.path()) == std::vector<std::string>{"orders.db"});
  CHECK(open(folder.file("orders.db"))->last_key().value() == 1);
}

TEST_CASE("an empty file is a new database") {
  const temporary_folder folder;
  write_file(folder.file("orders.db"), "");
  commit(*open(folder.file("orders.db")), {starting(root_start(1))});
  CHECK(open(folder.file("orders.db"))->last_key().value() == 1);
}

TEST_CASE("every durability level keeps what was committed over a close") {
  const temporary_folder folder;
  const std::pair<durability, std::string> levels[] = {{durability::power_loss, "power.db"},
                                                       {durability::process_crash, "crash.db"},
                                                       {durability::none, "none.db"}};
  for (const auto& [level, name] : levels) {
    commit(*open(folder.file(name), level), {starting(root_start(1))});
    CHECK(open(folder.file(name), level)->last_key().value() == 1);
  }
}

TEST_CASE("two stores in memory are two databases") {
  const auto one = open({}, durability::none);
  const auto other = open({}, durability::none);
  commit(*one, {starting(root_start(1))});
  CHECK(other->last_key().value() == 0);
}

TEST_CASE("a store in memory cannot be opened read-only") {
  CHECK(open_store({{}, durability::none, true}).error().code() == errc::invalid_argument);
}

TEST_CASE("a database has one engine at a time, and the second one hears who it is") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  auto first = open(file);
  const std::string message = refusal(file);
  INFO(message);
  CHECK(contains(message, "The database " + file + " is in use by process " +
                              std::to_string(getpid()) + " ("));
  CHECK(contains(message, "which is this one"));
  first.reset();
  CHECK(refusal(file) == "opened");
}

TEST_CASE("a database is locked against other processes, under each of its names") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  fs::create_symlink("orders.db", folder.path() / "link.db");
  child_process holder([&](const child_process::parent_link& link) {
    const auto target = open(file);
    link.report("x");
    link.wait();
  });
  REQUIRE(holder.read(1) == "x");
  const std::string held_by = "is in use by process " + std::to_string(holder.id()) + " (";
  CHECK(contains(refusal(file), held_by));
  CHECK(contains(refusal(folder.file("link.db")), held_by));
  const working_folder inside(folder.path());
  CHECK(contains(refusal("orders.db"), "The database orders.db " + held_by));
  CHECK(contains(refusal("./../" + folder.path().filename().string() + "/orders.db"), held_by));

  // A holder that is killed leaves its lock file, which locks nobody out.
  holder.kill();
  CHECK(fs::exists(folder.file("orders.db-engine")));
  CHECK(refusal(file) == "opened");
}

TEST_CASE("queries may open a database that an engine uses, and see its commits") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  const auto engine = open(file);
  commit(*engine, {starting(root_start(1))});
  auto opened = open_store({file, durability::power_loss, true});
  REQUIRE(opened.has_value());
  const std::unique_ptr<store> reader = std::move(*opened);
  CHECK(reader->last_key().value() == 1);
  commit(*engine, {starting(root_start(2))});
  CHECK(reader->last_key().value() == 2);
  const auto refused = reader->commit(std::vector{starting(root_start(3))});
  REQUIRE(refused.has_error());
  CHECK(refused.error().code() == errc::database_unusable);
  CHECK(contains(refused.error().message(), "read-only"));
}

TEST_CASE("a symbolic link to a file that is not there yet creates that file") {
  const temporary_folder folder;
  fs::create_directory(folder.path() / "data");
  fs::create_symlink("data/real.db", folder.path() / "link.db");
  {
    const auto target = open(folder.file("link.db"));
    CHECK(names_in(folder.path() / "data").front() == "real.db");
    CHECK(contains(refusal(folder.file("data/real.db")), "is in use"));
  }
  CHECK(fs::is_symlink(folder.path() / "link.db"));
}

TEST_CASE("a path that cannot be a database is refused with its reason") {
  const temporary_folder folder;
  CHECK(contains(refusal(folder.file("missing/orders.db")), "its folder"));
  CHECK(contains(refusal(folder.path().string()), "is a folder"));
  fs::create_symlink("b.db", folder.path() / "a.db");
  fs::create_symlink("a.db", folder.path() / "b.db");
  CHECK(contains(refusal(folder.file("a.db")), "symbolic links lead nowhere"));
  REQUIRE(mkfifo(folder.file("pipe.db").c_str(), 0600) == 0);
  CHECK(contains(refusal(folder.file("pipe.db")), "is not a file"));
  CHECK(contains(refusal(folder.file("absent.db"), true), "nothing to read"));
  CHECK_FALSE(fs::exists(folder.file("absent.db")));
}

TEST_CASE("a name full of special characters is a name like any other") {
  const temporary_folder folder;
  const std::string file = folder.file("a?b=c#d%20 é'\";.db");
  commit(*open(file), {starting(root_start(1))});
  CHECK(names_in(folder.path()).size() == 1);
  CHECK(open(file)->last_key().value() == 1);
}

TEST_CASE("a file that is no database is refused and not touched") {
  const temporary_folder folder;
  const std::string file = folder.file("notes.txt");
  for (const std::string& bytes : {std::string("short"), std::string(10'000, 'x')}) {
    write_file(file, bytes);
    CHECK(contains(refusal(file), "is not a database"));
    CHECK(contains(refusal(file, true), "is not a database"));
    CHECK(read_file(file) == bytes);
    CHECK(names_in(folder.path()) == std::vector<std::string>{"notes.txt"});
  }
}

TEST_CASE("a database of another program is refused and not touched") {
  const temporary_folder folder;
  const std::string file = folder.file("theirs.db");
  run_with_sqlite(file, "PRAGMA journal_mode = WAL; CREATE TABLE execution (key INTEGER)");
  const std::string before = read_file(file);
  CHECK(contains(refusal(file), "belongs to another program"));
  CHECK(contains(refusal(file, true), "belongs to another program"));
  CHECK(read_file(file) == before);
  CHECK(names_in(folder.path()) == std::vector<std::string>{"theirs.db"});
}

TEST_CASE("a database of a newer version is refused by both numbers and not touched") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  open(file).reset();
  run_with_sqlite(file, "PRAGMA user_version = 9");
  const std::string before = read_file(file);
  const std::string expected = "was written by a newer Millrace (schema 9, this one knows " +
                               std::to_string(schema_version()) + ")";
  CHECK(contains(refusal(file), expected));
  CHECK(contains(refusal(file, true), expected));
  CHECK(read_file(file) == before);
}

TEST_CASE("an older database is migrated by an engine and refused to queries") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  // Version 0 of ours: the mark in the header, no tables yet.
  run_with_sqlite(file, "PRAGMA application_id = " + std::to_string(application_id) +
                            "; CREATE TABLE t (a); DROP TABLE t");
  CHECK(contains(refusal(file, true), "older Millrace"));
  commit(*open(file), {starting(root_start(1))});
  CHECK(read_with_sqlite(file, "PRAGMA user_version") == std::to_string(schema_version()));
  CHECK(refusal(file, true) == "opened");
}

TEST_CASE("missing permissions are named") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  commit(*open(file), {starting(root_start(1))});
  fs::permissions(folder.path(), fs::perms(0755));
  const auto refused_as_user = [&](bool read_only) {
    return as_ordinary_user([&] { return refusal(file, read_only); });
  };

  SECTION("a folder that cannot be written") {
    fs::permissions(folder.path(), fs::perms(0555));
    fs::permissions(file, fs::perms(0666));
    CHECK(contains(refused_as_user(false), "is not writable"));
    const std::string found = as_ordinary_user([&] {
      const auto target = open_store({file, durability::power_loss, true});
      return target ? std::to_string((*target)->last_key().value()) : target.error().message();
    });
    CHECK(found == "1");
  }
  SECTION("a file that cannot be written") {
    fs::permissions(folder.path(), fs::perms(0777));
    fs::permissions(file, fs::perms(0444));
    CHECK(contains(refused_as_user(false), "cannot be written: Permission denied"));
    CHECK(refused_as_user(true) == "opened");
  }
  SECTION("a file that cannot be read") {
    fs::permissions(folder.path(), fs::perms(0777));
    fs::permissions(file, fs::perms(0000));
    CHECK(contains(refused_as_user(false), "cannot be read: Permission denied"));
    CHECK(contains(refused_as_user(true), "cannot be read: Permission denied"));
  }
}

namespace {

/// Overwrites pages of a closed database, numbers from 1.
void damage(const std::string& file, const std::vector<std::size_t>& pages) {
  constexpr std::size_t page_bytes = 4096;
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  for (const std::size_t page : pages) {
    bytes.seekp(static_cast<std::streamoff>((page - 1) * page_bytes));
    bytes << std::string(page_bytes, '\x5a');
  }
}

std::size_t root_page(const std::string& file, const std::string& name) {
  return std::stoul(
      read_with_sqlite(file, "SELECT rootpage FROM sqlite_schema WHERE name = '" + name + "'"));
}

} // namespace

TEST_CASE("a damaged page is an error that names the file, and ends all writing") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  commit(*open(file), {starting(root_start(1))});
  damage(file, {root_page(file, "execution"), root_page(file, "execution_id")});

  const auto target = open(file);
  const auto read = target->find_execution(execution_key{1});
  REQUIRE(read.has_error());
  CHECK(read.error().code() == errc::database_failed);
  CHECK(contains(read.error().message(), "The database " + file + " is damaged"));
  const auto written = target->commit(std::vector{starting(root_start(2))});
  REQUIRE(written.has_error());
  CHECK(contains(written.error().message(), "is damaged"));
  CHECK(target->put_record("step", "s", "{}").error().message() == written.error().message());
}

TEST_CASE("a database whose table of contents is damaged does not open") {
  const temporary_folder folder;
  const std::string file = folder.file("orders.db");
  open(file).reset();
  const auto pages = std::stoul(read_with_sqlite(file, "PRAGMA page_count"));
  std::vector<std::size_t> all_but_the_first;
  for (std::size_t page = 2; page <= pages; ++page) {
    all_but_the_first.push_back(page);
  }
  damage(file, all_but_the_first);
  const auto refused = open_store({file, durability::process_crash, false});
  REQUIRE(refused.has_error());
  CHECK(refused.error().code() == errc::database_failed);
  CHECK(contains(refused.error().message(), "The database " + file + " is damaged"));
}

} // namespace millrace::storage::testing
