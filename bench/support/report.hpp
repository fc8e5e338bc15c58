// SPDX-License-Identifier: Apache-2.0
//
// What a benchmark found: figures, and targets with what was measured against them. As a table for
// people and as one JSON document. Nothing here judges a run: a target that is missed is shown.
#pragma once

#include <millrace/json.hpp>

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::bench {

/// One measured quantity.
struct figure {
  std::string name;
  double value = 0;
  std::string unit;
};

/// On which side of its limit a measurement should be.
enum class direction : unsigned char {
  at_most,  ///< a time, a ratio to something faster
  at_least, ///< a rate
};

/// What a measurement should reach, and what it was.
struct target {
  std::string name;
  direction wanted = direction::at_most;
  double limit = 0;
  double measured = 0;
  std::string unit;

  [[nodiscard]] bool is_met() const noexcept {
    return wanted == direction::at_most ? measured <= limit : measured >= limit;
  }
};

/// The results of one run of one topic.
class report {
public:
  report(std::string topic, bool quick) : topic_(std::move(topic)), quick_(quick) {}

  void add(figure one) { figures_.push_back(std::move(one)); }
  /// A figure that has been printed while it was measured: only in the document.
  void add_printed(figure one) { printed_.push_back(std::move(one)); }
  void add(target one) { targets_.push_back(std::move(one)); }
  /// A member that only this topic's document has.
  void add_member(std::string_view name, json::value value) {
    members_.insert_or_assign(name, std::move(value));
  }

  /// The figures, then the targets with what was measured and whether it is met.
  void print(std::ostream& out) const;
  /// `{"topic", "quick", "machine", "figures": [{"name", "value", "unit"}], "targets": [{"name",
  /// "wanted", "limit", "measured", "unit", "met"}]}`, and what add_member() added.
  [[nodiscard]] json::value to_json() const;
  /// Writes the document as one line to `file`, or to standard output when that is empty. False
  /// when that failed.
  [[nodiscard]] bool write_json(const std::string& file) const;

private:
  std::string topic_;
  bool quick_;
  std::vector<figure> printed_;
  std::vector<figure> figures_;
  std::vector<target> targets_;
  json::object members_;
};

} // namespace millrace::bench
