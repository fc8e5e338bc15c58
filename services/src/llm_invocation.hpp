// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "llm_models.hpp"
#include "object_store.hpp"

#include <millrace/step_handler.hpp>

#include <memory>

namespace millrace::services {

/// Prompt templates by id: those of the configuration, then those that were defined with a bundle.
class prompt_store {
public:
  /// `folder`: of the defined ones; empty: a temporary one.
  prompt_store(std::map<std::string, std::string, std::less<>> configured,
               const std::string& folder)
      : configured_(std::move(configured)), defined_(object_options(), folder) {}

  /// Keeps the content of a template, durably.
  [[nodiscard]] std::optional<step_error> define(std::string_view id, std::string_view content);
  /// Errors: PermanentStepError where there is none.
  [[nodiscard]] object_result<std::string> find(const std::string& id);

private:
  const std::map<std::string, std::string, std::less<>> configured_;
  object_store defined_;
};

/// What LLM_INVOCATION runs on.
struct llm_services {
  llm_options options;
  std::shared_ptr<http_client> client;
  std::shared_ptr<object_store> objects;
  std::shared_ptr<prompt_store> prompts;
  llm_health health;
};

/// Provides LLM_INVOCATION.
void add_llm_invocation(steps::registry& to, const std::shared_ptr<llm_services>& with);

} // namespace millrace::services
