// SPDX-License-Identifier: Apache-2.0
#include <millrace/step_handler.hpp>

#include <exception>

namespace millrace::steps {

namespace {

/// How an exception that nobody named fails a step, as on Allma.
constexpr const char* unnamed = "Error";

step_result called(const registered_handler& handler, const step_request& request) {
  try {
    step_result outcome = handler.run(request);
    if (outcome.has_error() && outcome.error().name.empty()) {
      step_error reason = outcome.error();
      reason.name = unnamed;
      return reason;
    }
    return outcome;
  } catch (const std::exception& thrown) {
    return step_error(unnamed, thrown.what());
  } catch (...) {
    return step_error(unnamed, "the handler threw something that is no exception");
  }
}

} // namespace

step_result run_attempt(const registered_handler& handler, const step_request& request) noexcept {
  try {
    return called(handler, request);
  } catch (...) {
    // Only memory that ran out while the failure was put into words: these texts need none.
    return step_error(unnamed, "out of memory");
  }
}

} // namespace millrace::steps
