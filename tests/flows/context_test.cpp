// SPDX-License-Identifier: Apache-2.0
#include <millrace/context.hpp>

#include "catch.hpp"

#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace millrace;
using namespace millrace::flows;

namespace {

using names = std::vector<std::string>;

json::object object(std::string_view text) {
  return parse_json(text, "test").value().as_object();
}

std::string text_of(const context& of) {
  return stringify(of.to_object());
}

/// Random writes among few names, so that they meet.
class writer {
public:
  explicit writer(unsigned seed) : random_(seed) {}

  void write(context& target) {
    if (pick(8) == 0) {
      target.erase(name());
      return;
    }
    names path;
    for (std::size_t i = 0, size = 1 + pick(4); i < size; ++i) {
      path.push_back(pick(4) == 0 ? std::to_string(pick(4)) : name());
    }
    const std::string before = text_of(target);
    if (target.set(path, value(0)).has_error()) {
      CHECK(text_of(target) == before);
    }
  }

private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  std::string name() { return std::string(1, static_cast<char>('a' + pick(4))); }
  json::value value(int depth) {
    switch (depth > 1 ? pick(3) : pick(6)) {
    case 0: return nullptr;
    case 1: return static_cast<std::int64_t>(pick(100));
    case 2: return "text";
    case 3: return json::value(json::object_kind);
    case 4: {
      json::array made;
      for (std::size_t i = 0, size = pick(3); i < size; ++i) {
        made.push_back(value(depth + 1));
      }
      return made;
    }
    default: {
      json::object made;
      for (std::size_t i = 0, size = pick(3); i < size; ++i) {
        made[name()] = value(depth + 1);
      }
      return made;
    }
    }
  }

  std::minstd_rand random_;
};

/// Writes at random and checks after every few writes that the changes, applied to `copy`, give the
/// same context, down to the order of its members.
void check_replay(context& original, context& copy, unsigned seed) {
  writer random(seed);
  for (int commit = 0; commit < 6; ++commit) {
    for (unsigned i = 0; i < 1 + seed % 7; ++i) {
      random.write(original);
    }
    const json::array changes = original.take_changes();
    // What is stored is text: the changes must survive it.
    const json::value stored = parse_json(stringify(json::value(changes)), "changes").value();
    INFO("seed " << seed << ", changes " << stringify(stored));
    REQUIRE_FALSE(copy.apply_changes(stored.as_array()).has_error());
    CHECK_FALSE(original.has_changes());
    CHECK_FALSE(copy.has_changes());
    REQUIRE(stringify(original.own()) == stringify(copy.own()));
    REQUIRE(text_of(original) == text_of(copy));
  }
}

} // namespace

TEST_CASE("changes replayed on a copy in the earlier state give the same state") {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    context original(object(R"({"a":{"b":[1,2]},"b":null,"c":"text"})"));
    context copy = original;
    check_replay(original, copy, seed);
  }
}

TEST_CASE("changes of a branch replayed on another branch give the same state") {
  const context parent(object(R"({"a":{"b":[1,2]},"b":null,"c":"text","d":[{"a":1}]})"));
  const std::string before = text_of(parent);
  for (unsigned seed = 1; seed <= 400; ++seed) {
    context original(&parent);
    context copy(&parent);
    check_replay(original, copy, seed);
  }
  CHECK(text_of(parent) == before);
}

