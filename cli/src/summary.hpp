// SPDX-License-Identifier: Apache-2.0
//
// A family that is too large for a tree: counts per flow, the first and the last of each, and how
// the root's end stands to the others'.
#pragma once

#include "terminal.hpp"

#include <millrace/execution_record.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace millrace::cli {

/// Takes in a family one by one, root first; its size does not depend on theirs.
class family_summary {
public:
  void add(const execution_record& record);
  [[nodiscard]] std::string draw(const look& how) const;

private:
  static constexpr std::size_t statuses = 7;
  struct flow_count {
    std::array<std::uint64_t, statuses> by_status{};
    std::uint64_t all = 0;
    execution_record first;
    execution_record last;
    std::optional<execution_record> first_failed;
  };

  [[nodiscard]] std::string draw_counts(const look& how) const;
  [[nodiscard]] std::string draw_examples(const look& how) const;
  [[nodiscard]] std::string lesson() const;

  std::optional<execution_record> root_;
  std::int64_t origin_ = 0;
  std::map<std::string, flow_count> flows_; // by name with version, the root not counted
  std::uint64_t detached_ = 0;
  std::uint64_t after_root_ = 0; // detached ones that ended after the root
  std::int64_t last_end_ = 0;
};

} // namespace millrace::cli
