// SPDX-License-Identifier: Apache-2.0
//
// Makes docs/parity.md from tests/conformance/quirks.json and parity.json: one row per quirk, in
// the order of the quirks, grouped by area.
//
//     millrace_parity_page --check    fails when the page is not what the two files say
//     millrace_parity_page --write    writes it
#include "conformance.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using millrace::testing::parity_decision;

constexpr const char* page_path = MILLRACE_SOURCE_DIR "/docs/parity.md";

/// The areas in the order of the page, with their headings.
constexpr std::pair<std::string_view, std::string_view> areas[] = {
    {"jsonpath", "Paths"},
    {"condition", "Conditions"},
    {"template", "Templates"},
    {"mapping", "Mappings"},
    {"transform", "System modules"},
    {"flow", "Flows and steps"},
    {"objects", "Pointers to objects"},
};

struct quirk {
  std::string area;
  std::string name;
  std::string note;
  const parity_decision* decided = nullptr;
};

std::string text_of(const millrace::json::object& from, std::string_view key) {
  return std::string(from.at(key).as_string());
}

std::vector<quirk> load_quirks(const std::vector<parity_decision>& decisions) {
  std::map<std::pair<std::string, std::string>, const parity_decision*> by_name;
  for (const parity_decision& each : decisions)
    if (!by_name.emplace(std::pair(each.area, each.name), &each).second)
      throw std::runtime_error("parity.json decides twice about " + each.area + ", " + each.name);
  std::vector<quirk> quirks;
  const millrace::json::value cases = millrace::testing::load_json("tests/conformance/quirks.json");
  for (const millrace::json::value& each : cases.as_array()) {
    const millrace::json::object& row = each.as_object();
    quirk one{text_of(row, "area"), text_of(row, "name"), text_of(row, "note"), nullptr};
    const auto found = by_name.find(std::pair(one.area, one.name));
    if (found == by_name.end())
      throw std::runtime_error("parity.json has no decision about " + one.area + ", " + one.name);
    one.decided = found->second;
    by_name.erase(found);
    quirks.push_back(std::move(one));
  }
  if (!by_name.empty())
    throw std::runtime_error("parity.json decides about what is no quirk: " +
                             by_name.begin()->first.first + ", " + by_name.begin()->first.second);
  return quirks;
}

bool is_inside_word(std::string_view text, std::size_t at) {
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  return at > 0 && at + 1 < text.size() && is_word(text[at - 1]) && is_word(text[at + 1]);
}

// A sentence for a cell. What stands between backticks is code already; a table wants its bars
// escaped even there. Code hosts take dollars for formulas.
std::string prose(std::string_view text) {
  constexpr std::string_view marks = "\\*[]<>$~";
  std::string out;
  bool in_code = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    in_code = in_code != (c == '`');
    const bool is_mark =
        marks.find(c) != std::string_view::npos || (c == '_' && !is_inside_word(text, at));
    if (c == '|' || (!in_code && is_mark))
      out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

// A name for a cell, shown letter by letter.
std::string code(std::string_view text) {
  const std::string fence = text.find('`') == std::string_view::npos ? "`" : "`` ";
  std::string out = fence;
  for (const char c : text) {
    if (c == '|')
      out += '\\';
    out += c;
  }
  return out + std::string(fence.rbegin(), fence.rend());
}

// What `millrace validate` says about a flow in which the case shows.
std::string notice(const parity_decision& decided) {
  if (!decided.warns.empty())
    return "warns";
  if (!decided.refuses.empty())
    return "refuses";
  return decided.silent.empty() ? "" : "silent: " + prose(decided.silent);
}

std::string introduction(const std::vector<quirk>& quirks) {
  const auto same =
      std::count_if(quirks.begin(), quirks.end(), [](const quirk& q) { return q.decided->same; });
  const auto noticed = std::count_if(quirks.begin(), quirks.end(), [](const quirk& q) {
    return !q.decided->same && q.decided->silent.empty();
  });
  const auto all = static_cast<std::ptrdiff_t>(quirks.size());
  return "# Parity with Allma\n\n"
         "A flow definition gives the same result as on Allma, except where this page says "
         "otherwise and for\nstep types that are not built yet (see the README). The page lists "
         "every place we know where Allma\ncontradicts its own documentation or is plainly "
         "mistaken: " +
         std::to_string(all) + " cases. In " + std::to_string(same) +
         " Millrace does the same\n(**same**), because flows may rely on it; in " +
         std::to_string(all - same) +
         " it does otherwise (**otherwise**), mostly what the\ndocumentation says. Where a "
         "definition "
         "shows such a difference, `millrace validate` and `millrace run`\nwarn at the place "
         "(**warns**), or refuse the flow (**refuses**): " +
         std::to_string(noticed) +
         " cases; in the others\nnothing in a definition shows it (**silent**), and the table says "
         "why. Made by `./dev parity` from\n`tests/conformance/quirks.json` and `parity.json`.\n";
}

std::string page(const std::vector<quirk>& quirks) {
  std::string out = introduction(quirks);
  std::size_t listed = 0;
  for (const auto& [area, heading] : areas) {
    out += "\n## " + std::string(heading) +
           "\n\n| case | what Allma does | Millrace | what Millrace does, and why | `validate` |\n"
           "| --- | --- | --- | --- | --- |\n";
    for (const quirk& each : quirks) {
      if (each.area != area)
        continue;
      ++listed;
      out += "| " + code(each.name) + " | " + prose(each.note) + " | " +
             (each.decided->same ? "same" : "otherwise") + " | " + prose(each.decided->reason) +
             " | " + notice(*each.decided) + " |\n";
    }
  }
  if (listed != quirks.size())
    throw std::runtime_error("quirks.json has an area that this page does not know");
  return out;
}

int check(const std::string& wanted) {
  std::ifstream stream(page_path, std::ios::binary);
  const std::string found{std::istreambuf_iterator<char>(stream), {}};
  if (found == wanted)
    return EXIT_SUCCESS;
  std::cerr << page_path << " is not what the conformance files say; run ./dev parity.\n";
  return EXIT_FAILURE;
}

int write(const std::string& wanted) {
  std::ofstream stream(page_path, std::ios::binary);
  stream << wanted << std::flush;
  if (stream)
    return EXIT_SUCCESS;
  std::cerr << page_path << " cannot be written.\n";
  return EXIT_FAILURE;
}

} // namespace

int main(int argc, char** argv) {
  constexpr int bad_usage = 2;
  const std::string_view mode = argc == 2 ? argv[1] : "";
  if (mode != "--check" && mode != "--write") {
    std::cerr << "usage: millrace_parity_page --check | --write\n";
    return bad_usage;
  }
  try {
    const std::vector<parity_decision> decisions = millrace::testing::load_parity();
    const std::string wanted = page(load_quirks(decisions));
    return mode == "--check" ? check(wanted) : write(wanted);
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return EXIT_FAILURE;
  }
}
