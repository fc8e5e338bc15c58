// SPDX-License-Identifier: Apache-2.0
#include "evaluate_functions.hpp"

#include <algorithm>

namespace millrace::evaluation {

function_options scripted_functions::functions() {
  function_options made;
  for (const auto& function : script_)
    made.functions[function.key()].handler =
        [this, name = std::string(function.key())](const json::value&) { return answer(name); };
  return made;
}

step_result scripted_functions::answer(const std::string& name) {
  const json::array& answers = script_.at(name).as_array();
  std::size_t call = 0;
  {
    const std::lock_guard lock(mutex_);
    call = calls_[name]++;
  }
  if (answers.empty())
    return json::value();
  const json::object& scripted = answers[std::min(call, answers.size() - 1)].as_object();
  if (const json::value* value = scripted.if_contains("return"))
    return *value;
  const json::object& failure = scripted.at("functionError").as_object();
  const json::value* type = failure.if_contains("errorType");
  return step_error(type ? std::string(type->as_string()) : "Error",
                    std::string(failure.at("errorMessage").as_string()));
}

json::object scripted_functions::call_counts() const {
  const std::lock_guard lock(mutex_);
  json::object counts;
  for (const auto& [name, count] : calls_)
    counts[name] = count;
  return counts;
}

} // namespace millrace::evaluation
