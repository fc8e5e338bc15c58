// SPDX-License-Identifier: Apache-2.0
#include "definition_differences.hpp"

#include "condition_parts.hpp"
#include "path_program.hpp"
#include "path_text.hpp"
#include "template_parser.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace millrace::flows::definitions {

namespace {

using detail::segment;
using kind = segment::kind;

constexpr std::size_t npos = std::string_view::npos;

/// The differences of one text, each once and in the order in which they are found.
class findings {
public:
  findings(problem_list& problems, const std::string& pointer)
      : problems_(problems), pointer_(pointer) {}

  void add_if(bool is_there, const difference& what) {
    if (!is_there || std::find(found_.begin(), found_.end(), &what) != found_.end())
      return;
    found_.push_back(&what);
    warn_difference(problems_, pointer_, what);
  }

private:
  problem_list& problems_;
  const std::string& pointer_;
  std::vector<const difference*> found_;
};

// ---- paths --------------------------------------------------------------------------------------

bool is_number_sign_key(std::string_view key) {
  return key.size() > 1 && key.front() == '#' &&
         key.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

bool is_awkward(std::string_view key) {
  return key.find_first_of("*^;[]'") != npos || is_number_sign_key(key);
}

/// Whether a quoted key stands behind ".[", outside of scripts.
bool has_dot_before_bracket(std::string_view text) {
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    std::string_view script;
    const bool opens_script = text[i] == '[' && (text[i + 1] == '(' || text[i + 1] == '?');
    if (const std::size_t end = opens_script ? detail::script_end(text, i, script) : npos;
        end != npos) {
      i = end - 1;
      continue;
    }
    const bool starts_descent = i > 0 && text[i - 1] == '.';
    if (text[i] == '.' && !starts_descent && text[i + 1] == '[' &&
        (text[i + 2] == '\'' || text[i + 2] == '"'))
      return true;
  }
  return false;
}

/// Whether an @ of a filter is followed by what the reference's rewriting does not know. Names such
/// as @property are read alike; texts in quotes are no matter.
bool has_bare_current_value(std::string_view script) {
  const bool whole = script.size() > 2 && script.back() == ')';
  const std::string_view expression = whole ? script.substr(0, script.size() - 1) : script;
  char quote = '\0';
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    if (quote != '\0') {
      quote = c == quote ? '\0' : quote;
      i += c == '\\' ? 1U : 0U;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '@' && (i + 1 == expression.size() ||
                            std::string_view("=!<>+-*/%&|?,:;").find(expression[i + 1]) != npos)) {
      return true;
    }
  }
  return false;
}

/// Whether the reference sees where JSONPath begins by this segment.
bool begins_json_path(const segment& of) {
  switch (of.what) {
  case kind::wildcard:
  case kind::descend:
  case kind::slice:
  case kind::filter:
  case kind::nested:
  case kind::type: return true;
  case kind::list:
  case kind::script: return of.key.find_first_of(":=><!") != npos;
  default: return false;
  }
}

bool needs_json_path(const segment& of) {
  return of.what == kind::list || of.what == kind::script || of.what == kind::parent ||
         of.what == kind::property;
}

void find_in_segments(const detail::path_program& program, findings& found) {
  bool begun = false;
  for (const segment& each : program.complex) {
    found.add_if(!begun && each.what == kind::wildcard, differences::leading_wildcard);
    found.add_if(!begun && needs_json_path(each) && !begins_json_path(each),
                 differences::operator_alone);
    begun = begun || begins_json_path(each) || needs_json_path(each);
    found.add_if(each.what == kind::name && is_number_sign_key(each.key), differences::hash_key);
    found.add_if(
        (each.what == kind::filter || each.what == kind::nested || each.what == kind::script) &&
            has_bare_current_value(each.key),
        differences::bare_current_value);
  }
  for (const segment& each : program.plain)
    found.add_if(each.what == kind::name && is_number_sign_key(each.key), differences::hash_key);
}

void find_in_path(std::string_view text, findings& found) {
  const auto program = detail::compile_path(text, 0);
  if (program->problem)
    return; // it fails whenever it is used, which is another warning
  const detail::marked_text marked = detail::mark_keys(text, true);
  for (const detail::marked_text::key& key : marked.keys) {
    found.add_if(!key.is_dynamic && is_awkward(key.text), differences::quoted_key);
    found.add_if(key.is_dynamic && key.text.find_first_of("[]") != npos,
                 differences::nested_dynamic_key);
    if (key.is_dynamic)
      find_in_path(key.text, found);
  }
  const char between[] = {marked.mark, ',', marked.mark, '\0'};
  found.add_if(marked.text.find(between) != npos, differences::quoted_list);
  found.add_if(has_dot_before_bracket(text), differences::dot_before_bracket);
  find_in_segments(*program, found);
}

// ---- templates ----------------------------------------------------------------------------------

using templates::statement;

bool is_loop_value(const statement& of) {
  if (of.kind != statement::kind_type::mustache || !of.head.callee.data ||
      of.head.callee.parts.size() != 1)
    return false;
  const std::string& name = of.head.callee.parts.front();
  return name == "index" || name == "first" || name == "last";
}

void find_in_call(const templates::call& of, findings& found);

void find_in_expression(const templates::expression& of, findings& found) {
  if (of.sub)
    find_in_call(*of.sub, found);
}

void find_in_call(const templates::call& of, findings& found) {
  found.add_if(of.function == templates::helper::slice && of.params.size() == 2,
               differences::slice_without_end);
  found.add_if(of.function == templates::helper::default_ && of.params.size() == 1,
               differences::default_alone);
  for (const templates::expression& each : of.params)
    find_in_expression(each, found);
  for (const templates::hash_pair& each : of.hash)
    find_in_expression(each.value, found);
}

void find_in_program(const templates::program& of, findings& found) {
  found.add_if(of.body.size() > 1 && is_loop_value(of.body[0]) && is_loop_value(of.body[1]),
               differences::adjacent_loop_values);
  for (const statement& each : of.body) {
    find_in_call(each.head, found);
    for (const auto& inner : {each.body.get(), each.inverse.get()})
      if (inner != nullptr)
        find_in_program(*inner, found);
  }
}

} // namespace

void warn_difference(problem_list& problems, std::string pointer, const difference& what) {
  problems.warning(std::move(pointer), "Allma today " + std::string(what.allma) + "; Millrace " +
                                           std::string(what.millrace));
}

void warn_path_differences(problem_list& problems, const std::string& pointer,
                           std::string_view text) {
  if (text.find_first_of("*^~[#@") == npos)
    return; // keys and descents are read alike
  findings found(problems, pointer);
  find_in_path(text, found);
}

void warn_condition_differences(problem_list& problems, const std::string& pointer,
                                std::string_view text) {
  findings found(problems, pointer);
  const condition_parts parts = parts_of_condition(text);
  found.add_if(parts.has_joint_inside, differences::joint_inside);
  found.add_if(parts.compares_bracket, differences::bracket_compared);
  for (const std::string& each : parts.paths)
    find_in_path(each, found);
}

void warn_template_differences(problem_list& problems, const std::string& pointer,
                               std::string_view text) {
  if (text.find("{{") == npos)
    return;
  auto parsed = templates::parse(text);
  if (parsed.has_error())
    return;
  templates::control_whitespace(*parsed);
  const auto bound = templates::bind(std::move(*parsed), text);
  if (bound.has_error())
    return;
  findings found(problems, pointer);
  find_in_program(bound->main, found);
}

} // namespace millrace::flows::definitions
