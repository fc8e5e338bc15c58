// SPDX-License-Identifier: Apache-2.0
#include "http_guard.hpp"
#include "options_reader.hpp"

#include <millrace/text.hpp>

#include <array>

namespace millrace::services {
namespace {

constexpr std::array<std::string_view, 3> llm_members{"embeddings", "prompts", "providers"};
constexpr std::array<std::string_view, 4> embedding_members{"apiKey", "model", "timeout", "url"};
constexpr std::array<std::string_view, 6> endpoint_members{"apiKey", "body",    "models",
                                                           "script", "timeout", "url"};
constexpr std::array<std::string_view, 4> answer_members{"error", "text", "toolCalls", "when"};

std::map<std::string, std::string, std::less<>> read_texts(member_reader& reader,
                                                           std::string_view name) {
  std::map<std::string, std::string, std::less<>> all;
  const json::object* section = reader.object(name);
  for (const auto& member : section ? *section : json::object()) {
    if (const json::string* text = member.value().if_string())
      all.emplace(std::string(member.key()), std::string(*text));
    else
      reader.add(child_of(reader.pointer(name), member.key()),
                 "this must be a text" + but_is(member.value()));
  }
  return all;
}

llm_scripted_answer read_answer(member_reader reader) {
  llm_scripted_answer made;
  made.when = reader.text("when").value_or("");
  made.text = reader.text("text").value_or("");
  made.error = reader.text("error").value_or("");
  if (const json::array* calls = reader.array("toolCalls"))
    made.tool_calls = *calls;
  for (std::size_t i = 0; i < made.tool_calls.size(); ++i) {
    const json::object* call = made.tool_calls[i].if_object();
    if (!call || !call->contains("name") || !call->contains("args"))
      reader.add(child_of(reader.pointer("toolCalls"), i),
                 "this must be an object with \"name\" and \"args\"");
  }
  return made;
}

// What all endpoints have: "url", "apiKey" and "timeout".
template <class Endpoint>
void read_address(member_reader& reader, Endpoint& made) {
  made.url = reader.text("url").value_or("");
  if (!made.url.empty() && !is_url(made.url))
    reader.refuse("url", "a URL");
  while (!made.url.empty() && made.url.back() == '/')
    made.url.pop_back();
  made.api_key = reader.text("apiKey").value_or("");
  // A key is a secret: what is wrong with it is said without it.
  if (!is_header_value(made.api_key))
    reader.add(reader.pointer("apiKey"), "this must be a text without line breaks");
  if (const auto timeout = reader.duration("timeout")) {
    if (timeout->count() < 1)
      reader.refuse("timeout", "a duration of at least \"1ms\"");
    made.timeout = *timeout;
  }
}

embedding_endpoint read_embeddings(member_reader reader) {
  embedding_endpoint made;
  if (!reader.has("url"))
    reader.add(reader.pointer(), "\"url\", an endpoint such as \"http://localhost:11434/v1\", must "
                                 "be here");
  read_address(reader, made);
  made.model = reader.required_text("model", "the name of a model").value_or("");
  return made;
}

llm_endpoint read_endpoint(member_reader reader) {
  llm_endpoint made;
  if (reader.has("script") == reader.has("url"))
    reader.add(reader.pointer(),
               "exactly one of \"url\", an endpoint such as "
               "\"http://localhost:11434/v1\", and \"script\", a list of answers, "
               "must be here");
  read_address(reader, made);
  made.models = read_texts(reader, "models");
  if (const json::object* body = reader.object("body"))
    made.body = *body;
  const json::array* script = reader.array("script");
  for (std::size_t i = 0; script && i < script->size(); ++i) {
    const std::string place = child_of(reader.pointer("script"), i);
    if (const json::object* answer = (*script)[i].if_object())
      made.script.push_back(
          read_answer(member_reader(*answer, place, answer_members, reader.problems())));
    else
      reader.add(place, "this must be an object" + but_is((*script)[i]));
  }
  return made;
}

} // namespace

llm_options read_llm(const json::object& section, const std::string& pointer,
                     pointed_problems& problems) {
  member_reader reader(section, pointer, llm_members, problems);
  llm_options options;
  options.prompts = read_texts(reader, "prompts");
  read_each(reader, "providers", endpoint_members, read_endpoint, options.providers);
  if (const json::object* embeddings = reader.object("embeddings"))
    options.embeddings = read_embeddings(
        member_reader(*embeddings, reader.pointer("embeddings"), embedding_members, problems));
  return options;
}

} // namespace millrace::services
