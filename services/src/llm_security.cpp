// SPDX-License-Identifier: Apache-2.0
//
// Source of vectors: OpenAI's API reference, "Create embeddings".
#include "llm_security.hpp"

#include "api_call.hpp"
#include "ascii.hpp"
#include "json_members.hpp"

#include <millrace/js.hpp>

#include <array>
#include <cmath>
#include <cstdio>

namespace millrace::services {
namespace {

constexpr int success = 200;

std::string what_was_said(const json::object& output) {
  std::string said = text_in(output, "finalAnswerText");
  if (said.empty())
    said = text_in(output, "llm_response");
  if (said.empty())
    said = stringify(output);
  return lower(said);
}

std::optional<step_error> find_forbidden(const json::object& rules, const std::string& said) {
  const json::value* forbidden = member(rules, "forbiddenStrings");
  if (!forbidden || !forbidden->is_array())
    return std::nullopt;
  for (const json::value& each : forbidden->get_array())
    if (each.is_string() && said.find(lower(each.get_string())) != std::string::npos)
      return step_error("SecurityViolationError", "Output contained forbidden string: \"" +
                                                      std::string(each.get_string()) + '"');
  return std::nullopt;
}

// The vectors of two texts, in their order; empty: the endpoint gave none.
std::array<std::vector<double>, 2> vectors_of(const embedding_endpoint& endpoint,
                                              http_client& client, const std::string& first,
                                              const std::string& second) {
  http_request sent;
  sent.method = "POST";
  sent.url = endpoint.url + "/embeddings";
  sent.timeout = endpoint.timeout;
  sent.body =
      stringify(json::object{{"model", endpoint.model}, {"input", json::array{first, second}}});
  sent.headers = {{"Content-Type", "application/json"}};
  if (!endpoint.api_key.empty())
    sent.headers.emplace_back("Authorization", "Bearer " + endpoint.api_key);
  std::array<std::vector<double>, 2> made;
  const auto response = client.run(std::move(sent));
  if (!response || response->status != success)
    return made;
  const json::value body = decode_body(response->body);
  const json::value* data = body.is_object() ? member(body.get_object(), "data") : nullptr;
  for (const json::value& each : data && data->is_array() ? data->get_array() : json::array()) {
    const json::object* entry = each.if_object();
    const json::value* index = entry ? member(*entry, "index") : nullptr;
    const json::value* vector = entry ? member(*entry, "embedding") : nullptr;
    const double place = index ? flows::js::to_number(index) : -1;
    if ((place != 0 && place != 1) || !vector || !vector->is_array())
      continue;
    std::vector<double>& into = made.at(place == 0 ? 0 : 1);
    into.clear();
    for (const json::value& number : vector->get_array())
      into.push_back(flows::js::to_number(&number));
  }
  return made;
}

std::string shown_number(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4f", number);
  return text.data();
}

std::optional<step_error> find_similar(const json::object& check, const std::string& prompt,
                                       const std::string& said, llm_services& with) {
  const std::string protected_text =
      element_text(prompt, {"prompt_template", "system_configuration", "security_configuration",
                            "semantic_check", "protected_content_source"});
  if (protected_text.empty())
    return std::nullopt;
  if (!with.options.embeddings)
    return step_error::permanent("The semanticCheck of this step cannot be made. Say what gives "
                                 "vectors of texts under llm.embeddings in the configuration.");
  const auto [protects, says] =
      vectors_of(*with.options.embeddings, *with.client, protected_text, said);
  // Without vectors nothing is similar: an endpoint that is not there lets everything through, as
  // in the reference.
  const double found = similarity(protects, says);
  const json::value* threshold = member(check, "similarityThreshold");
  if (!threshold || !(found > flows::js::to_number(threshold)))
    return std::nullopt;
  return step_error("SecurityViolationError", "Semantic similarity of " + shown_number(found) +
                                                  " exceeded threshold of " +
                                                  flows::js::to_string(threshold) + ".");
}

} // namespace

std::optional<step_error> find_violation(const step_request& request, const std::string& prompt,
                                         const json::object& output, llm_services& with) {
  const json::object* rules = object_in(request.step, "securityValidatorConfig");
  if (!rules)
    return std::nullopt;
  const std::string said = what_was_said(output);
  if (auto forbidden = find_forbidden(*rules, said))
    return forbidden;
  const json::object* check = object_in(*rules, "semanticCheck");
  return check ? find_similar(*check, prompt, said, with) : std::nullopt;
}

std::string element_text(std::string_view xml, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const std::string open = "<" + std::string(name);
    std::size_t begin = xml.find(open);
    // "<names>" is no "<name>".
    while (begin != std::string_view::npos && begin + open.size() < xml.size() &&
           std::string_view(" \t\r\n/>").find(xml[begin + open.size()]) == std::string_view::npos)
      begin = xml.find(open, begin + 1);
    const std::size_t inner = begin == std::string_view::npos ? begin : xml.find('>', begin);
    if (inner == std::string_view::npos || xml[inner - 1] == '/')
      return {};
    const std::size_t end = xml.find("</" + std::string(name) + ">", inner);
    if (end == std::string_view::npos)
      return {};
    xml = xml.substr(inner + 1, end - inner - 1);
  }
  return std::string(flows::js::trim(xml));
}

double similarity(const std::vector<double>& left, const std::vector<double>& right) {
  if (left.size() != right.size())
    return 0;
  double dot = 0;
  double left_square = 0;
  double right_square = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    dot += left[i] * right[i];
    left_square += left[i] * left[i];
    right_square += right[i] * right[i];
  }
  if (left_square == 0 || right_square == 0)
    return 0;
  return dot / (std::sqrt(left_square) * std::sqrt(right_square));
}

} // namespace millrace::services
