// SPDX-License-Identifier: Apache-2.0
//
// What the mocks of a program have answered, and what they answer next.
#pragma once

#include <millrace/mock.hpp>
#include <millrace/path.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace millrace::simulation {

/// Thread-safe after install().
class mock_book : public std::enable_shared_from_this<mock_book> {
public:
  /// Told how long each answer takes, before it is given, on the thread that asked; may be empty.
  using listener = std::function<void(std::chrono::milliseconds)>;

  /// Checks the mocks. Errors: `invalid_argument`, naming the mock.
  [[nodiscard]] static result<std::shared_ptr<mock_book>> open(std::vector<mock> mocks,
                                                               listener takes);
  /// Replaces the handlers in `steps`. Errors: as registry::replace.
  [[nodiscard]] result<void> install(steps::registry& steps);
  [[nodiscard]] const std::vector<mock>& mocks() const noexcept { return mocks_; }

private:
  struct condition {
    flows::path path;
    json::value wanted;
  };
  using attempts = std::map<std::string, const mock_answer*>; ///< by idempotency key and attempt

  mock_book(std::vector<mock> mocks, listener takes);
  [[nodiscard]] result<void> compile();
  [[nodiscard]] step_result answer(const step_request& request);
  [[nodiscard]] const mock_answer* pick(const step_request& request);
  [[nodiscard]] bool fits(std::size_t which, const json::object& input) const;
  [[nodiscard]] const mock_answer* next(std::size_t which, const std::string& execution);

  std::vector<mock> mocks_;
  std::vector<std::vector<condition>> conditions_; ///< by mock
  std::vector<std::size_t> order_;                 ///< positions, as they are asked
  listener takes_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::map<std::pair<std::size_t, std::string>, std::int64_t> used_; ///< by mock and execution
  attempts given_;
};

/// "the mock of the step 'x' of the flow 'y'".
[[nodiscard]] std::string describe(const mock& which);

} // namespace millrace::simulation
