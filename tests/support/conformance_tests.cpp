// SPDX-License-Identifier: Apache-2.0
#include "conformance_tests.hpp"

#include "catch.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace millrace::testing {

namespace {

/// What cases may require; all of it is built. Source: tests/conformance/README.md.
constexpr std::array<std::string_view, 5> abilities{"agents", "custom_lambda", "large_data",
                                                    "queue_failure", "sqs_send"};

/// A case that requires what nobody knows would otherwise fail somewhere else, or pass.
void check_abilities(const conformance_case& one) {
  for (const std::string& ability : one.required) {
    INFO("it requires " << ability);
    REQUIRE(std::find(abilities.begin(), abilities.end(), ability) != abilities.end());
  }
}

/// A name that catch_discover_tests, Catch2's test filters and CTest all take as it stands: CMake
/// lists know semicolons and brackets, filters know commas, brackets and quotes. The number before
/// it keeps it unique whatever becomes of it.
std::string displayed(std::string_view name) {
  std::string out;
  for (const char c : name) {
    switch (c) {
    case '[':
    case '{': out += '('; break;
    case ']':
    case '}': out += ')'; break;
    case ',':
    case ';': out += ':'; break;
    case '"': out += '\''; break;
    case '\\': out += '/'; break;
    case '*': out += 'x'; break; // a wildcard at the end of a filter
    default:
      if (static_cast<unsigned char>(c) < 0x80)
        out += c;
      else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) // once per character
        out += '?';
    }
  }
  return out;
}

std::string padded(std::size_t number) {
  constexpr std::size_t digits = 3;
  const std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

/// One case as Catch2 runs it. Only what its own line says is parsed, and only when it runs.
class case_invoker : public Catch::ITestInvoker {
public:
  case_invoker(case_line line, conformance_tests::check_function check)
      : line_(std::move(line)), check_(check) {}

  void invoke() const override {
    conformance_case one = read_case(line_);
    INFO(one.name);
    if (!one.area.empty())
      decide(one);
    check_abilities(one);
    check_(one);
  }

private:
  case_line line_;
  conformance_tests::check_function check_;
};

/// Stands for cases that cannot be read.
class failing_invoker : public Catch::ITestInvoker {
public:
  explicit failing_invoker(std::string reason) : reason_(std::move(reason)) {}
  void invoke() const override { FAIL(reason_); }

private:
  std::string reason_;
};

template <class Invoker, class... Arguments>
void register_test(const std::string& name, Arguments&&... arguments) {
#if __has_include(<catch2/catch_all.hpp>)
  auto invoker = Catch::Detail::make_unique<Invoker>(std::forward<Arguments>(arguments)...);
#else
  // The registry owns it.
  auto* const invoker = std::make_unique<Invoker>(std::forward<Arguments>(arguments)...).release();
#endif
  const Catch::AutoReg registered(std::move(invoker), CATCH_INTERNAL_LINEINFO, Catch::StringRef(),
                                  Catch::NameAndTags{name, Catch::StringRef()});
}

void register_file(std::string_view file, std::string_view area, const std::string& title,
                   conformance_tests::check_function check,
                   conformance_tests::belongs_function belongs) {
  for (case_line& line : case_lines(file)) {
    if (line.area != area || (belongs != nullptr && !belongs(read_case(line))))
      continue;
    const std::string name = title + ' ' + padded(line.number) + ": " + displayed(line.name);
    register_test<case_invoker>(name, std::move(line), check);
  }
}

} // namespace

conformance_tests::conformance_tests(std::string_view area, check_function check,
                                     belongs_function belongs) {
  const std::string name(area);
  try {
    register_file(name + ".json", "", name + " case", check, belongs);
    register_file("quirks.json", area, name + " quirk", check, belongs);
  } catch (const std::exception& problem) {
    register_test<failing_invoker>("the " + name + " cases can be read", problem.what());
  }
}

} // namespace millrace::testing
