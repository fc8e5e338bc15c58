// SPDX-License-Identifier: Apache-2.0
//
// "expect" of a test file.
#include "flow_test_members.hpp"
#include "flow_test_parts.hpp"
#include <millrace/durations.hpp>

#include <array>

namespace millrace::simulation {
namespace {

const std::vector<std::string_view> statuses{"INITIALIZING", "RUNNING",   "WAITING",  "COMPLETED",
                                             "FAILED",       "CANCELLED", "TIMED_OUT"};

template <std::size_t A, std::size_t B>
std::vector<std::string_view> both(const std::array<std::string_view, A>& first,
                                   const std::array<std::string_view, B>& second) {
  std::vector<std::string_view> all(first.begin(), first.end());
  all.insert(all.end(), second.begin(), second.end());
  return all;
}

class expectation_maker {
public:
  explicit expectation_maker(pointed_problems& problems) : problems_(problems) {}

  expectation root(const json::object& object, const std::string& pointer) {
    static const auto known = both(members::expect, members::expect_of_root);
    member_reader reader(object, pointer, known, problems_);
    expectation made = read(reader);
    if (const auto words = reader.texts("events"))
      made.events = read_deliveries(*words, reader.pointer("events"));
    return made;
  }

private:
  expectation read(member_reader& reader) {
    expectation made;
    if (const auto status = reader.choice("status", statuses))
      made.status = parse_execution_status(*status);
    made.path = reader.texts("path");
    made.entered = read_counts(reader, "entered");
    made.retried = read_counts(reader, "retried");
    made.never_entered = reader.texts("neverEntered").value_or(std::vector<std::string>());
    read_context(reader, made);
    if (const json::object* error = reader.object("error"))
      read_error(*error, reader.pointer("error"), made);
    read_waits(reader, made);
    read_times(reader, made);
    read_children(reader, made);
    made.executions = reader.whole_number("executions", 1);
    made.deliveries = reader.texts("deliveries");
    return made;
  }

  std::map<std::string, std::int64_t> read_counts(member_reader& reader, std::string_view name) {
    std::map<std::string, std::int64_t> counts;
    const json::object* object = reader.object(name);
    if (object == nullptr)
      return counts;
    for (const json::key_value_pair& member : *object) {
      if (member.value().is_int64() && member.value().get_int64() >= 0)
        counts[std::string(member.key())] = member.value().get_int64();
      else
        reader.add(child_of(reader.pointer(name), member.key()),
                   "this must be how often, 0 or more" + but_is(member.value()));
    }
    return counts;
  }

  static void read_context(member_reader& reader, expectation& made) {
    if (const json::object* values = reader.object("context"))
      for (const json::key_value_pair& member : *values)
        made.context.emplace_back(std::string(member.key()), member.value());
    made.absent = reader.texts("absent").value_or(std::vector<std::string>());
    if (const json::object* types = reader.object("types"))
      for (const json::key_value_pair& member : *types)
        read_type(reader, member, made);
  }

  static void read_type(member_reader& reader, const json::key_value_pair& member,
                        expectation& made) {
    const json::value& word = member.value();
    const auto type = word.is_string() ? parse_value_type(word.get_string()) : std::nullopt;
    if (type)
      made.types.emplace_back(std::string(member.key()), *type);
    else
      reader.add(child_of(reader.pointer("types"), member.key()),
                 "this must be \"null\", \"boolean\", \"number\", \"string\", \"array\" or "
                 "\"object\"" +
                     but_is(word));
  }

  void read_error(const json::object& object, const std::string& pointer, expectation& made) {
    member_reader reader(object, pointer, members::error, problems_);
    made.error_name = reader.text("name");
    made.error_contains = reader.text("message");
  }

  static void read_waits(member_reader& reader, expectation& made) {
    const json::value* keys = reader.find("waitingFor");
    if (keys != nullptr && keys->is_string())
      made.waiting_for = std::vector<std::string>{std::string(keys->get_string())};
    else
      made.waiting_for = reader.texts("waitingFor");
  }

  void read_times(member_reader& reader, expectation& made) {
    if (const json::value* duration = reader.find("duration"))
      made.duration = read_bounds(*duration, reader.pointer("duration"));
    const json::array* delays = reader.array("delays");
    if (delays == nullptr)
      return;
    made.delays.emplace();
    for (std::size_t i = 0; i < delays->size(); ++i)
      made.delays->push_back(read_bounds((*delays)[i], child_of(reader.pointer("delays"), i)));
  }

  time_bounds read_bounds(const json::value& value, const std::string& pointer) {
    if (const json::object* object = value.if_object()) {
      member_reader reader(*object, pointer, members::time_bounds, problems_);
      return {reader.duration("atLeast"), reader.duration("atMost")};
    }
    const auto exactly = parse_duration(value);
    if (exactly)
      return time_bounds::exactly(*exactly);
    problems_.push_back({pointer, std::string("this must be ") + duration_forms +
                                      ", or an object with \"atLeast\" or \"atMost\"" +
                                      but_is(value)});
    return {};
  }

  void read_children(member_reader& reader, expectation& made) {
    made.other_children = reader.boolean("otherChildren").value_or(false);
    const json::array* children = reader.array("children");
    if (children == nullptr)
      return;
    made.children.emplace();
    for (std::size_t i = 0; i < children->size(); ++i) {
      const json::value& entry = (*children)[i];
      const std::string pointer = child_of(reader.pointer("children"), i);
      if (entry.is_object())
        made.children->push_back(read_child(entry.get_object(), pointer));
      else
        problems_.push_back({pointer, "a child is an object such as {\"flow\": \"ship\", "
                                      "\"count\": 2, \"status\": \"COMPLETED\"}" +
                                          but_is(entry)});
    }
  }

  expected_children read_child(const json::object& object, const std::string& pointer) {
    static const auto known = both(members::child, members::expect);
    member_reader reader(object, pointer, known, problems_);
    expected_children child;
    child.flow_definition_id = reader.text("flow").value_or("");
    child.count = reader.whole_number("count", 0).value_or(1);
    child.each = read(reader);
    return child;
  }

  static std::vector<delivery> wrong_word(pointed_problems& problems, const std::string& pointer,
                                          const std::string& word) {
    problems.push_back({pointer, "this must be \"delivered\", \"unclaimed\" or \"pending\"" +
                                     but_is(json::value(word))});
    return {};
  }

  std::vector<delivery> read_deliveries(const std::vector<std::string>& words,
                                        const std::string& pointer) {
    std::vector<delivery> all;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto outcome = parse_delivery(words[i]);
      if (!outcome)
        return wrong_word(problems_, child_of(pointer, i), words[i]);
      all.push_back(*outcome);
    }
    return all;
  }

  pointed_problems& problems_;
};

} // namespace

expectation read_expectation(const json::object& object, const std::string& pointer,
                             const flow_vocabulary& known, std::string_view flow,
                             pointed_problems& problems) {
  expectation made = expectation_maker(problems).root(object, pointer);
  for (expectation_problem& each : check_expectation(made, known.steps(), flow))
    problems.push_back({pointer + each.pointer, std::move(each.message)});
  return made;
}

} // namespace millrace::simulation
