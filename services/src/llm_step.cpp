// SPDX-License-Identifier: Apache-2.0
//
// Source: reference llm-invocation-handler, tool-resolver.
#include "llm_step.hpp"

#include "json_members.hpp"

#include <millrace/scope.hpp>
#include <millrace/template.hpp>

#include <algorithm>
#include <array>

namespace millrace::services {
namespace {

constexpr std::array<std::string_view, 5> providers{"GEMINI", "ANTHROPIC", "OPENAI", "AWS_BEDROCK",
                                                    "CUSTOM_LAMBDA"};
constexpr std::array<std::string_view, 3> built_in_tools{"google_search", "code_execution",
                                                         "web_search"};

template <class Names>
bool is_one_of(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

llm_part<model_choice> read_choice(const json::object& given, const std::string& label,
                                   const json::object& inference,
                                   const json::object& custom_config) {
  model_choice made{text_in(given, "llmProvider"), text_in(given, "modelId"), inference,
                    custom_config};
  if (made.model_id.find_first_not_of(" \t\r\n") == std::string::npos)
    return step_error("Error", label + " modelId resolved to an empty or non-string value after "
                                       "template rendering. Check the model selection template "
                                       "against the flow context.");
  if (!is_one_of(providers, made.provider))
    return step_error("Error", label + " llmProvider resolved to '" + made.provider +
                                   "', which is not a valid LLM provider (expected one of: GEMINI, "
                                   "ANTHROPIC, OPENAI, AWS_BEDROCK, CUSTOM_LAMBDA).");
  if (const json::object* own = object_in(given, "inferenceParameters"))
    made.inference = *own;
  if (const json::object* own = object_in(given, "customConfig"))
    made.custom_config = *own;
  return made;
}

bool is_tool(const json::value& value) {
  const json::object* tool = value.if_object();
  if (!tool)
    return false;
  const std::string type = text_in(*tool, "type");
  const std::string name = text_in(*tool, "name");
  const bool has_name = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  return is_one_of(built_in_tools, type) ||
         (type == "function" && has_name && !text_in(*tool, "description").empty() &&
          object_in(*tool, "parameters"));
}

} // namespace

llm_part<std::vector<model_choice>> read_choices(const step_request& request) {
  const json::object* inference = object_in(request.step, "inferenceParameters");
  const json::object base = inference ? *inference : json::object();
  std::vector<model_choice> all;
  auto primary = read_choice(request.fields, "Primary model", base, request.custom_config);
  if (!primary)
    return primary.error();
  all.push_back(std::move(*primary));
  const json::value* fallbacks = member(request.fields, "fallbacks");
  const json::array none;
  const json::array& list = fallbacks && fallbacks->is_array() ? fallbacks->get_array() : none;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string label = "Fallback[" + std::to_string(i) + "]";
    const json::object* given = list[i].if_object();
    auto choice = read_choice(given ? *given : json::object(), label, base, request.custom_config);
    if (!choice)
      return choice.error();
    all.push_back(std::move(*choice));
  }
  return all;
}

llm_part<std::string> render_prompt(const step_request& request, const llm_services& with) {
  std::string content = text_in(request.step, "directPrompt");
  if (content.empty()) {
    const std::string id = text_in(request.step, "promptTemplateId");
    if (id.empty())
      return step_error("Error", "Prompt template ID not found in step definition.");
    auto found = with.prompts->find(id);
    if (!found)
      return found.error();
    content = std::move(*found);
  }
  flows::pointed_objects pointed(with.pointed);
  flows::scope visible(request.input);
  visible.read_with(&pointed);
  if (const json::object* mapped = object_in(request.fields, "templateContextMappings"))
    visible.push(*mapped);
  auto rendered = flows::text_template::compile(content).render(visible);
  if (!rendered)
    return step_error("Error", rendered.error().message());
  return std::move(*rendered);
}

llm_part<json::array> read_tools(const step_request& request) {
  const json::value* given = member(request.step, "tools");
  std::string what = "Static tools definition is invalid";
  if (!given || !given->is_array() || given->get_array().empty()) {
    given = member(request.fields, "toolsPath");
    what = "The data at toolsPath is not a valid array of tool declarations";
  }
  if (!given && !member(request.step, "toolsPath")) {
    given = member(request.custom_config, "tools");
    if (given && !given->is_array())
      given = nullptr;
    what = "Legacy customConfig.tools definition is invalid";
  }
  if (!given)
    return json::array();
  const json::array* tools = given->if_array();
  if (!tools || !std::all_of(tools->begin(), tools->end(), is_tool))
    return step_error::permanent(what + ": each tool is {type: \"function\", name, description, "
                                        "parameters} or a built-in one.");
  for (const json::value& tool : *tools)
    if (const std::string type = text_in(tool.get_object(), "type"); type != "function")
      return step_error::permanent("The tool " + type +
                                   " is built into a provider's own service, which is not there; "
                                   "declare a function instead.");
  return *tools;
}

llm_part<std::optional<json::value>> read_tool_choice(const step_request& request) {
  const json::value* given = member(request.step, "toolChoice");
  if (!given)
    given = member(request.custom_config, "toolChoice");
  if (!given)
    return std::optional<json::value>();
  const json::object* function = given->if_object();
  const bool is_word = *given == "auto" || *given == "none" || *given == "required";
  const bool is_function =
      function && text_in(*function, "type") == "function" && !text_in(*function, "name").empty();
  if (!is_word && !is_function)
    return step_error::permanent("Tool choice configuration is invalid: it is \"auto\", \"none\", "
                                 "\"required\" or {type: \"function\", name}.");
  return std::optional<json::value>(*given);
}

} // namespace millrace::services
