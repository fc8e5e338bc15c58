// SPDX-License-Identifier: Apache-2.0
#include "promises.hpp"

#include <charconv>

namespace millrace::fuzz {

namespace {

std::string show_error(const error& failure) {
  require(failure.code() != errc::internal, "an input reached an error that means a defect");
  require(!failure.message().empty(), "an error says nothing");
  return std::string(to_string(failure.code())) + ": " + failure.message();
}

} // namespace

void require(bool holds, const char* what) {
  if (!holds)
    throw broken_promise(what);
}

two_parts cut(std::string_view input) {
  const std::size_t end = input.find(separator);
  if (end == std::string_view::npos)
    return {input, std::nullopt};
  two_parts parts{input.substr(0, end), std::nullopt};
  if (auto document = parse_json(input.substr(end + separator.size()), "the second part"))
    parts.second = std::move(*document);
  return parts;
}

const json::value& rich_document() {
  static const json::value made = parse_json(R"({
      "store": {"name": "Kiosk", "open": true, "limit": 10, "which": "bike",
        "book": [{"id": 1, "title": "Fog", "price": 8.95, "tags": ["old", "short"]},
                 {"id": 2, "title": "Zo\u00eb \ud83d\ude00", "price": -7, "tags": []},
                 {"id": 3, "title": "", "price": null, "isbn": "0-553", "tags": [["deep"], {}]}],
        "bike": {"color": "red", "price": 19.95}},
      "a": 1, "b": "text", "c": null, "d": {"e": [1, 2, {"f": true}], "1": "x", "a b": 0.5},
      "g": [["h"], []], "i": "$.a", "j": "$.k", "k": "{{i}}", "l": "$.m", "m": "$.l",
      "n": [3, 1, 2], "s": "aaaaaaaaaaaaaaaaaaaaaaaa", "v": "1e3", "w": {"length": 2, "": []},
      "$": {"@": "odd"}, "x.y": [false, 1e300, 9007199254740991]})",
                                             "the rich document")
                                      .value();
  return made;
}

std::string show(const result<flows::resolved>& outcome) {
  if (outcome.has_error())
    return show_error(outcome.error());
  return outcome->is_undefined() ? "undefined" : stringify(*outcome->get());
}

std::string show(const result<json::value>& outcome) {
  return outcome.has_error() ? show_error(outcome.error()) : stringify(*outcome);
}

std::string show(const result<std::string>& outcome) {
  return outcome.has_error() ? show_error(outcome.error()) : *outcome;
}

std::string show(const result<bool>& outcome) {
  if (outcome.has_error())
    return show_error(outcome.error());
  return *outcome ? "true" : "false";
}

std::string show(const error* problem) {
  return problem == nullptr ? "no problem" : show_error(*problem);
}

void require_place(std::string_view message, std::string_view words, std::size_t size) {
  const std::size_t found = message.find(words);
  if (found == std::string_view::npos)
    return;
  const std::string_view rest = message.substr(found + words.size());
  std::size_t place = 0;
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), place);
  require(read.ec == std::errc{}, "a message announces a place and names none");
  require(place <= size + 1, "a message names a place behind the end of the text");
}

void require_pointer(const json::value& document, std::string_view pointer) {
  if (pointer.empty())
    return;
  boost::system::error_code failed;
  const std::string_view parent = pointer.substr(0, pointer.rfind('/'));
  require(pointer.front() == '/', "a problem's pointer does not start with a slash");
  require(document.find_pointer(parent, failed) != nullptr,
          "a problem's pointer leads to no place of the document");
}

flows::definition_rules rules(const std::vector<json::object>& known) {
  flows::definition_rules made;
  made.find_step_definition = [&known](std::string_view id) -> const json::object* {
    for (const json::object& each : known)
      if (const json::value* own = each.if_contains("id"); own && own->is_string())
        if (own->get_string() == id)
          return &each;
    return nullptr;
  };
  made.knows_module = [](std::string_view module) { return module.substr(0, 7) == "system/"; };
  return made;
}

} // namespace millrace::fuzz
