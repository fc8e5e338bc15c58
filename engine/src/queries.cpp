// SPDX-License-Identifier: Apache-2.0
#include "queries.hpp"

#include <millrace/stored_execution.hpp>

namespace millrace {
namespace {

constexpr std::size_t family_page = 1000;

execution_record plain_record(const storage::execution_row& row) {
  execution_record record;
  record.flow_execution_id = row.id;
  record.flow_definition_id = row.flow_definition_id;
  record.flow_definition_version = row.flow_version;
  record.flow_version_asked = row.flow_version_asked;
  record.status = row.status;
  record.kind = row.kind;
  record.depth = row.depth;
  record.root_flow_execution_id = row.root_id;
  record.parent_flow_execution_id = row.parent_id;
  record.parent_step_instance_id = row.parent_step;
  record.trigger_source = row.trigger_source;
  record.start_message_id = row.message_id;
  record.accepted_at = row.accepted_at;
  record.started_at = row.started_at;
  record.ended_at = row.ended_at;
  record.due_at = row.due_at;
  record.position = row.key;
  return record;
}

storage::execution_query::selection selection_of(execution_filter::selection wanted) {
  using stored = storage::execution_query::selection;
  switch (wanted) {
  case execution_filter::selection::flows: return stored::flows;
  case execution_filter::selection::deliveries: return stored::deliveries;
  case execution_filter::selection::all: break;
  }
  return stored::all;
}

result<void> add_end(const storage::execution_row& row, execution_record& record) {
  if (!row.context.empty()) {
    auto context = stored_json(row.context, row.id);
    if (!context)
      return context.error();
    if (context->is_object())
      record.context = std::move(context->get_object());
  }
  auto path = stored_path(row);
  if (!path)
    return path.error();
  record.path = std::move(*path);
  return {};
}

} // namespace

result<json::value> stored_json(const std::string& text, const std::string& id) {
  auto parsed = parse_json(text, "execution " + id, stored_json_limits);
  if (!parsed)
    return error{errc::internal, "A stored value is damaged: " + parsed.error().message()};
  return std::move(*parsed);
}

result<std::vector<std::string>> stored_path(const storage::execution_row& row) {
  std::vector<std::string> steps;
  if (row.path.empty())
    return steps;
  auto path = stored_json(row.path, row.id);
  if (!path)
    return path.error();
  if (path->is_array())
    for (const json::value& step : path->get_array())
      if (step.is_string())
        steps.emplace_back(step.get_string());
  return steps;
}

result<execution_record> query_service::record_of(const storage::execution_row& row,
                                                  bool with_context) const {
  execution_record record = plain_record(row);
  if (!row.error_info.empty()) {
    auto info = stored_json(row.error_info, row.id);
    if (!info)
      return info.error();
    if (info->is_object())
      record.error = error_info::from_json(info->get_object());
  }
  if (row.status == execution_status::waiting) {
    auto waits = store_.waits(row.key);
    if (!waits)
      return waits.error();
    for (storage::wait_entry& wait : *waits)
      if (!actors::is_call_key(wait.correlation_key))
        record.waiting_for.push_back(std::move(wait.correlation_key));
  }
  if (!with_context)
    return record;
  auto added =
      is_terminal(row.status) ? add_stored_end(row, record) : add_stored_state(row, record);
  if (!added)
    return added.error();
  return record;
}

// What has ended is shown also when its definition cannot be compiled any more: then without how
// far it came.
result<void> query_service::add_stored_end(const storage::execution_row& row,
                                           execution_record& record) const {
  auto added = add_end(row, record);
  if (!added || row.definition == 0)
    return added;
  if (auto flow = definitions_.pinned(row.definition))
    record.progress = flows::measure_progress(*flow->definition, record.path, record.status);
  return {};
}

// An execution that has not ended: its context and path follow from the journal.
result<void> query_service::add_stored_state(const storage::execution_row& row,
                                             execution_record& record) const {
  if (row.definition == 0) {
    auto request = actors::start_input_of(row);
    if (!request)
      return request.error();
    record.context = request->start_from_state ? std::move(request->start_from_state->context)
                                               : std::move(request->initial_context_data);
    return {};
  }
  auto state = state_of(row);
  if (!state)
    return state.error();
  const flows::cursor& main = (*state)->main();
  record.context = main.variables.to_object();
  record.path = main.path.to_vector();
  record.progress = flows::measure_progress((*state)->definition(), record.path, record.status);
  return {};
}

result<std::unique_ptr<flows::execution_state>>
query_service::state_of(const storage::execution_row& row) const {
  auto request = actors::start_input_of(row);
  if (!request)
    return request.error();
  auto flow = definitions_.pinned(row.definition);
  if (!flow)
    return flow.error();
  auto definition = actors::definition_for(definitions_, *flow, *request);
  if (!definition)
    return definition.error();
  auto state = std::make_unique<flows::execution_state>(
      std::move(*definition), actors::identity_of(row), *request, *flow->flow_variables);
  auto stored = store_.load_state(row.key);
  if (!stored)
    return stored.error();
  if (auto replayed = actors::replay(*stored, *state); !replayed)
    return replayed.error();
  return state;
}

result<execution_record> query_service::find(std::string_view flow_execution_id) const {
  auto row = store_.find_execution(flow_execution_id);
  if (!row)
    return row.error();
  return record_of(*row, true);
}

result<std::vector<execution_record>> query_service::list(const execution_filter& filter) const {
  storage::execution_query query;
  query.of = selection_of(filter.of);
  query.parent_id = filter.parent_flow_execution_id;
  query.flow_definition_id = filter.flow_definition_id;
  query.status = filter.status;
  query.root_id = filter.root_flow_execution_id;
  query.after = filter.after;
  query.limit = filter.limit;
  query.large_columns = filter.with_context;
  auto rows = store_.find_executions(query);
  if (!rows)
    return rows.error();
  std::vector<execution_record> records;
  records.reserve(rows->size());
  for (const storage::execution_row& row : *rows) {
    auto record = record_of(row, filter.with_context);
    if (!record)
      return record.error();
    records.push_back(std::move(*record));
  }
  return records;
}

result<std::vector<execution_record>> query_service::family(std::string_view root,
                                                            bool with_context) const {
  execution_filter filter;
  filter.root_flow_execution_id = root;
  filter.of = execution_filter::selection::all; // a delivery is a family of its own
  filter.limit = family_page;
  filter.with_context = with_context;
  // As it is now: one that grows faster than it is read would never end.
  const auto last = store_.last_key();
  if (!last)
    return last.error();
  std::vector<execution_record> all;
  while (filter.after < *last) {
    auto page = list(filter);
    if (!page)
      return page.error();
    if (page->empty())
      break;
    filter.after = page->back().position;
    std::erase_if(*page, [&](const execution_record& each) { return each.position > *last; });
    std::move(page->begin(), page->end(), std::back_inserter(all));
  }
  if (all.empty())
    return error{errc::not_found, "There is no execution with the id " + std::string(root) + "."};
  return all;
}

result<std::vector<json::object>>
query_service::step_records(std::string_view flow_execution_id) const {
  auto row = store_.find_execution(flow_execution_id);
  if (!row)
    return row.error();
  auto stored = store_.step_records(row->key);
  if (!stored)
    return stored.error();
  std::vector<json::object> records;
  for (const storage::step_record& each : *stored) {
    auto record = stored_json(each.record, row->id);
    if (!record)
      return record.error();
    if (record->is_object())
      records.push_back(std::move(record->get_object()));
  }
  return records;
}

} // namespace millrace
