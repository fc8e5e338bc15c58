// SPDX-License-Identifier: Apache-2.0
//
// A problem of a definition: what checking reports, one place and one sentence each.
#pragma once

#include <string>
#include <vector>

namespace millrace::flows {

/// One thing wrong, or worth knowing, in a definition.
struct problem {
  enum class severity_type : unsigned char {
    error,   ///< the definition cannot run
    warning, ///< it runs, but probably not as meant, or not as on Allma
  };
  severity_type severity = severity_type::error;
  /// JSON pointer (RFC 6901) into the document that was read, "" for the document itself.
  std::string pointer;
  /// One sentence: what is wrong and what to do.
  std::string message;
};

/// All problems of a list, warnings included, as one text, a line each: "error at
/// /steps/a/transitions/0: ...".
[[nodiscard]] std::string describe(const std::vector<problem>& problems);

} // namespace millrace::flows
