// SPDX-License-Identifier: Apache-2.0
//
// What an expression can see: a stack of objects in which a later layer hides an earlier one,
// looked up without merging. Stands for JavaScript's `{...a, ...b, ...c}` of the reference; which
// layers an expression sees in which order is the interpreter's to say. Source of the order of
// members: ECMA-262, object spread.
#pragma once

#include <millrace/json.hpp>
#include <millrace/object_pointer.hpp>

#include <boost/container/small_vector.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::flows {

/// A value that was looked up: nothing (JavaScript's undefined), a borrowed value, or an owned one.
/// A borrowed value lives as long as the scope's layers and the objects it reads do, an owned one
/// as long as the `resolved` stays where it is.
class resolved {
public:
  /// Nothing.
  resolved() noexcept = default;
  /// Borrows; a null pointer is nothing.
  resolved(const json::value* borrowed) noexcept // NOLINT(google-explicit-constructor)
      : borrowed_(borrowed) {}
  /// Owns.
  explicit resolved(json::value owned) noexcept : owned_(std::move(owned)), is_owned_(true) {}

  [[nodiscard]] bool is_undefined() const noexcept { return get() == nullptr; }
  [[nodiscard]] bool is_owned() const noexcept { return is_owned_; }
  /// Null for nothing.
  [[nodiscard]] const json::value* get() const noexcept { return is_owned_ ? &owned_ : borrowed_; }
  /// The value itself, moved out when owned, copied when borrowed. Requires !is_undefined().
  [[nodiscard]] json::value take() && {
    if (is_owned_)
      return std::move(owned_);
    return *borrowed_;
  }

private:
  json::value owned_; // inline: an owned text length or character costs no allocation
  const json::value* borrowed_ = nullptr;
  bool is_owned_ = false;
};

/// A stack of layers. Borrowed layers must outlive the scope. Not thread-safe: lazy members and the
/// merged view are built at first use.
class scope {
public:
  scope() = default;
  /// One layer: `object`.
  explicit scope(const json::object& object) { push(object); }
  /// A root that need not be an object (a step's output): `whole()` is `root`, members are root's
  /// if it is an object.
  explicit scope(const json::value& root);

  /// Puts a layer on top: its members hide equal names below. Borrowed.
  scope& push(const json::object& layer);
  /// Puts a layer on top that has one member whose value is made at first use. `make` must not
  /// refer to this scope's own lookups.
  scope& push_lazy(std::string name, std::function<json::value()> make);

  /// From now on expressions follow pointers to objects with `objects`, borrowed; null, as at
  /// first: a pointer is a value like any other.
  scope& read_with(pointed_objects* objects) noexcept;
  [[nodiscard]] pointed_objects* objects() const noexcept { return objects_; }

  /// The value of the topmost member named `key`; null where there is none.
  [[nodiscard]] const json::value* find(std::string_view key) const;
  /// The root that the scope was made of, if it was given whole and nothing was pushed since; else
  /// null.
  [[nodiscard]] const json::value* root() const noexcept { return root_; }
  /// All layers merged into one value, built at first use and kept. Members come in the order in
  /// which their names first appear from the lowest layer up, as a JavaScript spread gives them.
  [[nodiscard]] const json::value& whole() const;

private:
  struct lazy_member {
    std::string name;
    std::function<json::value()> make;
    std::optional<json::value> made;
  };
  struct layer {
    const json::object* object = nullptr; // borrowed, or null for a lazy member
    mutable std::unique_ptr<lazy_member> lazy;
  };

  static const json::value& value_of(lazy_member& member);

  boost::container::small_vector<layer, 8> layers_; // lowest first
  const json::value* root_ = nullptr;               // set for a root that was given whole
  pointed_objects* objects_ = nullptr;
  mutable std::unique_ptr<json::value> merged_; // built by whole()
};

} // namespace millrace::flows
