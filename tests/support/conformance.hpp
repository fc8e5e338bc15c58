// SPDX-License-Identifier: Apache-2.0
//
// Conformance cases: loading tests/conformance/*.json and comparing what was recorded with what we
// got. The patterns in expected values (`<uuid:1>`, `<timestamp>`, `<any>`, `<contains:x>`,
// `<undefined>`, `<stack>`) are described in tests/conformance/README.md.
#pragma once

#include <millrace/json.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::testing {

/// The UUIDs that `<uuid:N>` stood for so far; one per case.
struct bindings {
  std::map<std::string, std::string> uuid_by_label;
  std::map<std::string, std::string> label_by_uuid;
};

/// A case as it stands in its file, of which only the name was looked at.
struct case_line {
  std::size_t number = 0; ///< its place in the file, from 1
  std::string area;       ///< quirks.json and parity.json only
  std::string name;
  std::string text; ///< its JSON
};

/// The cases of tests/conformance/<file>, one per line. Quick: nothing but names is parsed. Throws
/// std::runtime_error when the file cannot be read or a line holds no case.
[[nodiscard]] std::vector<case_line> case_lines(std::string_view file);

/// One case of a conformance file.
struct conformance_case {
  std::string name;
  std::string area;                  ///< quirks.json and parity.json only
  std::vector<std::string> required; ///< `requires`
  json::object given;
  json::value expect;
};

/// Reads a JSON file below the source directory ("tests/conformance/jsonpath.json"). Throws
/// std::runtime_error when it cannot be read or is not JSON: a test without its data must fail.
[[nodiscard]] json::value load_json(std::string_view path);

/// The case that stands in `line`. Throws when it is none.
[[nodiscard]] conformance_case read_case(const case_line& line);

/// The cases of tests/conformance/<file>; those of one area if `area` is not empty.
[[nodiscard]] std::vector<conformance_case> load_cases(std::string_view file,
                                                       std::string_view area = {});

/// Whether `actual` is what `expected` describes. On failure `*why`, when given, says where and how
/// they differ. `seen` carries the UUIDs met before.
[[nodiscard]] bool matches(const json::value& expected, const json::value& actual, bindings& seen,
                           std::string* why = nullptr);

/// The same for one text.
[[nodiscard]] bool text_matches(std::string_view expected, std::string_view actual, bindings& seen);

/// Whether a result agrees with `expect` = {"value"} or {"undefined"} or {"error"}: `value` is the
/// result (null pointer for undefined), or `failure` the message of the error that came instead.
[[nodiscard]] bool outcome_matches(const json::object& expect, const json::value* value,
                                   const std::string* failure, bindings& seen,
                                   std::string* why = nullptr);

/// Whether `message` contains every text of `expected` (one text or a list of texts).
[[nodiscard]] bool contains_all(const json::value& expected, std::string_view message);

/// What parity.json decided about one quirk.
struct parity_decision {
  std::string area;
  std::string name;
  bool same = false;               ///< else "documented"
  std::optional<json::value> ours; ///< for "documented": what we expect instead
  std::string reason;
  /// For "documented", one of: where the definition is warned of, where it is refused, or why
  /// nothing in it shows the difference.
  std::string warns;
  std::string refuses;
  std::string silent;
  json::value in; ///< which definition, where it is not that of the quirk; else null
};
[[nodiscard]] std::vector<parity_decision> load_parity();

/// Gives a quirk the result that Millrace is to give: the reference's, or ours where we follow the
/// documentation. Throws std::runtime_error when nothing was decided about it.
void decide(conformance_case& quirk);

} // namespace millrace::testing
