// SPDX-License-Identifier: Apache-2.0
//
// Expected failures: a small stable code and one sentence for a person. Every room returns
// result<T>; nothing in Millrace throws across a room's boundary.
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace millrace {

/// What kind of failure an error is. The values are stable: programs may compare and store them.
enum class errc : std::uint8_t {
  /// A caller's argument or option is unusable (an empty id, a negative limit).
  invalid_argument = 1,
  /// Text is not what it should be: not JSON, not UTF-8, a malformed expression.
  invalid_syntax = 2,
  /// A flow definition breaks a rule of the definition format.
  invalid_definition = 3,
  /// A start input, resume payload or step input breaks its schema.
  invalid_input = 4,
  /// Nothing is known under this id, version or correlation key.
  not_found = 5,
  /// The same id or version exists already with other content.
  conflict = 6,
  /// A named limit was reached (see limits.hpp and engine options).
  limit_exceeded = 7,
  /// A step ended with an error of the flow language (its name is in the message's error info).
  step_failed = 8,
  /// The database cannot be used: not ours, newer, read-only, held by another engine.
  database_unusable = 9,
  /// A database operation failed: full disk, I/O error, corrupt page.
  database_failed = 10,
  /// The engine is stopping or stopped.
  stopped = 11,
  /// A wait ended at its time limit.
  timed_out = 12,
  /// A defect in Millrace itself; please report it with the message.
  internal = 13,
};

/// The stable lower-case name of a code, for instance `invalid_syntax`.
[[nodiscard]] const char* to_string(errc code) noexcept;

/// A failure: a code for programs and a message for people. The message is one or more whole
/// sentences that name the flow, step, path, file or id, the place and what to do.
class error {
public:
  error() = default;
  error(errc code, std::string message) : code_(code), message_(std::move(message)) {}

  [[nodiscard]] errc code() const noexcept { return code_; }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }

private:
  errc code_ = errc::internal;
  std::string message_;
};

/// Thrown only by result<T>::value() on a failed result, that is by a caller who chose not to look.
class bad_result : public std::runtime_error {
public:
  explicit bad_result(const error& reason)
      : std::runtime_error(reason.message()), code_(reason.code()) {}
  [[nodiscard]] errc code() const noexcept { return code_; }

private:
  errc code_;
};

/// Found by argument-dependent lookup from boost::system::result.
[[noreturn]] void throw_exception_from_error(const error& reason,
                                             const boost::source_location& where);

/// A value or an error.
template <class T>
using result = boost::system::result<T, error>;

} // namespace millrace
