// SPDX-License-Identifier: Apache-2.0
//
// Where an expectation leaves something open (a part of a message, a range, what was not recorded),
// and the result keeps to it, the result takes the form of the expectation; then both are compared.
#include "expectation.hpp"

#include "conformance.hpp"

namespace millrace::cli::testing {
namespace {

using millrace::testing::bindings;
using millrace::testing::contains_all;
using millrace::testing::matches;

// {"errorName", "errorMessage"?, "errorMessageContains"?} or {"name", "messageContains"?}.
void settle_error(const json::object& expect, json::object& actual, std::string_view message,
                  std::string_view parts) {
  const json::value* given = actual.if_contains(message);
  if (!given || !given->is_string())
    return; // an error has a message: the comparison must see that this one does not
  if (const json::value* wanted = expect.if_contains(parts);
      wanted && contains_all(*wanted, given->get_string()))
    actual[parts] = *wanted;
  if (!expect.contains(message))
    actual.erase(message);
}

void settle_delays(const json::array& expect, json::array& actual) {
  for (std::size_t i = 0; i < expect.size() && i < actual.size(); ++i) {
    const json::object* range = expect[i].if_object();
    if (!range || !actual[i].is_number())
      continue;
    const double length = actual[i].to_number<double>();
    if (length >= range->at("min").to_number<double>() &&
        length <= range->at("max").to_number<double>())
      actual[i] = expect[i];
  }
}

// A result, an execution or a branch: members of the same name mean the same in all of them.
void settle(const json::object& expect, json::object& actual) {
  if (!expect.contains("finalContext"))
    actual.erase("finalContext");
  for (const json::key_value_pair& member : expect) {
    const std::string_view key = member.key();
    json::value* got = actual.if_contains(key);
    if (!got || got->kind() != member.value().kind())
      continue; // the comparison will tell
    if (key == "errorInfo" || (key == "error" && got->get_object().contains("errorMessage")))
      settle_error(member.value().as_object(), got->as_object(), "errorMessage",
                   "errorMessageContains");
    else if (key == "error")
      settle_error(member.value().as_object(), got->as_object(), "message", "messageContains");
    else if (key == "delaysMs")
      settle_delays(member.value().as_array(), got->as_array());
    else if (key == "branches" || key == "executions")
      for (std::size_t i = 0; i < got->as_array().size(); ++i)
        if (const json::value* wanted = member.value().as_array().if_contains(i))
          settle(wanted->as_object(), got->as_array()[i].as_object());
  }
}

} // namespace

bool agrees(const json::object& expect, json::object actual, std::string& why) {
  settle(expect, actual);
  bindings seen;
  return matches(expect, actual, seen, &why);
}

} // namespace millrace::cli::testing
