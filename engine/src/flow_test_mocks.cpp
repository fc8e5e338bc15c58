// SPDX-License-Identifier: Apache-2.0
//
// Mocks as test files and files of mocks have them.
#include "context_check.hpp"
#include "flow_test_members.hpp"
#include "flow_test_parts.hpp"

#include <algorithm>
#include <array>

namespace millrace::simulation {
namespace {

constexpr std::array<std::string_view, 3> kinds_of_answer{"return", "fail", "timeOut"};

class mock_reader {
public:
  mock_reader(const flow_vocabulary& known, pointed_problems& problems)
      : known_(known), problems_(problems) {}

  mock read(const json::object& object, const std::string& pointer) {
    member_reader reader(object, pointer, members::mock, problems_);
    mock made;
    read_target(reader, made);
    if (const json::object* when = reader.object("when"))
      made.when = read_when(*when, reader.pointer("when"));
    const json::value* answers = reader.find("answers");
    if (answers == nullptr)
      reader.add(pointer, "\"answers\" is missing: what the step gives instead, for instance "
                          "{\"return\": {}}");
    else
      made.answers = read_answers(*answers, reader.pointer("answers"));
    return made;
  }

private:
  void read_target(member_reader& reader, mock& made) {
    if (reader.has("step") == reader.has("module")) {
      reader.add(reader.pointer(), reader.has("step")
                                       ? "a mock names a step or a module, not both"
                                       : "a mock needs a \"step\" (\"flow/step\" or \"step\") or a "
                                         "\"module\" to stand in for");
      return;
    }
    if (const auto module = reader.text("module")) {
      made.module_identifier = *module;
      if (!known_.has_module(*module))
        reader.add(reader.pointer("module"), "no step of the flows has the module " +
                                                 in_quotes(*module) +
                                                 what_was_meant(*module, known_.module_names()));
    }
    if (const auto step = reader.text("step"))
      read_step(reader, *step, made);
  }

  // Ids may hold a slash themselves, so the whole text may be a step as well.
  void read_step(member_reader& reader, const std::string& text, mock& made) {
    made.step_instance_id = text;
    const step_words* step = known_.find_step("", text);
    for (std::size_t slash = text.find('/'); step == nullptr && slash != text.npos;
         slash = text.find('/', slash + 1)) {
      const std::string flow = text.substr(0, slash);
      if (!known_.has_flow(flow))
        continue;
      made.flow_definition_id = flow;
      made.step_instance_id = text.substr(slash + 1);
      step = known_.find_step(flow, made.step_instance_id);
      break;
    }
    if (step == nullptr)
      reader.add(reader.pointer("step"), no_such_step(text, made));
    else if (is_run_by_interpreter(*step))
      reader.add(reader.pointer("step"), "the step " + in_quotes(made.step_instance_id) +
                                             " cannot be mocked: a " + step->type +
                                             " is run by Millrace itself");
  }

  [[nodiscard]] std::string no_such_step(const std::string& text, const mock& made) const {
    const std::string& flow = made.flow_definition_id;
    const std::size_t slash = text.find('/');
    if (flow.empty() && slash != text.npos)
      return "there is no flow " + in_quotes(text.substr(0, slash)) +
             what_was_meant(text.substr(0, slash), known_.flow_names());
    return (flow.empty() ? std::string("no flow") : "the flow " + in_quotes(flow)) + " has " +
           (flow.empty() ? "a" : "no") + " step " + in_quotes(made.step_instance_id) +
           what_was_meant(made.step_instance_id, known_.step_names(flow));
  }

  json::object read_when(const json::object& when, const std::string& pointer) {
    for (const json::key_value_pair& member : when)
      if (std::string wrong = wrong_path(member.key()); !wrong.empty())
        problems_.push_back({child_of(pointer, member.key()), std::move(wrong)});
    return when;
  }

  std::vector<mock_answer> read_answers(const json::value& value, const std::string& pointer) {
    std::vector<mock_answer> answers;
    if (const json::array* entries = value.if_array()) {
      for (std::size_t i = 0; i < entries->size(); ++i)
        answers.push_back(read_answer((*entries)[i], child_of(pointer, i)));
      if (entries->empty())
        problems_.push_back({pointer, "a mock needs at least one answer"});
    } else {
      answers.push_back(read_answer(value, pointer));
    }
    return answers;
  }

  mock_answer read_answer(const json::value& value, const std::string& pointer) {
    if (!value.is_object()) {
      problems_.push_back({pointer, "an answer is an object such as {\"return\": {}}, {\"fail\": "
                                    "{\"name\": \"TransientStepError\"}} or {\"timeOut\": "
                                    "\"10s\"}" +
                                        but_is(value)});
      return {};
    }
    member_reader reader(value.get_object(), pointer, members::answer, problems_);
    mock_answer answer = read_kind(reader);
    if (const auto takes = reader.duration("after"))
      answer.takes += *takes;
    if (const auto count = reader.whole_number("times", 1))
      answer.times = *count;
    return answer;
  }

  mock_answer read_kind(member_reader& reader) {
    const auto given = std::count_if(kinds_of_answer.begin(), kinds_of_answer.end(),
                                     [&](std::string_view kind) { return reader.has(kind); });
    if (given != 1) {
      reader.add(reader.pointer(), "an answer has one of \"return\", \"fail\" and \"timeOut\", "
                                   "this one has " +
                                       std::string(given == 0 ? "none" : "several"));
      return {};
    }
    if (const json::value* output = reader.find("return"))
      return returns(*output);
    if (const auto time = reader.duration("timeOut"))
      return times_out(*time);
    const json::object* failure = reader.object("fail");
    if (failure == nullptr)
      return {};
    member_reader inside(*failure, reader.pointer("fail"), members::failure, problems_);
    const auto name = inside.required_text(
        "name", "it decides whether the step is tried again (TransientStepError) or not "
                "(PermanentStepError)");
    return fails(name.value_or(""), inside.text("message").value_or("mocked failure"));
  }

  const flow_vocabulary& known_;
  pointed_problems& problems_;
};

} // namespace

std::vector<mock> read_mock_list(const json::array& entries, const std::string& pointer,
                                 const flow_vocabulary& known, pointed_problems& problems) {
  std::vector<mock> mocks;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string place = child_of(pointer, i);
    if (entries[i].is_object())
      mocks.push_back(mock_reader(known, problems).read(entries[i].get_object(), place));
    else
      problems.push_back({place, "a mock is an object such as {\"step\": \"charge\", \"answers\": "
                                 "{\"return\": {}}}" +
                                     but_is(entries[i])});
  }
  return mocks;
}

} // namespace millrace::simulation
