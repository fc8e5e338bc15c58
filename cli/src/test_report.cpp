// SPDX-License-Identifier: Apache-2.0
#include "test_report.hpp"

#include "wording.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace millrace::cli {
namespace {

// Lines of a trace that say how it ended; --trace shows all.
constexpr std::size_t trace_lines_shown = 20;

// For a POSIX shell.
std::string shell_word(const std::string& text) {
  const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./:=+,@").find(c) != std::string_view::npos;
  });
  if (is_plain)
    return text;
  std::string word = "'";
  for (const char c : text)
    word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + '\'';
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

std::string counted(std::uint64_t count, const std::string& what) {
  return grouped(count) + ' ' + what + (count == 1 ? "" : "s");
}

// "pay 4 times, book once".
std::string list_repeated(const std::map<std::string, std::int64_t>& repeated) {
  std::string text;
  for (const auto& [step, times] : repeated)
    text += (text.empty() ? "" : ", ") + printable(step) + ' ' +
            (times == 1 ? "once" : grouped(static_cast<std::uint64_t>(times)) + " times");
  return text;
}

std::string draw_trace(const test_verdict& test, bool whole, const look& how) {
  const auto lines = lines_of(test.trace);
  const std::size_t shown = whole ? lines.size() : std::min(lines.size(), trace_lines_shown);
  std::string title = "trace";
  if (shown < lines.size())
    title += " (the last " + std::to_string(shown) + " of " + grouped(lines.size()) +
             " lines; --trace shows all)";
  std::string text = "        " + title + ":\n";
  for (std::size_t i = lines.size() - shown; i < lines.size(); ++i)
    text += "          " + tinted(printable(lines[i]), tint::faint, how) + '\n';
  return text;
}

std::string draw_failure(const test_verdict& test, bool whole_trace, const look& how) {
  std::string text;
  for (const std::string& each : test.failures)
    for (const std::string_view line : lines_of(each))
      text += "        " + printable(line) + '\n';
  text += "        seed " + std::to_string(test.failed_seeds.front());
  if (test.runs > 1)
    text += " (and " + std::to_string(test.failed_seeds.size() - 1) + " more of " +
            counted(test.runs, "seed") + ")";
  text += "; again with: " + test.again() + '\n';
  return text + draw_trace(test, whole_trace, how);
}

// Text for XML 1.0: what it cannot hold, even escaped, becomes U+FFFD.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
    case '&': out += "&amp;"; continue;
    case '<': out += "&lt;"; continue;
    case '>': out += "&gt;"; continue;
    case '"': out += "&quot;"; continue;
    // In an attribute a bare line break reads as a blank.
    case '\n': out += "&#10;"; continue;
    case '\t': out += "&#9;"; continue;
    default: break;
    }
    if (static_cast<unsigned char>(c) < 0x20)
      out += "\xEF\xBF\xBD";
    else
      out += c;
  }
  return out;
}

std::string seconds(std::chrono::duration<double> time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", time.count());
  return text.data();
}

struct totals {
  std::size_t tests = 0;
  std::size_t failed = 0;
  std::chrono::duration<double> taken{0};

  void add(const test_verdict& test) {
    ++tests;
    failed += test.passed() ? 0 : 1;
    taken += test.taken;
  }
  [[nodiscard]] std::string attributes() const {
    return " tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failed) +
           "\" errors=\"0\" time=\"" + seconds(taken) + '"';
  }
};

std::string junit_case(const test_verdict& test) {
  std::string text = "    <testcase classname=\"" + escaped(test.file) + "\" name=\"" +
                     escaped(test.name) + "\" time=\"" + seconds(test.taken) + '"';
  if (test.passed())
    return text + "/>\n";
  std::string all;
  for (const std::string& each : test.failures)
    all += each + '\n';
  all += "again with: " + test.again() + "\ntrace:\n" + test.trace;
  const std::string first = test.failures.empty() ? "failed" : test.failures.front();
  return text + ">\n      <failure type=\"expectation\" message=\"" + escaped(first) + "\">" +
         escaped(all) + "</failure>\n    </testcase>\n";
}

