// SPDX-License-Identifier: Apache-2.0
//
// What an LLM_INVOCATION step says, read: models in the order in which they are tried, prompt,
// tools, media.
#pragma once

#include "llm_invocation.hpp"

#include <optional>
#include <string>
#include <vector>

namespace millrace::services {

/// One model of the step.
struct model_choice {
  std::string provider;
  std::string model_id;
  json::object inference;
  json::object custom_config;
};

/// Errors: what becomes of the step.
template <class T>
using llm_part = boost::system::result<T, step_error>;

[[nodiscard]] llm_part<std::vector<model_choice>> read_choices(const step_request& request);
/// The prompt with its variables: what the step's input and mappings give.
[[nodiscard]] llm_part<std::string> render_prompt(const step_request& request,
                                                  const llm_services& with);
[[nodiscard]] llm_part<json::array> read_tools(const step_request& request);
[[nodiscard]] llm_part<std::optional<json::value>> read_tool_choice(const step_request& request);
[[nodiscard]] llm_part<std::vector<llm_media>> read_media(const step_request& request,
                                                          llm_services& with);

} // namespace millrace::services
