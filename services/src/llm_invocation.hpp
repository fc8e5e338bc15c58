// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "llm_models.hpp"
#include "llm_prompts.hpp"
#include "object_store.hpp"

#include <millrace/object_pointer.hpp>
#include <millrace/step_handler.hpp>

#include <memory>

namespace millrace::services {

/// What LLM_INVOCATION runs on.
struct llm_services {
  llm_options options;
  std::shared_ptr<http_client> client;
  std::shared_ptr<object_store> objects;
  std::shared_ptr<flows::object_source> pointed; ///< of prompts
  std::shared_ptr<prompt_store> prompts;
  llm_health health;
};

/// Provides LLM_INVOCATION.
void add_llm_invocation(steps::registry& to, const std::shared_ptr<llm_services>& with);

} // namespace millrace::services