TEST_CASE("a write makes objects on its way and goes into arrays by index") {
  struct row {
    const char* before;
    names path;
    const char* after; // null: refused
  };
  const row rows[] = {
      {R"({})", {"a"}, R"({"a":1})"},
      {R"({})", {"a", "b", "c"}, R"({"a":{"b":{"c":1}}})"},
      {R"({})", {"a", "0"}, R"({"a":{"0":1}})"},
      {R"({"a":null})", {"a", "b"}, R"({"a":{"b":1}})"},
      {R"({"a":[5]})", {"a", "0"}, R"({"a":[1]})"},
      {R"({"a":[5]})", {"a", "2"}, R"({"a":[5,null,1]})"},
      {R"({"a":[5]})", {"a", "2", "k"}, R"({"a":[5,null,{"k":1}]})"},
      {R"({"a":[[5]]})", {"a", "0", "0"}, R"({"a":[[1]]})"},
      {R"({"a":[5]})", {"a", "b"}, nullptr},
      {R"({"a":[5]})", {"a", "01"}, nullptr},
      {R"({"a":[5]})", {"a", "0", "k"}, nullptr},
      {R"({"a":"text"})", {"a", "b"}, nullptr},
      {R"({"a":true})", {"a", "b", "c"}, nullptr},
      {R"({"a":7})", {"a", "b"}, nullptr},
  };
  for (const row& each : rows) {
    context target(object(each.before));
    INFO(each.before << " at " << each.path.back());
    const result<void> set = target.set(each.path, 1);
    if (each.after == nullptr) {
      REQUIRE(set.has_error());
      CHECK(set.error().code() == errc::step_failed);
      CHECK(text_of(target) == each.before);
      CHECK_FALSE(target.has_changes());
    } else {
      CHECK_FALSE(set.has_error());
      CHECK(text_of(target) == each.after);
      CHECK(target.has_changes());
    }
  }
}

TEST_CASE("a write beyond the limits is refused and changes nothing") {
  context target(object(R"({"l":[]})"));
  CHECK(target.set(names{"l", "4000000000"}, 1).error().code() == errc::limit_exceeded);
  CHECK(target.set(names(100'000, "a"), 1).error().code() == errc::limit_exceeded);
  CHECK(text_of(target) == R"({"l":[]})");
  CHECK(target.set(names{}, 1).error().code() == errc::internal);
}

TEST_CASE("a branch sees its parent's members and owns only what it changed") {
  const context parent(object(R"({"a":{"x":1},"b":2})"));
  context branch(&parent);
  REQUIRE(branch.find("b") != nullptr);
  CHECK(branch.find("b") == parent.find("b"));
  REQUIRE_FALSE(branch.set(names{"a", "y"}, 3).has_error());
  CHECK(stringify(branch.own()) == R"({"a":{"x":1,"y":3}})");
  CHECK(text_of(branch) == R"({"a":{"x":1,"y":3},"b":2})");
  CHECK(text_of(parent) == R"({"a":{"x":1},"b":2})");

  scope visible;
  branch.push_to(visible);
  CHECK(visible.find("a") == branch.find("a"));
  CHECK(visible.find("b") == parent.find("b"));

  branch.erase("a");
  CHECK(branch.find("a") == parent.find("a"));
  CHECK(text_of(branch) == text_of(parent));
}

TEST_CASE("changes are the paths written, not the context") {
  context target(object(R"({"big":{"kept":[1,2,3]},"gone":1})"));
  REQUIRE_FALSE(target.set(names{"big", "n"}, 1).has_error());
  REQUIRE_FALSE(target.set(names{"big", "n"}, 2).has_error());
  REQUIRE_FALSE(target.set(names{"new", "a"}, 1).has_error());
  REQUIRE_FALSE(target.set(names{"new", "b", "c"}, 2).has_error());
  target.erase("gone");
  target.erase("never there");
  CHECK(stringify(json::value(target.take_changes())) ==
        R"([[["big","n"],2],[["new","a"],1],[["new","b","c"],2],[["gone"]]])");
  CHECK(target.take_changes().empty());

  REQUIRE_FALSE(target.set(names{"new", "a"}, 1).has_error());
  REQUIRE_FALSE(target.set(names{"new"}, 5).has_error());
  CHECK(stringify(json::value(target.take_changes())) == R"([[["new"],5]])");

  REQUIRE_FALSE(target.set(names{"new"}, 6).has_error());
  target.forget_changes();
  CHECK_FALSE(target.has_changes());
}

TEST_CASE("changes that cannot have been taken are refused") {
  for (const char* malformed : {R"([1])", R"([[]])", R"([["a"]])", R"([[[]]])", R"([[[1],2]])",
                                R"([[["a"],1,2]])", R"([[["t","x"],1]])"}) {
    INFO(malformed);
    context target(object(R"({"t":"text"})"));
    const json::value changes = parse_json(malformed, "changes").value();
    REQUIRE(target.apply_changes(changes.as_array()).has_error());
    CHECK(target.apply_changes(changes.as_array()).error().code() == errc::internal);
  }
}
