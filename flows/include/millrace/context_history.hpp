// SPDX-License-Identifier: Apache-2.0
//
// The context of an execution's main path as it was before one of its visits of a step, made again
// from the step records that enableExecutionLogs asks for. No step runs: a record holds what a step
// gave, and mapping that again gives what the context became.
#pragma once

#include <millrace/context.hpp>
#include <millrace/definition.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace millrace::flows {

/// Takes the records of one execution in their order. Not thread-safe.
class context_history {
public:
  /// `beginning`: the context in which the execution began. `position`: of the visit that is looked
  /// for, among all that the main path made, from 0 on. `objects`: what mappings follow pointers to
  /// objects with; null: they do not.
  context_history(std::shared_ptr<const flow_definition> definition, json::object beginning,
                  std::size_t position, std::shared_ptr<object_source> objects = {});

  /// Takes the next record; those of branches, of pauses and of waits change nothing. Errors:
  /// `conflict` for one that lacks its visit, or whose step is not in the definition.
  [[nodiscard]] result<void> add(const json::object& record);
  /// After the last record: the context before the visit. `final_context`: the JSON text of the
  /// context with which the execution ended, to which all records together have to lead. Errors:
  /// `conflict` when they do not, or when there are too few of them.
  [[nodiscard]] result<json::object> context_before(std::string_view final_context);

private:
  std::shared_ptr<const flow_definition> definition_;
  std::unique_ptr<pointed_objects> objects_; // null: pointers are not followed
  context variables_;
  std::size_t position_;
  std::size_t begun_ = 0;       ///< visits that a record was seen of
  std::int64_t last_visit_ = 0; ///< its number; 0: none
  std::optional<json::object> before_;
};

} // namespace millrace::flows
