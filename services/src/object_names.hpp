// SPDX-License-Identifier: Apache-2.0
//
// Keys of objects as paths of files, and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::services {

/// The folder beside the objects of a bucket; no key leads into it.
inline constexpr std::string_view meta_folder = ".meta";

/// Whether `name` is a name that S3 gives to buckets (or gave: capitals and underscores).
[[nodiscard]] bool is_bucket_name(std::string_view name) noexcept;
/// The file names of a key, folders first; absent: a segment is longer than a file name may be, or
/// the key is empty.
[[nodiscard]] std::optional<std::vector<std::string>> file_names_of(std::string_view key);
/// The segment of a key that a file name stands for.
[[nodiscard]] std::string segment_of(std::string_view file_name);

} // namespace millrace::services
