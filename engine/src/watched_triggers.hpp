// SPDX-License-Identifier: Apache-2.0
//
// The triggers of one engine: the start points of its catalog, watched by its local services, on
// its clock.
#pragma once

#include "catalog.hpp"

#include <millrace/runtime.hpp>
#include <millrace/services.hpp>

#include <memory>

namespace millrace {

class watched_triggers final : public actors::trigger_source {
public:
  watched_triggers(std::shared_ptr<const catalog> definitions,
                   std::shared_ptr<services::local_services> local,
                   std::shared_ptr<actors::time_source> time, trigger_observer observer)
      : definitions_(std::move(definitions)), local_(std::move(local)), time_(std::move(time)),
        observer_(std::move(observer)) {}

  [[nodiscard]] bool has_work() override;
  [[nodiscard]] std::optional<std::int64_t>
  look(const std::function<result<std::string>(start_request)>& start) override;

private:
  const std::shared_ptr<const catalog> definitions_;
  const std::shared_ptr<services::local_services> local_;
  const std::shared_ptr<actors::time_source> time_;
  const trigger_observer observer_;
};

} // namespace millrace
