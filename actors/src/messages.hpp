// SPDX-License-Identifier: Apache-2.0
//
// Every message between actors, as plain structs. Payloads that are large or must not be copied
// travel behind a shared pointer and belong to the receiver from then on.
#pragma once

#include "caf_compat.hpp"

#include <millrace/error.hpp>
#include <millrace/execution.hpp>
#include <millrace/step_handler.hpp>
#include <millrace/store.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace millrace::actors {

using storage::execution_key;

// To the store writer: no message, since its thread is no actor ------------------------------

/// Whoever waits for a start from outside; gets the id when the start is durable.
using start_answer = std::shared_ptr<std::promise<result<std::string>>>;

/// Commit this unit; answered with `committed` under the same token.
struct commit_order {
  std::unique_ptr<storage::commit_unit> unit;
  caf::actor
      reply_to; ///< null: it was the sender's last, and the supervisor is told that it is gone
  std::uint64_t token = 0;
  start_answer accepted; ///< may be null: of the start that leads a last unit
};

// To retention -------------------------------------------------------------------------------

/// Its note to itself: the next round.
struct sweep_message {};

/// A removal has been done, or has failed.
struct swept_message {
  bool is_done = false; ///< else it goes on with the same request
  bool has_failed = false;
};

// To triggers --------------------------------------------------------------------------------

/// Look for what is due: its own timer, whose generation tells stale ones, or a question from
/// outside, whose asker is counted on the board until the look is over.
struct look_message {
  std::uint64_t generation = 0;
  bool is_asked = false;
};

// From the store writer ----------------------------------------------------------------------

/// A unit is on disk, or will never be (`failure` is set: the store is poisoned).
struct committed {
  std::uint64_t token = 0;
  storage::unit_outcome outcome;
  std::shared_ptr<const error> failure;
};

// To the supervisor --------------------------------------------------------------------------

/// A start from outside, with the promise of its id.
struct outside_start {
  std::shared_ptr<const storage::execution_start> start;
  start_answer answer;
};

/// What spares an execution the reading of its row.
struct start_hint {
  std::shared_ptr<const storage::execution_start> start; ///< null: read the row
  bool is_ahead =
      false; ///< the row may not be committed yet; what depends on it is void without it
  start_answer accepted; ///< set: the execution commits its own start, and this hears of it
};

/// Starts of one commit unit.
struct start_batch {
  std::vector<std::shared_ptr<const storage::execution_start>> starts;
  /// The supervisor's own note: the first that it had no room for before the commit; 0: none.
  execution_key left_out_from = 0;
};

/// These were started: activate them. A hint; the rows are the truth.
struct accepted_starts {
  std::shared_ptr<start_batch> batch;
  bool is_committed = false; ///< else the rows are on their way to the writer
};

/// What was announced ahead of the commit is committed now.
struct starts_committed {
  std::shared_ptr<start_batch> batch;
};

/// Something is in the inbox of these executions.
struct notified_executions {
  std::vector<execution_key> keys;
};

/// Executions have left: they ended, failed to load or were told to.
struct executions_gone {
  std::vector<execution_key> keys;
};

/// An execution has committed that it waits; it has seen `pokes` pokes.
struct execution_parked {
  execution_key key = 0;
  std::uint64_t pokes = 0;
  std::int64_t due_at = 0; ///< Unix milliseconds; 0: none
};

/// A commit failed: nothing can be stored any more.
struct store_failed {
  std::shared_ptr<const error> failure;
};

/// An event from outside.
struct outside_event {
  std::string correlation_key;
  std::string payload; ///< JSON text of the inbox entry
  std::shared_ptr<std::promise<result<std::string>>> answer;
};

/// The answer to a cancellation. It may be found out by the execution or by the supervisor, which
/// learns that the execution has ended meanwhile; the first answer counts.
class cancel_answer {
public:
  explicit cancel_answer(std::shared_ptr<std::promise<result<void>>> caller)
      : caller_(std::move(caller)) {}
  void give(const result<void>& outcome) {
    if (!given_.exchange(true))
      caller_->set_value(outcome);
  }

private:
  std::shared_ptr<std::promise<result<void>>> caller_;
  std::atomic<bool> given_{false};
};

/// A cancellation from outside.
struct outside_cancel {
  execution_key key = 0;
  std::string reason;
  std::shared_ptr<cancel_answer> answer;
};

/// Answer when this execution is in memory no more: everything that it had to tell is told then.
struct outside_farewell {
  execution_key key = 0;
  std::shared_ptr<std::promise<result<void>>> answer;
};

/// Take up what the store holds.
struct recover_message {};

/// Look at the clock and at the store.
struct wake_message {
  std::uint64_t generation = 0;
};

/// Its own note, or an execution's: try again what could not be read.
struct read_again_message {};

/// End: to the supervisor from outside, from it to everybody else.
struct stop_message {};

// To an execution ----------------------------------------------------------------------------

/// Begin, or go on after a quantum.
struct go_on_message {};

/// A path may be due while others are busy; the generation tells stale ones.
struct due_message {
  std::uint64_t generation = 0;
};

/// There is news in the store for you.
struct poke_message {};

/// Your park is accepted: quit.
struct retire_message {};

/// End as CANCELLED and answer when that is committed.
struct cancel_message {
  std::string reason;
  std::shared_ptr<cancel_answer> answer;
};

/// What an attempt gave, and the flows that it starts if it did not fail.
struct attempt_outcome {
  step_result result;
  std::vector<start_request> starts;
};

/// An attempt has ended.
struct attempt_done {
  std::string cursor;
  std::int64_t visit = 0;
  int attempt = 0;
  std::shared_ptr<attempt_outcome> outcome;
};

// To the handler pool: no message, since its threads are no actors ---------------------------

/// One attempt of an external step, with everything it borrows.
struct attempt_job {
  std::function<attempt_outcome()> run;
  caf::actor reply_to;
  attempt_done done;
};

} // namespace millrace::actors

CAF_BEGIN_TYPE_ID_BLOCK(millrace, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(millrace, (millrace::actors::committed))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::outside_start))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::accepted_starts))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::notified_executions))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::starts_committed))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::executions_gone))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::execution_parked))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::store_failed))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::outside_event))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::outside_cancel))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::outside_farewell))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::recover_message))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::wake_message))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::read_again_message))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::stop_message))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::go_on_message))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::due_message))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::poke_message))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::retire_message))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::cancel_message))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::attempt_done))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::sweep_message))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::swept_message))
CAF_ADD_TYPE_ID(millrace, (millrace::actors::look_message))
CAF_END_TYPE_ID_BLOCK(millrace)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::outside_start)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::accepted_starts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::notified_executions)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::starts_committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::executions_gone)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::execution_parked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::store_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::outside_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::outside_cancel)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::outside_farewell)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::recover_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::wake_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::read_again_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::stop_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::go_on_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::due_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::poke_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::retire_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::cancel_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::attempt_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::sweep_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::swept_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::actors::look_message)
