// SPDX-License-Identifier: Apache-2.0
#include "failing_store.hpp"

namespace millrace::storage::testing {

failing_store::failing_store(std::unique_ptr<store> inner, std::shared_ptr<failure_plan> plan)
    : inner_(std::move(inner)), plan_(std::move(plan)) {}

template <class Write>
auto failing_store::write(Write&& write) -> decltype(write()) {
  if (poison_) {
    return *poison_;
  }
  const std::size_t number = ++plan_->writes;
  if (number != plan_->fail_at) {
    return write();
  }
  plan_->has_failed = true;
  const error failure(errc::database_failed,
                      "Write number " + std::to_string(number) + " fails in this test.");
  if (plan_->kind != write_failure::refused) {
    poison_ = failure;
  }
  if (plan_->kind == write_failure::after_effect) {
    // Its own outcome does not matter: the caller never hears of it.
    [[maybe_unused]] const auto unheard = write();
  }
  return failure;
}

result<std::vector<unit_outcome>> failing_store::commit(std::span<const commit_unit> units) {
  return write([&] { return inner_->commit(units); });
}

result<void> failing_store::put_flow_versions(std::span<const flow_version_record> versions) {
  return write([&] { return inner_->put_flow_versions(versions); });
}

result<void> failing_store::put_flow_variables(std::string_view flow_definition_id,
                                               std::string_view variables) {
  return write([&] { return inner_->put_flow_variables(flow_definition_id, variables); });
}

result<void> failing_store::put_record(std::string_view kind, std::string_view id,
                                       std::string_view record) {
  return write([&] { return inner_->put_record(kind, id, record); });
}

result<std::int64_t> failing_store::put_pinned_definition(std::string_view content_hash,
                                                          std::string_view definition) {
  return write([&] { return inner_->put_pinned_definition(content_hash, definition); });
}

result<removal> failing_store::remove_executions(std::span<const execution_key> keys,
                                                 std::int64_t now, std::size_t rows_max) {
  return write([&] { return inner_->remove_executions(keys, now, rows_max); });
}

result<std::size_t> failing_store::forget_spent_ids(std::int64_t until, std::size_t limit) {
  return write([&] { return inner_->forget_spent_ids(until, limit); });
}

result<void> failing_store::remove_pinned_definitions(std::span<const std::int64_t> keys) {
  return write([&] { return inner_->remove_pinned_definitions(keys); });
}

result<std::vector<flow_version_record>> failing_store::flow_versions() {
  return inner_->flow_versions();
}

result<std::vector<std::pair<std::string, std::string>>> failing_store::flow_variables() {
  return inner_->flow_variables();
}

result<std::vector<std::pair<std::string, std::string>>>
failing_store::records(std::string_view kind) {
  return inner_->records(kind);
}

result<std::string> failing_store::pinned_definition(std::int64_t key) {
  return inner_->pinned_definition(key);
}

result<std::vector<std::int64_t>> failing_store::pinned_definitions() {
  return inner_->pinned_definitions();
}

result<execution_row> failing_store::find_execution(std::string_view id) {
  return inner_->find_execution(id);
}

result<execution_row> failing_store::find_execution(execution_key key) {
  return inner_->find_execution(key);
}

result<std::vector<execution_row>> failing_store::find_executions(const execution_query& query) {
  return inner_->find_executions(query);
}

result<std::vector<execution_key>> failing_store::unfinished(execution_key after,
                                                             std::size_t limit) {
  return inner_->unfinished(after, limit);
}

result<std::vector<execution_key>> failing_store::due(std::int64_t now, std::size_t limit) {
  return inner_->due(now, limit);
}

result<std::vector<execution_key>> failing_store::with_inbox(std::size_t limit) {
  return inner_->with_inbox(limit);
}

result<std::int64_t> failing_store::next_wake() {
  return inner_->next_wake();
}

result<std::int64_t> failing_store::next_due(std::int64_t after) {
  return inner_->next_due(after);
}

result<execution_key> failing_store::waiting_for(std::string_view correlation_key) {
  return inner_->waiting_for(correlation_key);
}

result<std::vector<wait_entry>> failing_store::waits(execution_key key) {
  return inner_->waits(key);
}

result<stored_state> failing_store::load_state(execution_key key) {
  return inner_->load_state(key);
}

result<execution_row> failing_store::find_child(execution_key parent, std::string_view step,
                                                std::int64_t visit) {
  return inner_->find_child(parent, step, visit);
}

result<std::vector<step_record>> failing_store::step_records(execution_key key) {
  return inner_->step_records(key);
}

result<std::int64_t> failing_store::count_family(execution_key root) {
  return inner_->count_family(root);
}

result<std::int64_t> failing_store::count_children(execution_key parent) {
  return inner_->count_children(parent);
}

result<std::vector<swept_row>> failing_store::rows_below(execution_key below, std::size_t limit) {
  return inner_->rows_below(below, limit);
}

result<execution_key> failing_store::last_key() {
  return inner_->last_key();
}

result<store_counts> failing_store::counts() {
  return inner_->counts();
}

} // namespace millrace::storage::testing
