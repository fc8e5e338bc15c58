// SPDX-License-Identifier: Apache-2.0
#include <millrace/mock.hpp>

#include "mock_book.hpp"

#include <millrace/scope.hpp>

#include <algorithm>
#include <set>
#include <tuple>

namespace millrace::simulation {

mock_answer returns(json::value output) {
  return {std::move(output)};
}

mock_answer fails(std::string name, std::string message) {
  return {step_error(std::move(name), std::move(message))};
}

mock_answer times_out(std::chrono::milliseconds after) {
  return {step_error::transient("No answer within " + std::to_string(after.count()) + " ms."),
          after};
}

mock_answer calls(step_handler function) {
  return {std::move(function)};
}

mock_answer only(std::int64_t attempts, mock_answer answer) {
  answer.times = attempts;
  return answer;
}

mock_answer after(std::chrono::milliseconds time, mock_answer answer) {
  answer.takes = time;
  return answer;
}

std::string describe(const mock& which) {
  std::string text = "the mock of ";
  text += which.step_instance_id.empty() ? "the module '" + which.module_identifier + "'"
                                         : "the step '" + which.step_instance_id + "'";
  if (!which.flow_definition_id.empty())
    text += " of the flow '" + which.flow_definition_id + "'";
  return text;
}

namespace {

bool names(const mock& which, const step_request& request) {
  const bool is_step = which.step_instance_id.empty()
                           ? which.module_identifier == request.module_identifier
                           : which.step_instance_id == request.step_instance_id;
  return is_step && (which.flow_definition_id.empty() ||
                     which.flow_definition_id == request.flow_definition_id);
}

} // namespace

mock_book::mock_book(std::vector<mock> mocks, listener takes)
    : mocks_(std::move(mocks)), takes_(std::move(takes)) {}

result<std::shared_ptr<mock_book>> mock_book::open(std::vector<mock> mocks, listener takes) {
  const std::shared_ptr<mock_book> made(new mock_book(std::move(mocks), std::move(takes)));
  if (auto compiled = made->compile(); !compiled)
    return compiled.error();
  return made;
}

result<void> mock_book::compile() {
  for (const mock& each : mocks_) {
    const auto refuse = [&each](const std::string& why) {
      return error{errc::invalid_argument, "In " + describe(each) + ": " + why};
    };
    if (each.step_instance_id.empty() == each.module_identifier.empty())
      return error{errc::invalid_argument, "A mock names either a step or a module."};
    if (each.answers.empty())
      return refuse("it has no answer; give it one.");
    for (const mock_answer& answer : each.answers)
      if (answer.takes.count() < 0 || answer.times < 0)
        return refuse("neither the time nor the number of an answer can be negative.");
    std::vector<condition> compiled;
    for (const auto& member : each.when) {
      compiled.push_back({flows::path::compile(member.key()), member.value()});
      if (const error* problem = compiled.back().path.problem())
        return refuse("the path " + std::string(member.key()) +
                      " under \"when\" is none: " + problem->message());
    }
    conditions_.push_back(std::move(compiled));
    order_.push_back(order_.size());
  }
  std::stable_sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) {
    return !mocks_[a].step_instance_id.empty() && mocks_[b].step_instance_id.empty();
  });
  return {};
}

// Every step that is mocked at all asks all mocks.
result<void> mock_book::install(steps::registry& steps) {
  std::set<std::tuple<std::string, std::string, std::string>> installed;
  for (const mock& each : mocks_) {
    steps::step_selector which{each.flow_definition_id, each.step_instance_id,
                               each.module_identifier};
    if (!installed
             .emplace(which.flow_definition_id, which.step_instance_id, which.module_identifier)
             .second)
      continue;
    step_handler handler = [self = shared_from_this()](const step_request& request) {
      return self->answer(request);
    };
    if (auto done = steps.replace(std::move(which), {std::move(handler), step_effect::external});
        !done)
      return done.error();
  }
  return {};
}

step_result mock_book::answer(const step_request& request) {
  const mock_answer* chosen = pick(request);
  if (!chosen)
    return step_error("NoMockFits", "No mock of the step '" +
                                        std::string(request.step_instance_id) +
                                        "' fits its input " + stringify(request.input) + ".");
  if (takes_)
    takes_(chosen->takes);
  if (const auto* output = std::get_if<json::value>(&chosen->what))
    return *output;
  if (const auto* failure = std::get_if<step_error>(&chosen->what))
    return *failure;
  return std::get<step_handler>(chosen->what)(request);
}

const mock_answer* mock_book::pick(const step_request& request) {
  const std::lock_guard lock(mutex_);
  const auto [given, is_new] = given_.try_emplace(
      std::string(request.idempotency_key) + '#' + std::to_string(request.attempt), nullptr);
  if (!is_new)
    return given->second;
  for (const std::size_t which : order_)
    if (names(mocks_[which], request) && fits(which, request.input))
      return given->second = next(which, std::string(request.flow_execution_id));
  return nullptr;
}

bool mock_book::fits(std::size_t which, const json::object& input) const {
  const flows::scope visible(input);
  return std::all_of(
      conditions_[which].begin(), conditions_[which].end(), [&visible](const condition& each) {
        const auto found = each.path.evaluate(visible);
        return found && found->get() && stringify(*found->get()) == stringify(each.wanted);
      });
}

const mock_answer* mock_book::next(std::size_t which, const std::string& execution) {
  std::int64_t used = used_[{which, execution}]++;
  for (const mock_answer& answer : mocks_[which].answers) {
    if (answer.times == 0 || used < answer.times)
      return &answer;
    used -= answer.times;
  }
  return &mocks_[which].answers.back();
}

} // namespace millrace::simulation
