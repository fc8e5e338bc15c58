// SPDX-License-Identifier: Apache-2.0
//
// The modules that read, write and list objects, and the step that downloads into one.
#pragma once

#include "http_client.hpp"
#include "object_store.hpp"

#include <millrace/step_handler.hpp>

#include <memory>

namespace millrace::services {

/// Provides system/s3-data-loader, system/s3-data-saver and system/s3-list-files.
void add_object_modules(steps::registry& to, const std::shared_ptr<object_store>& objects);

/// What a download needs.
struct download_services {
  std::shared_ptr<http_client> client;
  std::shared_ptr<object_store> objects;
  std::string default_bucket;
  std::size_t bytes_max = 0;
};

/// Provides FILE_DOWNLOAD. A file without a key of its own gets one that stays the same over the
/// attempts of the step.
void add_file_download(steps::registry& to, download_services with);

} // namespace millrace::services
