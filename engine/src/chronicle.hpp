// SPDX-License-Identifier: Apache-2.0
//
// What the observer of a simulated world has heard, as numbers and as text.
#pragma once

#include <millrace/simulation.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace millrace::simulation {

/// Not thread-safe.
class chronicle {
public:
  /// `begin`: Unix milliseconds from which the text counts.
  explicit chronicle(std::int64_t begin) : begin_(begin) {}

  void hear(const lifecycle_event& event);
  /// A line of the world's own, at a time.
  void note(std::int64_t at, const std::string& line);

  /// Puts what was heard of the execution into its outcome.
  void fill(execution_outcome& outcome) const;
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
  struct notes {
    std::map<std::string, std::int64_t> entered;
    std::map<std::string, std::int64_t> retried;
    std::map<std::string, std::int64_t> failed;
    std::vector<std::chrono::milliseconds> delays;
  };

  void count(const lifecycle_event& event, notes& of);
  [[nodiscard]] std::string name_of(const lifecycle_event& event);
  void begin_line(std::int64_t at);

  std::int64_t begin_;
  std::map<std::string, notes> executions_;
  std::map<std::string, std::size_t> numbers_; ///< of executions, in the order they were heard of
  std::string text_;
};

} // namespace millrace::simulation
