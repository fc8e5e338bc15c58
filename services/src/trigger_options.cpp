// SPDX-License-Identifier: Apache-2.0
#include "object_names.hpp"
#include "options_reader.hpp"

#include <array>

namespace millrace::services {
namespace {

constexpr std::array<std::string_view, 4> trigger_members{"enabled", "mail", "missedRuns",
                                                          "missedRunsMax"};
constexpr std::array<std::string_view, 4> watched_mail_members{"bucket", "maildir",
                                                               "messageBytesMax", "pollInterval"};

void read_mail_members(member_reader reader, trigger_options& options) {
  options.maildir = reader.text("maildir").value_or("");
  if (const auto poll = reader.duration("pollInterval")) {
    if (poll->count() < 10)
      reader.refuse("pollInterval", "a duration of at least \"10ms\"");
    else
      options.poll = *poll;
  }
  if (const auto bytes = reader.whole_number("messageBytesMax", 1))
    options.message_bytes_max = static_cast<std::size_t>(*bytes);
  if (const auto bucket = reader.text("bucket")) {
    if (!is_bucket_name(*bucket))
      reader.refuse("bucket", "a name that a bucket may have");
    options.bucket = *bucket;
  }
}

} // namespace

trigger_options read_triggers(const json::object& section, const std::string& pointer,
                              pointed_problems& problems) {
  member_reader reader(section, pointer, trigger_members, problems);
  trigger_options options;
  options.is_on = reader.boolean("enabled").value_or(options.is_on);
  if (const auto missed = reader.choice("missedRuns", {"skip", "once", "all"}))
    options.missed = *missed == "skip"   ? missed_runs::skip
                     : *missed == "once" ? missed_runs::once
                                         : missed_runs::all;
  if (const auto most = reader.whole_number("missedRunsMax", 1))
    options.missed_max = static_cast<std::size_t>(*most);
  if (const json::object* mail = reader.object("mail"))
    read_mail_members(member_reader(*mail, reader.pointer("mail"), watched_mail_members, problems),
                      options);
  return options;
}

} // namespace millrace::services
