// SPDX-License-Identifier: Apache-2.0
//
// Media types of files that say nothing about themselves.
#pragma once

#include <string_view>

namespace millrace::services {

/// The media type that the ending of a file's name stands for, in any case; empty: it is not known.
/// Source: IANA media types; `.jsonl` as system/ddb-query-to-s3-manifest writes it.
[[nodiscard]] std::string_view media_type_by_name(std::string_view name);

} // namespace millrace::services
