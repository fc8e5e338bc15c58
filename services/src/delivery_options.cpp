// SPDX-License-Identifier: Apache-2.0
#include "options_reader.hpp"

#include <array>

namespace millrace::services {
namespace {

constexpr std::array<std::string_view, 2> delivery_members{"retries", "statusTopicArn"};
constexpr std::array<std::string_view, 3> retry_members{"backoffRate", "count", "interval"};
// The bounds are those of onError.retries.
constexpr int retries_max = 5;
constexpr std::chrono::seconds interval_max{300};
constexpr double backoff_max = 5;

void read_retries(member_reader reader, delivery_options& into) {
  if (const auto count = reader.whole_number("count", 0)) {
    if (*count > retries_max)
      reader.refuse("count", "a whole number from 0 to 5");
    else
      into.retries = static_cast<int>(*count);
  }
  if (const auto interval = reader.duration("interval")) {
    into.interval = std::chrono::duration_cast<std::chrono::seconds>(*interval);
    if (into.interval != *interval || into.interval < std::chrono::seconds(1) ||
        into.interval > interval_max)
      reader.refuse("interval", "a duration of whole seconds, \"1s\" to \"5m\"");
  }
  const json::value* rate = reader.find("backoffRate");
  if (!rate)
    return;
  into.backoff_rate = rate->is_number() ? rate->to_number<double>() : 0;
  if (into.backoff_rate < 1 || into.backoff_rate > backoff_max)
    reader.refuse("backoffRate", "a number from 1 to 5");
}

} // namespace

delivery_options read_deliveries(const json::object& section, const std::string& pointer,
                                 pointed_problems& problems) {
  member_reader reader(section, pointer, delivery_members, problems);
  delivery_options made;
  if (const json::object* retries = reader.object("retries"))
    read_retries({*retries, reader.pointer("retries"), retry_members, problems}, made);
  made.status_topic = reader.text("statusTopicArn").value_or("");
  return made;
}

} // namespace millrace::services
