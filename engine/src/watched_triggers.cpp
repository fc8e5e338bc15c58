// SPDX-License-Identifier: Apache-2.0
#include "watched_triggers.hpp"

#include "engine_implementation.hpp"

namespace millrace {

bool watched_triggers::has_work() {
  return local_->triggers().has_work(*definitions_->watched());
}

std::optional<std::int64_t>
watched_triggers::look(const std::function<result<std::string>(start_request)>& start) {
  const auto checked = [&start](start_request request) -> result<std::string> {
    auto read = check_start(std::move(request));
    if (!read)
      return read.error();
    return start(std::move(*read));
  };
  return local_->triggers().run(*definitions_->watched(), time_->now(), checked, observer_);
}

} // namespace millrace
