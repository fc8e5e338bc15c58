// SPDX-License-Identifier: Apache-2.0
#include "object_names.hpp"
#include "options_reader.hpp"

#include <array>

namespace millrace::services {
namespace {

constexpr std::array<std::string_view, 4> object_members{"buckets", "defaultBucket",
                                                         "downloadBytesMax", "readBytesMax"};

void read_bytes(member_reader& reader, std::string_view name, std::size_t& into) {
  if (const auto bytes = reader.whole_number(name, 1))
    into = static_cast<std::size_t>(*bytes);
}

} // namespace

object_options read_objects(const json::object& section, const std::string& pointer,
                            pointed_problems& problems) {
  member_reader reader(section, pointer, object_members, problems);
  object_options options;
  read_bytes(reader, "readBytesMax", options.read_bytes_max);
  read_bytes(reader, "downloadBytesMax", options.download_bytes_max);
  if (const auto bucket = reader.text("defaultBucket")) {
    options.default_bucket = *bucket;
    if (!is_bucket_name(*bucket))
      reader.refuse("defaultBucket", "a name that a bucket may have");
  }
  const json::object* buckets = reader.object("buckets");
  if (!buckets)
    return options;
  for (const auto& bucket : *buckets) {
    const std::string place = child_of(reader.pointer("buckets"), bucket.key());
    const json::string* folder = bucket.value().if_string();
    if (!is_bucket_name(bucket.key()))
      reader.add(place, "this is no name that a bucket may have");
    else if (!folder || folder->empty())
      reader.add(place, "this must be a folder, or its file:// URL" + but_is(bucket.value()));
    else
      options.buckets.emplace(std::string(bucket.key()), std::string(*folder));
  }
  return options;
}

} // namespace millrace::services
