// SPDX-License-Identifier: Apache-2.0
//
// The only file that knows which CAF version this is: 0.17 (Debian, Ubuntu) or 1.x, where sending
// is a fluent call and options carry a "caf." prefix.
#pragma once

#include <caf/all.hpp>
#include <caf/config.hpp>
#if !defined(CAF_MAJOR_VERSION) || CAF_MAJOR_VERSION < 1
#include "caf_pump.hpp"
#include "caf_scheduler.hpp"
#endif

#include <chrono>
#include <utility>

namespace millrace::actors::compat {

/// Whether actors can run on a pump. CAF 1.x would need a scheduler and a clock as in caf_pump.hpp.
#if defined(CAF_MAJOR_VERSION) && CAF_MAJOR_VERSION >= 1
inline constexpr bool has_pump = false;
#else
inline constexpr bool has_pump = true;
#endif

/// Sends `message` from `self`.
template <class Message>
void send(caf::event_based_actor* self, const caf::actor& receiver, Message&& message) {
#if defined(CAF_MAJOR_VERSION) && CAF_MAJOR_VERSION >= 1
  self->mail(std::forward<Message>(message)).send(receiver);
#else
  self->send(receiver, std::forward<Message>(message));
#endif
}

/// Sends `message` from `self` to itself after `delay`.
template <class Message>
void send_later(caf::event_based_actor* self, std::chrono::milliseconds delay, Message&& message) {
#if defined(CAF_MAJOR_VERSION) && CAF_MAJOR_VERSION >= 1
  self->mail(std::forward<Message>(message)).delay(delay).send(caf::actor_cast<caf::actor>(self));
#else
  self->delayed_send(self, delay, std::forward<Message>(message));
#endif
}

/// Sends `message` from outside every actor.
template <class Message>
void send_from_outside(const caf::actor& receiver, Message&& message) {
#if defined(CAF_MAJOR_VERSION) && CAF_MAJOR_VERSION >= 1
  caf::anon_mail(std::forward<Message>(message)).send(receiver);
#else
  caf::anon_send(receiver, std::forward<Message>(message));
#endif
}

/// Registers the messages of `IdBlock`, and the work-sharing policy (work stealing collapses under
/// storms of short actors, see docs/decisions) with the number of cooperative workers, or the pump.
template <class IdBlock>
void configure(caf::actor_system_config& config, unsigned threads,
               [[maybe_unused]] pump* pumped = nullptr) {
#if defined(CAF_MAJOR_VERSION) && CAF_MAJOR_VERSION >= 1
  config.set("caf.scheduler.policy", "sharing");
  config.set("caf.scheduler.max-threads", static_cast<std::size_t>(threads));
#else
  config.add_message_types<IdBlock>();
  config.module_factories.emplace_back(
      [pumped](caf::actor_system& system) -> caf::actor_system::module* {
        if (pumped)
          return new pumped_scheduler(system, *pumped);
        return new scheduler(system);
      });
  config.set("scheduler.max-threads", static_cast<std::size_t>(threads));
#endif
}

/// Prepares the process for CAF; before the first actor_system_config.
template <class IdBlock>
void initialize_once() {
#if defined(CAF_MAJOR_VERSION) && CAF_MAJOR_VERSION >= 1
  static const bool done = [] {
    caf::init_global_meta_objects<IdBlock>();
    caf::core::init_global_meta_objects();
    return true;
  }();
  (void)done;
#endif
}

} // namespace millrace::actors::compat
