// SPDX-License-Identifier: Apache-2.0
//
// The objects of the store, as expressions see them that meet a pointer to one.
#pragma once

#include "object_store.hpp"

#include <millrace/object_pointer.hpp>

#include <memory>

namespace millrace::services {

/// Thread-safe. Source: reference resolveS3Pointer.
class pointed_content final : public flows::object_source {
public:
  explicit pointed_content(std::shared_ptr<object_store> objects);
  [[nodiscard]] result<json::value> read(const flows::object_pointer& at) override;

private:
  std::shared_ptr<object_store> objects_;
};

} // namespace millrace::services
