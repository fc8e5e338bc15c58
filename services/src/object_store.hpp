// SPDX-License-Identifier: Apache-2.0
//
// Objects in buckets, where S3 stood: a folder per bucket, a file per object under its key, written
// as a whole or not at all. What is known of an object beside its bytes stands in the folder
// `.meta` of its bucket. Files that people put there are objects too.
#pragma once

#include "child_process.hpp"
#include "service_folder.hpp"

#include <millrace/service_options.hpp>
#include <millrace/step_result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::services {

/// What is known of an object.
struct object_info {
  std::string key;
  std::uint64_t size = 0;
  std::int64_t last_modified = 0; ///< Unix milliseconds
  std::string content_type;
  std::string etag; ///< the MD5 of the bytes in hexadecimal, in quotes
  json::object metadata;
};

struct stored_object {
  object_info info;
  std::string bytes;
};

/// Errors have the names that S3 gives: NoSuchKey, InvalidBucketName, KeyTooLongError,
/// AccessDenied; trouble with the disk is transient.
template <class T>
using object_result = boost::system::result<T, step_error>;

/// An object that is being written. Nothing of it is seen before finish() has returned, and nothing
/// is left of it when it is given up. One thread at a time.
class object_upload {
public:
  object_upload(object_upload&& other) noexcept;
  object_upload& operator=(object_upload&& other) noexcept;
  ~object_upload();

  /// False: the disk took no more; finish() then says why.
  bool write(std::string_view bytes);
  /// Puts the object in place, durably.
  [[nodiscard]] object_result<object_info> finish(std::string content_type, json::object metadata);

private:
  friend class object_store;
  struct state;
  explicit object_upload(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

/// Thread-safe. A key never leads out of its bucket's folder: `.`, `..` and empty segments, and
/// what a file name cannot hold, are stored percent-encoded, and no symbolic link is followed.
/// Unlike in S3 a key cannot be the folder of another one: "a" and "a/b" exclude each other.
class object_store {
public:
  /// `folder`: of the buckets, made at first use; empty: a temporary one, removed at the end.
  object_store(object_options options, std::string folder);
  object_store(const object_store&) = delete;
  object_store& operator=(const object_store&) = delete;

  [[nodiscard]] object_result<object_upload> begin(std::string_view bucket, std::string_view key);
  [[nodiscard]] object_result<object_info> put(std::string_view bucket, std::string_view key,
                                               std::string_view bytes, std::string content_type,
                                               json::object metadata);
  /// Errors: NoSuchKey; EntityTooLarge beyond the options' limit.
  [[nodiscard]] object_result<stored_object> get(std::string_view bucket, std::string_view key);
  /// Keys that begin with `prefix`, in the order of their bytes, at most `count_max`; objects
  /// without bytes are left out. A bucket that nobody has written to has none.
  [[nodiscard]] object_result<std::vector<object_info>>
  list(std::string_view bucket, std::string_view prefix, std::size_t count_max);

private:
  object_result<descriptor> open_bucket(std::string_view bucket, bool makes);

  const object_options options_;
  service_folder folder_;
};

/// "s3://bucket/key" taken apart; absent: it is not that.
struct object_address {
  std::string bucket;
  std::string key;
};
[[nodiscard]] std::optional<object_address> parse_s3_uri(std::string_view uri);

} // namespace millrace::services
