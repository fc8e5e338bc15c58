// SPDX-License-Identifier: Apache-2.0
//
// From a message in a maildir to the start of a flow: who it is for, what the flow gets of it, and
// where the message goes then. Source: reference email-ingress (choice, triggeringEmail, keys of
// attachments).
#pragma once

#include "mail_parser.hpp"
#include "maildir.hpp"
#include "object_store.hpp"

#include <millrace/trigger_service.hpp>

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace millrace::services {

/// A start point that waits for mail. Borrows.
struct watched_mail {
  const watched_flow* flow = nullptr;
  const flows::mail_start* point = nullptr;
};

/// What became of a message.
struct mail_outcome {
  trigger_event event;
  std::int64_t at = 0; ///< when it was delivered, Unix milliseconds
};

/// One thread at a time.
class mail_intake {
public:
  /// `folder`: of the maildir where the options name none; empty: then no mail is looked for.
  mail_intake(const trigger_options& options, const std::string& folder,
              std::shared_ptr<object_store> objects);

  [[nodiscard]] bool has_folder() const noexcept { return !folder_.empty(); }
  /// Deals with messages that have arrived, so many at once; whether there are more. A message
  /// leaves `new` when what it starts is durable. `report` hears of each. Errors: nothing can be
  /// started or kept now; what is left waits for the next look.
  [[nodiscard]] result<bool> look(const std::vector<watched_mail>& points,
                                  const start_function& start,
                                  const std::function<void(const mail_outcome&)>& report);

private:
  struct letter;
  [[nodiscard]] result<std::optional<mail_outcome>>
  deal_with(const std::string& name, const std::vector<watched_mail>& points,
            const start_function& start);
  void move_away(const std::string& name, maildir::folder to, mail_outcome& outcome);
  [[nodiscard]] result<json::array> keep_attachments(const letter& of);

  const trigger_options& options_;
  const std::string folder_;
  const std::shared_ptr<object_store> objects_;
  std::optional<maildir> opened_;
  std::set<std::string> stuck_; ///< names of what could not be moved or kept: left alone
};

/// The start point that a message is for. Errors: `not_found`, why it is for none.
struct mail_choice {
  watched_mail to;
  std::string recipient; ///< as the message has it
};
[[nodiscard]] result<mail_choice> choose_start_point(const received_mail& mail,
                                                     const std::vector<watched_mail>& points);

/// `triggeringEmail` as flows see it.
[[nodiscard]] json::object triggering_email(const received_mail& mail, const mail_choice& choice,
                                            json::array attachments);

} // namespace millrace::services
