// SPDX-License-Identifier: Apache-2.0
#include <millrace/error.hpp>

namespace millrace {

const char* to_string(errc code) noexcept {
  switch (code) {
  case errc::invalid_argument: return "invalid_argument";
  case errc::invalid_syntax: return "invalid_syntax";
  case errc::invalid_definition: return "invalid_definition";
  case errc::invalid_input: return "invalid_input";
  case errc::not_found: return "not_found";
  case errc::conflict: return "conflict";
  case errc::limit_exceeded: return "limit_exceeded";
  case errc::step_failed: return "step_failed";
  case errc::database_unusable: return "database_unusable";
  case errc::database_failed: return "database_failed";
  case errc::stopped: return "stopped";
  case errc::timed_out: return "timed_out";
  case errc::internal: return "internal";
  }
  return "unknown";
}

void throw_exception_from_error(const error& reason, const boost::source_location& /*where*/) {
  throw bad_result(reason);
}

} // namespace millrace
