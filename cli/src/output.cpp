// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include "diagnostics.hpp"

#include <cerrno>
#include <system_error>

#include <unistd.h>

namespace millrace::cli {
namespace {

constexpr std::size_t buffer_bytes_max = std::size_t{64} * 1024;

} // namespace

void standard_output::write(std::string_view text) {
  if (failure_ != 0)
    return;
  buffer_ += text;
  if (buffer_.size() >= buffer_bytes_max)
    flush();
}

exit_status standard_output::finish(exit_status status) {
  flush();
  if (failure_ == 0 || failure_ == EPIPE)
    return status;
  return fail(exit_status::engine_failed, "Standard output cannot be written: " +
                                              std::generic_category().message(failure_) + ".");
}

void standard_output::flush() {
  std::string_view rest = buffer_;
  while (failure_ == 0 && !rest.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (count >= 0)
      rest.remove_prefix(static_cast<std::size_t>(count));
    else if (errno != EINTR)
      failure_ = errno;
  }
  buffer_.clear();
}

} // namespace millrace::cli
