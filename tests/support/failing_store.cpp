// SPDX-License-Identifier: Apache-2.0
#include "failing_store.hpp"

namespace millrace::storage::testing {

failing_store::failing_store(std::unique_ptr<store> inner, std::shared_ptr<failure_plan> plan)
    : store_decorator(std::move(inner)), plan_(std::move(plan)) {}

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
  return write([&] { return inner().commit(units); });
}

result<void> failing_store::put_flow_versions(std::span<const flow_version_record> versions) {
  return write([&] { return inner().put_flow_versions(versions); });
}

result<void> failing_store::put_flow_variables(std::string_view flow_definition_id,
                                               std::string_view variables) {
  return write([&] { return inner().put_flow_variables(flow_definition_id, variables); });
}

result<void> failing_store::put_record(std::string_view kind, std::string_view id,
                                       std::string_view record) {
  return write([&] { return inner().put_record(kind, id, record); });
}

result<std::int64_t> failing_store::put_pinned_definition(std::string_view content_hash,
                                                          std::string_view definition) {
  return write([&] { return inner().put_pinned_definition(content_hash, definition); });
}

result<removal> failing_store::remove_executions(std::span<const execution_key> keys,
                                                 std::int64_t now, std::size_t rows_max) {
  return write([&] { return inner().remove_executions(keys, now, rows_max); });
}

result<std::size_t> failing_store::forget_spent_ids(std::int64_t until, std::size_t limit) {
  return write([&] { return inner().forget_spent_ids(until, limit); });
}

result<void> failing_store::remove_pinned_definitions(std::span<const std::int64_t> keys) {
  return write([&] { return inner().remove_pinned_definitions(keys); });
}

} // namespace millrace::storage::testing
