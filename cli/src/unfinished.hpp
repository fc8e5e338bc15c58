// SPDX-License-Identifier: Apache-2.0
//
// What a database holds that has not ended, by family.
#pragma once

#include "query.hpp"

#include <map>
#include <string>

namespace millrace::cli {

struct unfinished_work {
  /// The roots of families with an unfinished execution, in the order in which they were started
  /// (their ids are ordered by time), and whether the root itself is unfinished.
  std::map<std::string, bool> families;
};

/// All of it; one small entry a family. Errors: the list's.
[[nodiscard]] result<unfinished_work> find_unfinished(const list_function& list);
/// At most one of each status: enough to know whether there is anything.
[[nodiscard]] result<unfinished_work> find_any_unfinished(const list_function& list);

/// Whether every execution of the family has ended or waits for an event. One that waits for a flow
/// it called is as far as that one. Errors: the list's.
[[nodiscard]] result<bool> is_settled(const list_function& list, const std::string& root);

} // namespace millrace::cli
