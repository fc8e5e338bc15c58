// SPDX-License-Identifier: Apache-2.0
//
// Pointers to objects, `{"_s3_output_pointer": {"bucket": "b", "key": "k"}}`: what steps leave in a
// context where the data itself is in a file. Expressions that meet one see the object. Source:
// reference data-mapper (traverseSimplePath, setValueByJsonPath), template-service (render).
#pragma once

#include <millrace/json.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::flows {

/// Where an object is. Borrowed from the value that says so.
struct object_pointer {
  std::string_view bucket; ///< never empty
  std::string_view key;    ///< never empty
};

/// The pointer that `value` is; other members may stand beside it. Absent: it is none.
/// Source: reference S3OutputPointerWrapperSchema.
[[nodiscard]] std::optional<object_pointer> as_object_pointer(const json::value& value) noexcept;

/// Reads objects for expressions.
class object_source {
public:
  virtual ~object_source() = default;
  /// The content by the object's type: JSON, else a text, else base64. Called from any thread, also
  /// from several at once; may block as long as the disk does. Errors: `step_failed`, with what
  /// is wrong with the object.
  [[nodiscard]] virtual result<json::value> read(const object_pointer& at) = 0;
};

/// What the pointers lead to that are met while one thing is done (an attempt is prepared, an
/// output is mapped): each object is read once. Nothing in what was read is looked at for further
/// pointers until an expression goes there. Not thread-safe.
class pointed_objects {
public:
  /// `source` must not be null.
  explicit pointed_objects(std::shared_ptr<object_source> source);

  /// `value`; where it is a pointer, the object, with the members beside the pointer merged over it
  /// (an object that is no JSON object is their member `content`). Borrowed from `value` or, until
  /// forget(), from this. Errors: those of the source.
  [[nodiscard]] result<const json::value*> follow(const json::value& value);
  /// The object alone. Borrowed until forget().
  [[nodiscard]] result<const json::value*> content(const object_pointer& at);
  /// `value` with all pointers in it replaced, at any depth; absent: there is none in it.
  [[nodiscard]] result<std::optional<json::value>> follow_all(const json::value& value);
  /// How often an object was asked for until now.
  [[nodiscard]] std::uint64_t followed() const noexcept { return followed_; }
  /// Whether `value` is the content of an object that was read.
  [[nodiscard]] bool is_read(const json::value* value) const noexcept;
  /// Ends what was borrowed: the next expression reads anew.
  void forget() noexcept { read_.clear(); }

private:
  result<void> replace(json::value& value);

  std::shared_ptr<object_source> source_;
  std::map<std::string, json::value, std::less<>> read_; // by bucket, key and what was merged
  std::uint64_t followed_ = 0;
};

/// The number of values in `value` down to the first pointer, and whether one is there.
struct pointer_search {
  std::size_t values = 0;
  bool found = false;
};
[[nodiscard]] pointer_search find_object_pointer(const json::value& value) noexcept;

} // namespace millrace::flows
