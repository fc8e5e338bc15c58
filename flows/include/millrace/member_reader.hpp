// SPDX-License-Identifier: Apache-2.0
//
// Reading the members of a file that a person writes: nothing stops at the first problem, nothing
// unknown is passed over.
#pragma once

#include <millrace/json.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

/// A problem before its file and line are known.
struct pointed_problem {
  std::string pointer;
  std::string message;
};
using pointed_problems = std::vector<pointed_problem>;

/// `pointer` with one more name, escaped (RFC 6901), or index.
[[nodiscard]] std::string child_of(std::string_view pointer, std::string_view name);
[[nodiscard]] std::string child_of(std::string_view pointer, std::size_t index);

/// `value` for a sentence, cut where it is long.
[[nodiscard]] std::string shown(const json::value& value);
/// `text` in double quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);
/// How but_is() begins.
inline constexpr std::string_view but_is_words = ", but it is ";
/// `value` for a message: what stands there.
[[nodiscard]] std::string but_is(const json::value& value);
/// `; "x" was probably meant`, or `; there is "a" or "b"`.
[[nodiscard]] std::string what_was_meant(std::string_view wrong,
                                         const std::vector<std::string_view>& names);

/// Reads the members of one object. A member of the wrong type is a problem and reads as absent.
class member_reader {
public:
  /// Every member that is not in `known` is a problem. Borrows.
  member_reader(const json::object& object, std::string pointer,
                std::span<const std::string_view> known, pointed_problems& problems);

  [[nodiscard]] bool has(std::string_view name) const { return object_.contains(name); }
  [[nodiscard]] const json::value* find(std::string_view name) const {
    return object_.if_contains(name);
  }
  [[nodiscard]] std::string pointer(std::string_view name) const {
    return child_of(pointer_, name);
  }
  [[nodiscard]] const std::string& pointer() const noexcept { return pointer_; }

  std::optional<std::string> text(std::string_view name);
  std::optional<std::string> required_text(std::string_view name, std::string_view what);
  std::optional<bool> boolean(std::string_view name);
  std::optional<std::int64_t> whole_number(std::string_view name, std::int64_t least);
  std::optional<std::chrono::milliseconds> duration(std::string_view name);
  /// One of `words`.
  std::optional<std::string> choice(std::string_view name,
                                    const std::vector<std::string_view>& words);
  const json::object* object(std::string_view name);
  const json::array* array(std::string_view name);
  /// An array of texts; an entry of another type is a problem and left out.
  std::optional<std::vector<std::string>> texts(std::string_view name);

  /// `name` must be `wanted`, and is not.
  void refuse(std::string_view name, std::string_view wanted);
  void add(std::string pointer, std::string message) {
    problems_.push_back({std::move(pointer), std::move(message)});
  }
  [[nodiscard]] pointed_problems& problems() noexcept { return problems_; }

private:
  const json::object& object_;
  std::string pointer_;
  pointed_problems& problems_;
};

} // namespace millrace
