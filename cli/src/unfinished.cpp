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

} // namespace millrace::cli
