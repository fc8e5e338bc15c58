// SPDX-License-Identifier: Apache-2.0
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
constexpr std::array<std::string_view, 2> subscription_members{"queue", "raw"};

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

topic_options read_topic(member_reader reader) {
  topic_options made;
  const json::array* entries = reader.array("subscriptions");
  const std::string pointer = reader.pointer("subscriptions");
  for (std::size_t i = 0; entries && i < entries->size(); ++i) {
    const json::object* entry = (*entries)[i].if_object();
    if (!entry) {
      reader.add(child_of(pointer, i),
                 "this must be an object with \"queue\"" + but_is((*entries)[i]));
      continue;
    }
    member_reader inner(*entry, child_of(pointer, i), subscription_members, reader.problems());
    topic_subscription subscription;
    subscription.queue_url = inner.required_text("queue", "the URL of a queue").value_or("");
    subscription.is_raw = inner.boolean("raw").value_or(false);
    made.subscriptions.push_back(std::move(subscription));
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
