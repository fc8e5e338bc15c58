// SPDX-License-Identifier: Apache-2.0
//
// Queries on a database that nothing runs on, or another engine.
#include "queries.hpp"

#include <millrace/engine.hpp>

namespace millrace {

struct database_reader::implementation {
  explicit implementation(std::unique_ptr<storage::store> opened)
      : store(std::move(opened)), steps(steps::registry::with_system_modules()), definitions(steps),
        queries(*store, definitions) {}

  std::unique_ptr<storage::store> store;
  steps::registry steps;
  catalog definitions;
  query_service queries;
};

database_reader::database_reader(std::unique_ptr<implementation> impl) : impl_(std::move(impl)) {}
database_reader::database_reader(database_reader&& other) noexcept = default;
database_reader& database_reader::operator=(database_reader&& other) noexcept = default;
database_reader::~database_reader() = default;

result<database_reader> database_reader::open(const std::string& database) {
  storage::store_options how;
  how.path = database;
  how.read_only = true;
  auto store = storage::open_store(how);
  if (!store)
    return store.error();
  auto impl = std::make_unique<implementation>(std::move(*store));
  impl->definitions.read_from(*impl->store);
  return database_reader(std::move(impl));
}

result<execution_record> database_reader::find(std::string_view flow_execution_id) const {
  return impl_->queries.find(flow_execution_id);
}

result<std::vector<execution_record>> database_reader::list(const execution_filter& filter) const {
  return impl_->queries.list(filter);
}

result<std::vector<execution_record>> database_reader::family(std::string_view root,
                                                              bool with_context) const {
  return impl_->queries.family(root, with_context);
}

result<std::vector<json::object>>
database_reader::step_records(std::string_view flow_execution_id) const {
  return impl_->queries.step_records(flow_execution_id);
}

result<progress_report> database_reader::progress(std::string_view flow_execution_id,
                                                  progress_mode mode, std::size_t nodes_max) const {
  return impl_->queries.progress(flow_execution_id, mode, nodes_max);
}

} // namespace millrace