json::object to_json(const test_verdict& test) {
  json::object out{{"file", test.file},
                   {"name", test.name},
                   {"passed", test.passed()},
                   {"seed", test.first_seed},
                   {"runs", test.runs},
                   {"executions", test.executions},
                   {"virtualMs", test.elapsed.count()}};
  if (test.is_swept) {
    out["crashPoints"] = test.crash_points;
    json::object& repeated = out["repeatedSteps"].emplace_object();
    for (const auto& [step, times] : test.repeated)
      repeated[step] = times;
  }
  if (test.passed())
    return out;
  json::array trace;
  for (const std::string_view line : lines_of(test.trace))
    trace.emplace_back(line);
  out["failedSeeds"] = json::array(test.failed_seeds.begin(), test.failed_seeds.end());
  out["failures"] = json::array(test.failures.begin(), test.failures.end());
  out["again"] = test.again();
  out["trace"] = std::move(trace);
  return out;
}

json::object to_json(const simulation::file_problem& problem) {
  const auto place = [](std::size_t number) {
    return number == 0 ? json::value(nullptr) : json::value(number);
  };
  return {{"file", problem.file},
          {"line", place(problem.line)},
          {"column", place(problem.column)},
          {"pointer", problem.pointer},
          {"message", problem.message}};
}

} // namespace

std::string test_verdict::again() const {
  const std::uint64_t seed = failed_seeds.empty() ? first_seed : failed_seeds.front();
  return "millrace test " + shell_word(file) + " --only " + shell_word(name) + " --seed " +
         std::to_string(seed) + (is_swept ? " --crash" : "");
}

std::string draw(const test_verdict& test, bool whole_trace, const look& how) {
  const std::string name = printable(test.name);
  if (!test.passed())
    return "  " + tinted("FAIL", tint::red, how) + "  " + name + '\n' +
           draw_failure(test, whole_trace, how);
  std::string about = counted(test.executions, "execution") + ", " +
                      duration(test.elapsed.count()) + " of virtual time";
  if (test.runs > 1)
    about += ", " + counted(test.runs, "seed");
  if (test.is_swept)
    about += ", " + counted(test.crash_points, "crash point");
  if (!test.repeated.empty())
    about += "; again after a crash: " + list_repeated(test.repeated);
  return "  " + tinted("ok", tint::green, how) + "    " + name + ' ' +
         tinted('(' + about + ')', tint::faint, how) + '\n';
}

std::string sum_up(const std::vector<test_verdict>& tests, std::size_t files) {
  totals all;
  for (const test_verdict& each : tests)
    all.add(each);
  return counted(all.tests, "test") + " in " + counted(files, "file") + ": " +
         grouped(all.tests - all.failed) + " passed, " + grouped(all.failed) + " failed.\n";
}

json::object to_json(const std::vector<test_verdict>& tests,
                     const std::vector<simulation::file_problem>& problems) {
  json::array all;
  bool passed = problems.empty();
  for (const test_verdict& each : tests) {
    all.push_back(to_json(each));
    passed = passed && each.passed();
  }
  json::array wrong;
  for (const simulation::file_problem& each : problems)
    wrong.push_back(to_json(each));
  return {{"passed", passed}, {"tests", std::move(all)}, {"problems", std::move(wrong)}};
}

std::string to_junit(const std::vector<test_verdict>& tests) {
  totals all;
  std::string suites;
  for (auto first = tests.begin(); first != tests.end();) {
    const auto last = std::find_if(
        first, tests.end(), [&](const test_verdict& each) { return each.file != first->file; });
    totals of_file;
    std::string cases;
    for (auto at = first; at != last; ++at) {
      of_file.add(*at);
      all.add(*at);
      cases += junit_case(*at);
    }
    suites += "  <testsuite name=\"" + escaped(first->file) + '"' + of_file.attributes() + ">\n" +
              cases + "  </testsuite>\n";
    first = last;
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"millrace test\"" +
         all.attributes() + ">\n" + suites + "</testsuites>\n";
}

} // namespace millrace::cli
