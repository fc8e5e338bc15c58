// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "defined_texts.hpp"

#include <map>
#include <string>
#include <string_view>

namespace millrace::services {

/// Prompt templates by id: those of the configuration, then those that were defined with a bundle.
/// Thread-safe.
class prompt_store {
public:
  /// `folder`: of the defined ones; empty: a temporary one.
  prompt_store(std::map<std::string, std::string, std::less<>> configured,
               const std::string& folder)
      : configured_(std::move(configured)), defined_(folder) {}

  /// Keeps the content of a template, durably.
  [[nodiscard]] std::optional<step_error> define(std::string_view id, std::string_view content) {
    return defined_.define(id, content);
  }
  /// Errors: PermanentStepError where there is none.
  [[nodiscard]] object_result<std::string> find(const std::string& id);

private:
  const std::map<std::string, std::string, std::less<>> configured_;
  defined_texts defined_;
};

} // namespace millrace::services
