// SPDX-License-Identifier: Apache-2.0
//
// The checks of the audit as data: one query each, whose rows are findings.
#pragma once

#include <string>
#include <vector>

namespace millrace::storage {

/// `sql` gives a row per finding: the id of the execution, NULL for none, and the sentence.
struct audit_check {
  std::string name;
  std::string sql;
};

[[nodiscard]] std::vector<audit_check> audit_checks();

} // namespace millrace::storage
