// SPDX-License-Identifier: Apache-2.0
//
// Queues and topics, where SQS and SNS stood: SQS_SEND, SNS_PUBLISH, and the modules that receive.
#pragma once

#include "child_process.hpp"
#include "store_at_first_use.hpp"

#include <millrace/message_store.hpp>
#include <millrace/service_options.hpp>
#include <millrace/step_handler.hpp>

#include <memory>
#include <string>

namespace millrace::services {

/// The queues of an engine, opened at first use. Thread-safe.
class message_services {
public:
  /// `file`: of the database, whose folder is made; ":memory:" for one in memory.
  message_services(message_options options, std::string file,
                   std::shared_ptr<const interruption> ends);

  /// Errors: `database_unusable`.
  [[nodiscard]] result<storage::message_store*> store() { return store_.get(); }
  [[nodiscard]] const message_options& options() const noexcept { return options_; }
  /// How a queue behaves; absent: there is no such queue. A queue is named by its whole URL or by
  /// the last part of it.
  [[nodiscard]] std::optional<storage::queue_rules> rules_of(std::string_view queue_url) const;
  [[nodiscard]] const interruption& ends() const noexcept { return *ends_; }

private:
  const message_options options_;
  const std::shared_ptr<const interruption> ends_;
  store_at_first_use<storage::message_store> store_;
};

/// `_meta` of the output of a step that sends.
[[nodiscard]] json::value message_sent();
/// How a step fails whose queues cannot be read or written now.
[[nodiscard]] step_error failed_store(const error& reason);
/// How a step fails that names a queue which is not there.
[[nodiscard]] step_error no_queue(std::string_view url);

/// Provides SQS_SEND and the modules of queues. What is sent again under
/// the same idempotency key is sent once, so that an attempt that is repeated after a crash doubles
/// nothing; SQS itself would send twice to a standard queue.
void add_messages(steps::registry& to, const std::shared_ptr<message_services>& messages);
/// Provides SNS_PUBLISH. Queues get a message under the step's idempotency key; webhooks and flows
/// are started with the step's output (step_request::starts).
void add_topics(steps::registry& to, const std::shared_ptr<message_services>& messages);

} // namespace millrace::services
