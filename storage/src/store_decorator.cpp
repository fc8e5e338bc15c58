// SPDX-License-Identifier: Apache-2.0
#include <millrace/store_decorator.hpp>

namespace millrace::storage {

result<std::vector<unit_outcome>> store_decorator::commit(std::span<const commit_unit> units) {
  return inner_->commit(units);
}

result<void> store_decorator::put_flow_versions(std::span<const flow_version_record> versions) {
  return inner_->put_flow_versions(versions);
}

result<void> store_decorator::put_flow_variables(std::string_view flow_definition_id,
                                                 std::string_view variables) {
  return inner_->put_flow_variables(flow_definition_id, variables);
}

result<void> store_decorator::put_record(std::string_view kind, std::string_view id,
                                         std::string_view record) {
  return inner_->put_record(kind, id, record);
}

result<std::int64_t> store_decorator::put_pinned_definition(std::string_view content_hash,
                                                            std::string_view definition) {
  return inner_->put_pinned_definition(content_hash, definition);
}

result<removal> store_decorator::remove_executions(std::span<const execution_key> keys,
                                                   std::int64_t now, std::size_t rows_max) {
  return inner_->remove_executions(keys, now, rows_max);
}

result<std::size_t> store_decorator::forget_spent_ids(std::int64_t until, std::size_t limit) {
  return inner_->forget_spent_ids(until, limit);
}

result<void> store_decorator::remove_pinned_definitions(std::span<const std::int64_t> keys) {
  return inner_->remove_pinned_definitions(keys);
}

result<std::vector<flow_version_record>> store_decorator::flow_versions() {
  return inner_->flow_versions();
}

result<std::vector<std::pair<std::string, std::string>>> store_decorator::flow_variables() {
  return inner_->flow_variables();
}

result<std::vector<std::pair<std::string, std::string>>>
store_decorator::records(std::string_view kind) {
  return inner_->records(kind);
}

result<std::string> store_decorator::pinned_definition(std::int64_t key) {
  return inner_->pinned_definition(key);
}

result<std::vector<std::int64_t>> store_decorator::pinned_definitions() {
  return inner_->pinned_definitions();
}

result<execution_row> store_decorator::find_execution(std::string_view id) {
  return inner_->find_execution(id);
}

result<execution_row> store_decorator::find_execution(execution_key key) {
  return inner_->find_execution(key);
}

result<std::vector<execution_row>> store_decorator::find_executions(const execution_query& query) {
  return inner_->find_executions(query);
}

result<std::vector<execution_key>> store_decorator::unfinished(execution_key after,
                                                               std::size_t limit) {
  return inner_->unfinished(after, limit);
}

result<std::vector<execution_key>> store_decorator::due(std::int64_t now, std::size_t limit) {
  return inner_->due(now, limit);
}

result<std::vector<execution_key>> store_decorator::with_inbox(std::size_t limit) {
  return inner_->with_inbox(limit);
}

result<std::int64_t> store_decorator::next_wake() {
  return inner_->next_wake();
}

result<std::int64_t> store_decorator::next_due(std::int64_t after) {
  return inner_->next_due(after);
}

result<execution_key> store_decorator::waiting_for(std::string_view correlation_key) {
  return inner_->waiting_for(correlation_key);
}

result<std::vector<wait_entry>> store_decorator::waits(execution_key key) {
  return inner_->waits(key);
}

result<stored_state> store_decorator::load_state(execution_key key) {
  return inner_->load_state(key);
}

result<execution_row> store_decorator::find_child(execution_key parent, std::string_view step,
                                                  std::int64_t visit) {
  return inner_->find_child(parent, step, visit);
}

result<std::vector<step_record>> store_decorator::step_records(execution_key key) {
  return inner_->step_records(key);
}

result<std::int64_t> store_decorator::count_family(execution_key root) {
  return inner_->count_family(root);
}

result<std::int64_t> store_decorator::count_children(execution_key parent) {
  return inner_->count_children(parent);
}

result<std::vector<swept_row>> store_decorator::rows_below(execution_key below, std::size_t limit) {
  return inner_->rows_below(below, limit);
}

result<execution_key> store_decorator::last_key() {
  return inner_->last_key();
}

result<store_counts> store_decorator::counts() {
  return inner_->counts();
}

} // namespace millrace::storage
