// SPDX-License-Identifier: Apache-2.0
//
// millrace eval: an array of given objects in, the array of their results out. Results are printed
// when all of them are there: what is wrong with one object leaves standard output empty.
#include "commands.hpp"
#include "diagnostics.hpp"
#include "input.hpp"
#include "output.hpp"
#include "terminal.hpp"

#include <millrace/evaluate.hpp>

#include <array>
#include <memory>

#include <unistd.h>

namespace millrace::cli {
namespace {

struct eval_options {
  std::string kind;
  const CLI::Option* given = nullptr; // owned by the command line, which outlives us
};

/// A kind by its name, with a given object that it takes.
struct kind_help {
  std::string_view name;
  std::string_view example;
};

constexpr std::array<kind_help, 6> kinds{{
    {"jsonpath", R"({"path": "$.a", "data": {"a": 1}})"},
    {"condition", R"({"condition": "$.a > 1", "context": {"a": 2}})"},
    {"template", R"({"kind": "render", "template": "Hi {{name}}", "context": {"name": "Ann"}})"},
    {"mapping", R"({"kind": "input", "mappings": {"a": "$.b"}, "context": {"b": 1}})"},
    {"transform", R"({"module": "system/flatten-array", "input": {"array": [[1], [2]]}})"},
    {"flow", R"({"flows": [FLOW], "start": {"flowDefinitionId": "ID of a flow"}})"},
}};

std::string kind_names() {
  std::string names;
  for (const kind_help& each : kinds)
    names += (names.empty() ? "" : ", ") + std::string(each.name);
  return names;
}

std::string examples() {
  constexpr std::size_t name_width = 11;
  std::string text =
      "The given objects stand in an array, such as [{...}, {...}]. One for each KIND:";
  for (const kind_help& each : kinds) {
    text += "\n  " + std::string(each.name) + std::string(name_width - each.name.size(), ' ');
    text += each.example;
  }
  return text;
}

/// What is asked for, checked.
struct question {
  evaluation_kind kind = evaluation_kind::jsonpath;
  std::string example; ///< a given object of that kind, for messages
  std::string file;
  std::string name; ///< what messages call the file
};

result<question> understand(const eval_options& options) {
  if (options.kind.empty())
    return error{errc::invalid_argument, "Name what to evaluate: " + kind_names() + "."};
  const auto kind = parse_evaluation_kind(options.kind);
  if (!kind)
    return error{errc::invalid_argument, "There is no kind \"" + options.kind +
                                             "\" to evaluate; there are: " + kind_names() + "."};
  question asked{*kind, {}, options.given->count() == 0 ? "-" : verbatim(options.given), {}};
  if (asked.file.empty())
    return error{errc::invalid_argument,
                 "--given names no file; write --given FILE, or --given - for standard input."};
  for (const kind_help& each : kinds)
    if (each.name == options.kind)
      asked.example = each.example;
  asked.name = asked.file == "-" ? "standard input" : asked.file;
  return asked;
}

result<json::array> read_given(const question& asked) {
  if (asked.file == "-" && is_terminal(STDIN_FILENO))
    say("Type an array of given objects, such as [" + asked.example + "], then Ctrl-D.");
  auto value = read_json_file(asked.file);
  if (!value && value.error().code() == errc::not_found)
    return error{errc::not_found,
                 value.error().message() +
                     " --given takes the name of a file, or - for standard input."};
  if (!value)
    return value.error();
  if (!value->is_array())
    return error{errc::invalid_input, asked.name + " must be an array of given objects such as [" +
                                          asked.example + "], but it is " + kind_of(*value) + "."};
  return std::move(value->get_array());
}

result<json::object> evaluate_one(const question& asked, const json::value& given) {
  if (!given.is_object())
    return error{errc::invalid_input, "Here must be an object such as " + asked.example +
                                          ", but it is " + kind_of(given) + "."};
  auto outcome = evaluate(asked.kind, given.get_object());
  if (outcome || outcome.error().code() != errc::invalid_input)
    return outcome;
  // A conformance file as it stands is an easy mistake.
  if (const json::value* inner = given.get_object().if_contains("given"); inner)
    return error{errc::invalid_input,
                 "This is a whole case; give what stands at its member \"given\" alone."};
  return error{errc::invalid_input, outcome.error().message() + " Such as: " + asked.example};
}

// Everything is evaluated before a word of it is printed.
result<std::string> evaluate_all(const question& asked, const json::array& all) {
  std::string text = "[";
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto outcome = evaluate_one(asked, all[i]);
    if (!outcome)
      return error{outcome.error().code(), asked.name + ": error at /" + std::to_string(i) + ": " +
                                               outcome.error().message()};
    text += i == 0 ? "\n" : ",\n";
    stringify_to(text, *outcome);
  }
  text += all.empty() ? "]\n" : "\n]\n";
  return text;
}

exit_status eval(const eval_options& options) {
  const auto asked = understand(options);
  if (!asked)
    return fail(asked.error());
  const auto given = read_given(*asked);
  if (!given)
    return fail(given.error());
  const auto results = evaluate_all(*asked, *given);
  if (!results)
    return fail(results.error());
  standard_output out;
  out.write(*results);
  return out.finish(exit_status::done);
}

} // namespace

void add_eval(CLI::App& app, action& chosen) {
  auto options = std::make_shared<eval_options>();
  CLI::App* command =
      app.add_subcommand("eval", "Try expressions, mappings, modules or flows by hand");
  command->add_option("KIND", options->kind, kind_names())->type_name("");
  options->given = add_verbatim(*command, "--given",
                                "file with an array of given objects; - (default): standard input")
                       ->type_name("FILE|-");
  command->footer(examples());
  command->callback([options, &chosen] { chosen = [options] { return eval(*options); }; });
}

} // namespace millrace::cli
