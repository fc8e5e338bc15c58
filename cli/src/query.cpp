// SPDX-License-Identifier: Apache-2.0
#include "query.hpp"

#include "summary.hpp"
#include "tree.hpp"

#include <algorithm>
#include <limits>

namespace millrace::cli {
namespace {

// Records with their contexts may be large, those without are not.
constexpr std::size_t page_with_context = 50;
constexpr std::size_t page_without_context = 1000;

execution_filter family_filter(const std::string& root, bool with_context) {
  execution_filter filter;
  filter.root_flow_execution_id = root;
  filter.limit = std::numeric_limits<std::size_t>::max();
  filter.with_context = with_context;
  return filter;
}

} // namespace

result<bool> for_each_execution(const list_function& list, const execution_filter& filter,
                                const std::function<bool(const execution_record&)>& visit) {
  execution_filter next = filter;
  std::size_t left = filter.limit;
  while (left > 0) {
    next.limit = std::min(left, filter.with_context ? page_with_context : page_without_context);
    const auto page = list(next);
    if (!page)
      return page.error();
    for (const execution_record& record : *page)
      if (!visit(record))
        return true;
    if (page->size() < next.limit)
      return false;
    left -= page->size();
    next.after = page->back().position;
  }
  return true;
}

bool executions_document::add(const execution_record& record) {
  open();
  out_.write(is_first_ ? "\n" : ",\n");
  is_first_ = false;
  out_.write(stringify(to_json(record, with_context_)));
  return out_.is_open();
}

result<void> executions_document::add_family(const list_function& list, const std::string& root) {
  const auto added =
      for_each_execution(list, family_filter(root, with_context_),
                         [this](const execution_record& record) { return add(record); });
  if (!added)
    return added.error();
  return {};
}

void executions_document::close() {
  open();
  out_.write(is_first_ ? "]}\n" : "\n]}\n");
}

void executions_document::open() {
  if (!is_open_)
    out_.write("{\"executions\": [");
  is_open_ = true;
}

result<std::string> describe_family(const list_function& list, const std::string& root,
                                    const look& how) {
  std::vector<execution_record> few;
  family_summary many;
  const auto visited =
      for_each_execution(list, family_filter(root, false), [&](const execution_record& record) {
        if (few.size() <= tree_executions_max)
          few.push_back(record);
        many.add(record);
        return true;
      });
  if (!visited)
    return visited.error();
  return few.size() <= tree_executions_max ? draw_tree(few, how) : many.draw(how);
}

} // namespace millrace::cli
