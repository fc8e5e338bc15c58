// SPDX-License-Identifier: Apache-2.0
//
// What a bundle defines beside flows and what changes without a new version of them: prompt
// templates, connections. Texts by id, in files.
#pragma once

#include "object_store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace millrace::services {

/// Thread-safe.
class defined_texts {
public:
  /// `folder`: where they are kept; empty: in a temporary one.
  explicit defined_texts(const std::string& folder) : files_(object_options(), folder) {}

  /// Keeps a text, durably, in place of what was there.
  [[nodiscard]] std::optional<step_error> define(std::string_view id, std::string_view text);
  /// Absent: there is none.
  [[nodiscard]] object_result<std::optional<std::string>> find(std::string_view id);

private:
  object_store files_;
};

} // namespace millrace::services
