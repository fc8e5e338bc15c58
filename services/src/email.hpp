// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail_sender.hpp"
#include "object_store.hpp"

#include <millrace/step_handler.hpp>

#include <memory>

namespace millrace::services {

/// Provides EMAIL. Attachments are objects. The id of a mail is the same for every attempt.
void add_email(steps::registry& to, const std::shared_ptr<mail_sender>& sender,
               const std::shared_ptr<object_store>& objects);

} // namespace millrace::services
