// SPDX-License-Identifier: Apache-2.0
//
// Queues of messages, as Amazon SQS has them, in a database of their own. Source: the SQS developer
// guide (visibility timeout, FIFO delivery logic, exactly-once processing, quotas).
#pragma once

#include <millrace/error.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::storage {

/// How a queue behaves. Times are milliseconds.
struct queue_rules {
  std::int64_t visibility_ms = 30'000;             ///< how long a received message is hidden
  std::int64_t delay_ms = 0;                       ///< before a message can be received at all
  std::int64_t retention_ms = 4LL * 24 * 3600'000; ///< after that a message is dropped
  /// FIFO queues: a message without deduplication id gets the hash of its body for one.
  bool content_based_deduplication = false;
};

/// Whether a queue keeps order within groups: its name ends with ".fifo".
[[nodiscard]] bool is_fifo(std::string_view queue) noexcept;

struct outgoing_message {
  std::string queue;
  std::string body;
  std::string group;            ///< empty: none
  std::string deduplication_id; ///< empty: none
  std::string id;               ///< the id that it gets if it is new
  /// What is sent again under the same key is sent once and has the id of the first. Empty: no key.
  std::string key;
};

struct queued_message {
  std::int64_t sequence = 0; ///< in the order of sending, over all queues
  std::string queue;
  std::string id;
  std::string body;
  std::string group;
  std::string deduplication_id;
  std::string receipt;                ///< of this receiving; empty when it was not received
  std::int64_t sent_at = 0;           ///< Unix milliseconds
  std::int64_t first_received_at = 0; ///< Unix milliseconds; 0: never
  std::int64_t receive_count = 0;
};

struct receive_request {
  std::string queue;
  std::int64_t count_max = 1;
  bool removes = false; ///< what is received is gone at once
  /// What is received again under the same key is the same, so that nothing is lost when the
  /// receiver's answer was. Empty: no key.
  std::string key;
};

struct queue_counts {
  std::int64_t visible = 0;
  std::int64_t in_flight = 0;
  std::int64_t delayed = 0;
  std::int64_t created_at = 0; ///< Unix milliseconds; 0: nothing was ever sent there
};

/// Queues come into being when something is sent to them. Thread-safe; every function is one
/// transaction that is durable at return. Times are Unix milliseconds and come from the caller.
/// Errors of all: `database_failed`.
class message_store {
public:
  virtual ~message_store() = default;

  /// Sends; the message's id. In a FIFO queue a deduplication id that was sent within five minutes
  /// gives the id of that message, and nothing is sent.
  [[nodiscard]] virtual result<std::string> send(const outgoing_message& message,
                                                 const queue_rules& rules, std::int64_t now) = 0;
  /// Sends all or none; their ids.
  [[nodiscard]] virtual result<std::vector<std::string>>
  send_all(const std::vector<outgoing_message>& messages, const std::vector<queue_rules>& rules,
           std::int64_t now) = 0;
  /// The oldest messages that can be seen; in a FIFO queue of no group that has one in flight.
  [[nodiscard]] virtual result<std::vector<queued_message>>
  receive(const receive_request& request, const queue_rules& rules, std::int64_t now) = 0;
  /// Removes the message of that receipt, unless it has been received again since; whether it was
  /// there.
  [[nodiscard]] virtual result<bool> remove(std::string_view queue, std::string_view receipt) = 0;
  [[nodiscard]] virtual result<queue_counts> count(std::string_view queue, const queue_rules& rules,
                                                   std::int64_t now) = 0;
  /// What is in a queue, or in all for an empty name, in the order of sending. For tools and tests.
  [[nodiscard]] virtual result<std::vector<queued_message>> list(std::string_view queue) = 0;
};

/// Opens `file`, creating it; ":memory:" for one in memory. Errors: `database_unusable`.
[[nodiscard]] result<std::unique_ptr<message_store>> open_message_store(const std::string& file);

} // namespace millrace::storage
