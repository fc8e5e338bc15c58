// SPDX-License-Identifier: Apache-2.0
#include "deliveries.hpp"

#include "diagnostics.hpp"

namespace millrace::cli {

void warn_of_failed_deliveries(const list_function& list, std::int64_t position,
                               const std::string& database) {
  constexpr std::size_t counted_max = 1000;
  execution_filter filter;
  filter.of = execution_filter::selection::deliveries;
  filter.status = execution_status::failed;
  filter.after = position;
  filter.limit = counted_max;
  const auto failed = list(filter);
  if (!failed || failed->empty())
    return;
  const execution_record& first = failed->front();
  std::string text = failed->size() == 1 ? std::string("A delivery has failed: ")
                                         : std::to_string(failed->size()) +
                                               (failed->size() == counted_max ? " or more" : "") +
                                               " deliveries have failed, the first ";
  text += first.trigger_source + (first.error ? ": " + first.error->error_message : "");
  if (!database.empty())
    text += " (millrace list --deliveries --status FAILED --db " + database + ')';
  warn(text);
}

void log_completion(std::string_view flow_execution_id, std::string_view flow_definition_id,
                    const json::object& payload) {
  say(std::string(flow_definition_id) + ' ' + std::string(flow_execution_id) +
      " has ended: " + stringify(payload));
}

} // namespace millrace::cli
