// SPDX-License-Identifier: Apache-2.0
//
// Pointers to objects in a step's input, `{"_s3_output_pointer": {"bucket", "key"}}`, and what they
// point to.
#pragma once

#include "object_store.hpp"

#include <millrace/json.hpp>

#include <optional>

namespace millrace::services {

/// `input` with every pointer replaced by what it points to: JSON, else a text, else base64, by the
/// object's type; members beside a pointer are merged over it. Absent: there is no pointer in it.
/// Errors: "Error" for an object that cannot be read. Source: reference hydrateInputFromS3Pointers.
[[nodiscard]] object_result<std::optional<json::object>> with_objects(const json::object& input,
                                                                      object_store& objects);

} // namespace millrace::services
