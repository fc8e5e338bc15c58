// SPDX-License-Identifier: Apache-2.0
#include "unfinished.hpp"

#include <limits>

namespace millrace::cli {
namespace {

result<unfinished_work> find(const list_function& list, std::size_t limit) {
  unfinished_work work;
  for (const execution_status status :
       {execution_status::initializing, execution_status::running, execution_status::waiting}) {
    execution_filter filter;
    filter.status = status;
    filter.limit = limit;
    const auto visited = for_each_execution(list, filter, [&work](const execution_record& record) {
      bool& is_root_unfinished = work.families[record.root_flow_execution_id];
      is_root_unfinished = is_root_unfinished || record.kind == execution_kind::root;
      return true;
    });
    if (!visited)
      return visited.error();
  }
  return work;
}

} // namespace

result<unfinished_work> find_unfinished(const list_function& list) {
  return find(list, std::numeric_limits<std::size_t>::max());
}

result<unfinished_work> find_any_unfinished(const list_function& list) {
  return find(list, 1);
}

// What waits is looked at first: a delay that ends meanwhile is found running.
result<bool> is_settled(const list_function& list, const std::string& root) {
  bool settled = true;
  for (const execution_status status :
       {execution_status::waiting, execution_status::initializing, execution_status::running}) {
    execution_filter filter;
    filter.root_flow_execution_id = root;
    filter.status = status;
    filter.limit = std::numeric_limits<std::size_t>::max();
    const auto visited = for_each_execution(list, filter, [&](const execution_record& record) {
      const bool goes_on_by_itself =
          status != execution_status::waiting || (record.due_at != 0 && record.waiting_for.empty());
      settled = settled && !goes_on_by_itself;
      return settled;
    });
    if (!visited)
      return visited.error();
    if (!settled)
      return false;
  }
  return true;
}

} // namespace millrace::cli
