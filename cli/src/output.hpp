// SPDX-License-Identifier: Apache-2.0
//
// Standard output, watched: a full disk is an error that is told, a reader that has gone (a pipe
// into head) is none.
#pragma once

#include "exit_status.hpp"

#include <string>
#include <string_view>

namespace millrace::cli {

/// One per command. Buffers; finish() writes the rest.
class standard_output {
public:
  void write(std::string_view text);
  /// Hands on what was written so far, for whoever reads along.
  void flush();
  /// Whether somebody still reads; else there is no point in going on.
  [[nodiscard]] bool is_open() const noexcept { return failure_ == 0; }
  /// Writes what is left. Gives `status` back, or engine_failed with a sentence when the output
  /// could not be written.
  [[nodiscard]] exit_status finish(exit_status status);

private:
  std::string buffer_;
  int failure_ = 0; // errno of the first failed write
};

} // namespace millrace::cli
