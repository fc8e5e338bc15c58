// SPDX-License-Identifier: Apache-2.0
#include "promises.hpp"

#include <millrace/condition.hpp>

namespace millrace::fuzz {

namespace {

void evaluate(const flows::condition& compiled, const json::value& context) {
  const flows::scope visible(context);
  flows::condition_trace trace;
  const auto first = compiled.holds(visible);
  const std::string answer = show(first);
  if (is_exhausted(first))
    return;
  require(answer == show(compiled.holds(visible, &trace)), "a condition gives two answers");
  if (answer == "true")
    require(!trace.resolved.empty() && !trace.resolved.back().empty(),
            "a condition holds without having looked at anything");
}

} // namespace

void condition(std::string_view input) {
  const two_parts parts = cut(input);
  const flows::condition compiled = flows::condition::compile(parts.first);
  require(compiled.text() == parts.first, "a condition lost its text");
  evaluate(compiled, parts.second ? *parts.second : rich_document());
}

} // namespace millrace::fuzz
