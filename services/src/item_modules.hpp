// SPDX-License-Identifier: Apache-2.0
//
// The modules that read and write tables.
#pragma once

#include "item_tables.hpp"
#include "object_store.hpp"

#include <millrace/step_handler.hpp>

#include <memory>

namespace millrace::services {

/// system/dynamodb-data-loader, dynamodb-update-item, dynamodb-query-and-update and
/// ddb-query-to-s3-manifest. `trace_bucket`: where items of a manifest go that are too large.
void add_item_modules(steps::registry& to, const std::shared_ptr<item_tables>& tables,
                      const std::shared_ptr<object_store>& objects, std::string trace_bucket);

} // namespace millrace::services
