// SPDX-License-Identifier: Apache-2.0
#include "message_filter.hpp"
#include "options_reader.hpp"

#include <array>

namespace millrace::services {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::array<std::string_view, 3> message_members{"onlyTheseQueues", "queues", "topics"};
constexpr std::array<std::string_view, 4> queue_members{"contentBasedDeduplication", "delay",
                                                        "retention", "visibilityTimeout"};
constexpr std::array<std::string_view, 1> topic_members{"subscriptions"};
constexpr std::array<std::string_view, 7> subscription_members{
    "filterPolicy", "flow", "flowVersion", "queue", "raw", "signingSecret", "webhook"};

// The bounds are those of SQS.
void read_time(member_reader& reader, std::string_view name, milliseconds least, milliseconds most,
               const char* bounds, milliseconds& into) {
  const auto time = reader.duration(name);
  if (!time)
    return;
  if (*time < least || *time > most)
    reader.refuse(name, bounds);
  else
    into = *time;
}

queue_options read_queue(member_reader reader) {
  queue_options made;
  read_time(reader, "visibilityTimeout", 0ms, 12h, "a duration up to \"12h\"", made.visibility);
  read_time(reader, "delay", 0ms, 15min, "a duration up to \"15m\"", made.delay);
  read_time(reader, "retention", 1min, 14 * 24h, "a duration from \"1m\" to \"14d\"",
            made.retention);
  made.content_based_deduplication = reader.boolean("contentBasedDeduplication").value_or(false);
  return made;
}

topic_subscription read_subscription(member_reader reader) {
  topic_subscription made;
  made.queue_url = reader.text("queue").value_or("");
  made.webhook_url = reader.text("webhook").value_or("");
  made.flow = reader.text("flow").value_or("");
  const int targets = (made.queue_url.empty() ? 0 : 1) + (made.webhook_url.empty() ? 0 : 1) +
                      (made.flow.empty() ? 0 : 1);
  if (targets != 1)
    reader.add(reader.pointer(), "a subscription has one of \"queue\" (a URL), \"webhook\" (a URL) "
                                 "and \"flow\" (an id)");
  made.flow_version = reader.text("flowVersion").value_or(made.flow_version);
  made.signing_secret = reader.text("signingSecret").value_or("");
  made.is_raw = reader.boolean("raw").value_or(false);
  const json::object* policy = reader.object("filterPolicy");
  if (!policy)
    return made;
  if (const auto wrong = why_no_filter(*policy))
    reader.add(reader.pointer("filterPolicy"), *wrong);
  else
    made.filter_policy = *policy;
  return made;
}

topic_options read_topic(member_reader reader) {
  topic_options made;
  const json::array* entries = reader.array("subscriptions");
  const std::string pointer = reader.pointer("subscriptions");
  for (std::size_t i = 0; entries && i < entries->size(); ++i) {
    const json::object* entry = (*entries)[i].if_object();
    if (!entry) {
      reader.add(child_of(pointer, i),
                 "this must be an object with \"queue\", \"webhook\" or \"flow\"" +
                     but_is((*entries)[i]));
      continue;
    }
    made.subscriptions.push_back(
        read_subscription({*entry, child_of(pointer, i), subscription_members, reader.problems()}));
  }
  return made;
}

} // namespace

message_options read_messages(const json::object& section, const std::string& pointer,
                              pointed_problems& problems) {
  member_reader reader(section, pointer, message_members, problems);
  message_options options;
  options.only_these_queues = reader.boolean("onlyTheseQueues").value_or(false);
  read_each(reader, "queues", queue_members, read_queue, options.queues);
  read_each(reader, "topics", topic_members, read_topic, options.topics);
  return options;
}

} // namespace millrace::services
