// SPDX-License-Identifier: Apache-2.0
//
// Where mail goes: to the SMTP server of the configuration, else into a maildir.
#pragma once

#include "child_process.hpp"
#include "mail_message.hpp"
#include "service_folder.hpp"

#include <millrace/service_options.hpp>

#include <memory>

namespace millrace::services {

/// Thread-safe.
class mail_sender {
public:
  /// `folder`: of the maildir where the options name none; empty: a temporary one.
  mail_sender(mail_options options, const std::string& folder,
              std::shared_ptr<const interruption> ends);

  /// Sends; absent: it was taken. A message that is in the maildir already, by its id, is not put
  /// there again; a server may get it twice, with the same Message-ID. Errors: transient, but for
  /// what the server refuses for good.
  [[nodiscard]] std::optional<step_error> send(const mail_message& message);

private:
  [[nodiscard]] std::optional<step_error> send_by_smtp(const mail_message& message) const;
  [[nodiscard]] std::optional<step_error> put_into_maildir(const mail_message& message);

  const mail_options options_;
  service_folder maildir_;
  const std::shared_ptr<const interruption> ends_;
};

} // namespace millrace::services
