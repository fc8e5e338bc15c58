// SPDX-License-Identifier: Apache-2.0
//
// A store that does something around every write of the one within, whichever it is.
#pragma once

#include <millrace/store_decorator.hpp>

namespace millrace::storage {

/// `Derived` has `write(w)`, which calls `w()` or not and gives a result of the same type.
template <class Derived>
class write_decorator : public store_decorator {
public:
  using store_decorator::store_decorator;

  result<std::vector<unit_outcome>> commit(std::span<const commit_unit> units) override {
    return around([&] { return inner().commit(units); });
  }
  result<void> put_flow_versions(std::span<const flow_version_record> versions) override {
    return around([&] { return inner().put_flow_versions(versions); });
  }
  result<void> put_flow_variables(std::string_view flow_definition_id,
                                  std::string_view variables) override {
    return around([&] { return inner().put_flow_variables(flow_definition_id, variables); });
  }
  result<void> put_record(std::string_view kind, std::string_view id,
                          std::string_view record) override {
    return around([&] { return inner().put_record(kind, id, record); });
  }
  result<std::int64_t> put_pinned_definition(std::string_view content_hash,
                                             std::string_view definition) override {
    return around([&] { return inner().put_pinned_definition(content_hash, definition); });
  }
  result<removal> remove_executions(std::span<const execution_key> keys, std::int64_t now,
                                    std::size_t rows_max) override {
    return around([&] { return inner().remove_executions(keys, now, rows_max); });
  }
  result<std::size_t> forget_spent_ids(std::int64_t until, std::size_t limit) override {
    return around([&] { return inner().forget_spent_ids(until, limit); });
  }
  result<void> remove_pinned_definitions(std::span<const std::int64_t> keys) override {
    return around([&] { return inner().remove_pinned_definitions(keys); });
  }

private:
  template <class Write>
  auto around(const Write& write) -> decltype(write()) {
    return static_cast<Derived&>(*this).write(write);
  }
};

} // namespace millrace::storage
