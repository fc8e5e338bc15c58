// SPDX-License-Identifier: Apache-2.0
//
// The store of a simulated world: every write has a fate, and after one that is deadly nothing
// reaches the database any more, as when the process has died.
#pragma once

#include <millrace/write_decorator.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace millrace::simulation {

/// What becomes of a write.
enum class write_fate : std::uint8_t { succeeds, dies_before_effect, dies_after_effect };

/// The fates of a world's writes, one after the other; it outlives the stores of its engines.
struct write_fates {
  std::function<write_fate(std::uint64_t number)> decide; ///< numbers from 1 on
  std::uint64_t writes = 0;
  bool has_died = false; ///< until the engine is opened again
};

class simulation_store final : public storage::write_decorator<simulation_store> {
public:
  simulation_store(std::unique_ptr<store> inner, std::shared_ptr<write_fates> fates)
      : write_decorator(std::move(inner)), fates_(std::move(fates)) {}

private:
  friend class storage::write_decorator<simulation_store>;

  template <class Write>
  auto write(const Write& write) -> decltype(write()) {
    if (is_dead_)
      return death();
    const write_fate fate = fates_->decide(++fates_->writes);
    if (fate == write_fate::succeeds)
      return write();
    is_dead_ = true;
    fates_->has_died = true;
    if (fate == write_fate::dies_after_effect) [[maybe_unused]]
      const auto unheard = write();
    return death();
  }
  [[nodiscard]] static error death() {
    return {errc::database_failed, "The simulated process has died."};
  }

  std::shared_ptr<write_fates> fates_;
  bool is_dead_ = false;
};

} // namespace millrace::simulation
