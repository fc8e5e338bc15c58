// SPDX-License-Identifier: Apache-2.0
#include <millrace/step_result.hpp>

#include <millrace/error.hpp>

namespace millrace {

step_error step_error::transient(std::string message) {
  return {"TransientStepError", std::move(message)};
}

step_error step_error::permanent(std::string message) {
  return {"PermanentStepError", std::move(message)};
}

step_error step_error::content(std::string message) {
  return {"ContentBasedRetryableError", std::move(message)};
}

void throw_exception_from_error(const step_error& reason, const boost::source_location& /*where*/) {
  throw bad_result(error{errc::step_failed, reason.name + ": " + reason.message});
}

} // namespace millrace
