// SPDX-License-Identifier: Apache-2.0
#include "llm_prompts.hpp"

namespace millrace::services {

object_result<std::string> prompt_store::find(const std::string& id) {
  if (const auto found = configured_.find(id); found != configured_.end())
    return found->second;
  auto stored = defined_.find(id);
  if (!stored)
    return stored.error();
  if (*stored)
    return std::move(**stored);
  return step_error::permanent("Prompt template '" + id +
                               "' not found. Define the bundle that has it, or write it under "
                               "llm.prompts in the configuration.");
}

} // namespace millrace::services
