// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "item_tables.hpp"
#include "object_store.hpp"

#include <millrace/step_handler.hpp>

#include <string>

namespace millrace::services {

/// system/ddb-query-to-s3-manifest: `trace_bucket` is where items go that are too large.
[[nodiscard]] step_result write_manifest(item_tables& tables, object_store& objects,
                                         const std::string& trace_bucket,
                                         const step_request& request);

} // namespace millrace::services
