// SPDX-License-Identifier: Apache-2.0
//
// Reading a definition's text: problems with their places, and members with the shape that the
// schema wants. Nothing here stops at the first problem.
#pragma once

#include <millrace/definition.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows::definitions {

/// `pointer` with one more member name, escaped (RFC 6901).
[[nodiscard]] std::string child(std::string_view pointer, std::string_view name);
/// `pointer` with one more array index.
[[nodiscard]] std::string child(std::string_view pointer, std::size_t index);

/// Where problems gather, in the order in which they are found.
class problem_list {
public:
  void error(std::string pointer, std::string message);
  void warning(std::string pointer, std::string message);

  [[nodiscard]] bool has_errors() const noexcept { return has_errors_; }
  [[nodiscard]] std::vector<problem>& items() noexcept { return items_; }

private:
  std::vector<problem> items_;
  bool has_errors_ = false;
};

/// Reads the members of one object. A member of the wrong shape is a problem and reads as absent.
/// As in the reference's schema an optional member may be missing, but null is a wrong shape.
class object_reader {
public:
  object_reader(const json::object& object, std::string pointer, problem_list& problems)
      : object_(object), pointer_(std::move(pointer)), problems_(problems) {}

  /// A text; `required` makes a missing one a problem.
  std::optional<std::string> text(std::string_view key) { return read_text(key, false, false); }
  std::optional<std::string> nonempty_text(std::string_view key) {
    return read_text(key, false, true);
  }
  std::optional<std::string> required_text(std::string_view key) {
    return read_text(key, true, true);
  }
  /// A whole number from `least` to `most`.
  std::optional<std::int64_t> whole_number(std::string_view key, std::int64_t least,
                                           std::int64_t most = INT64_MAX);
  std::optional<double> number(std::string_view key, double least, double most);
  std::optional<bool> boolean(std::string_view key);
  /// One of `names`.
  std::optional<std::string> choice(std::string_view key,
                                    std::initializer_list<std::string_view> names);
  const json::object* object(std::string_view key);
  const json::array* array(std::string_view key);
  /// An array of texts; entries of another shape are problems and left out.
  std::vector<std::string> texts(std::string_view key);

  /// Whether `key` is there, null included.
  [[nodiscard]] bool has(std::string_view key) const noexcept;
  [[nodiscard]] const json::value* find(std::string_view key) const noexcept;
  /// A reader of the object member `key`, which must be one.
  [[nodiscard]] object_reader inside(std::string_view key);

  /// Notes that `key` must be `wanted`, and what it is.
  void refuse(std::string_view key, std::string_view wanted);
  void error(std::string_view key, std::string message);
  void warning(std::string_view key, std::string message);
  /// Warns of members that nobody reads but that nearly have the name of one in `known`.
  void warn_misspelled(std::initializer_list<std::string_view> known);

  [[nodiscard]] const json::object& source() const noexcept { return object_; }
  [[nodiscard]] const std::string& pointer() const noexcept { return pointer_; }
  [[nodiscard]] std::string pointer(std::string_view key) const { return child(pointer_, key); }
  [[nodiscard]] problem_list& problems() noexcept { return problems_; }

private:
  std::optional<std::string> read_text(std::string_view key, bool required, bool nonempty);
  void refuse_missing(std::string_view key, std::string_view wanted);

  const json::object& object_;
  std::string pointer_;
  problem_list& problems_;
};

} // namespace millrace::flows::definitions
