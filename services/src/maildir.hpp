// SPDX-License-Identifier: Apache-2.0
//
// A folder of received mail: `new`, `cur` and `tmp` as every maildir has, and beside them the
// maildirs `.unmatched` and `.failed` for what starts nothing. A message moves and is never
// changed, copied over another one or removed.
#pragma once

#include "child_process.hpp"

#include <millrace/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace millrace::services {

/// A message that waits.
struct waiting_message {
  std::string bytes;
  /// What tells it from every other message: its file's unique name and time of delivery.
  std::string identity;
  std::int64_t delivered_at = 0; ///< Unix milliseconds
};

/// One thread at a time.
class maildir {
public:
  /// Opens the folder, making what is missing. Errors: `not_found` with the system's reason.
  [[nodiscard]] static result<maildir> open(const std::string& path);

  /// Names of the messages in `new`, the oldest names first.
  [[nodiscard]] std::vector<std::string> arrived() const;
  /// Errors: `not_found`: it is gone or cannot be read now; `invalid_input`: it is no plain file or
  /// larger than `bytes_max`.
  [[nodiscard]] result<waiting_message> read(const std::string& name, std::size_t bytes_max) const;

  /// Where a message goes.
  enum class folder : unsigned char { seen, unmatched, failed };
  /// Moves a message out of `new`, durably. False with errno set: it stays where it is.
  [[nodiscard]] bool move(const std::string& name, folder to) const;

private:
  maildir() = default;

  descriptor new_;
  descriptor seen_;
  descriptor unmatched_;
  descriptor failed_;
};

} // namespace millrace::services
