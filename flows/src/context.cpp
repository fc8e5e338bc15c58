// SPDX-License-Identifier: Apache-2.0
//
// Copy-on-write of top-level members, and the record of what changed. Every write is checked
// before the first byte moves, so that a refused write leaves no trace.
#include <millrace/context.hpp>

#include <millrace/js.hpp>
#include <millrace/limits.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace millrace::flows {
namespace {

using segment_span = std::span<const std::string>;

/// Whether `prefix` is `path` or leads to it.
bool leads_to(segment_span prefix, segment_span path) {
  return prefix.size() <= path.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

error blocked(const std::string& segment, const json::value& obstacle) {
  if (obstacle.is_array()) {
    return {errc::step_failed,
            "The name '" + segment + "' cannot be set on an array; an array takes an index."};
  }
  return {errc::step_failed, "The member '" + segment + "' cannot be set on a " +
                                 std::string(js::type_name(&obstacle)) + "."};
}

/// The child of `value` named `segment`; null where there is none.
const json::value* child_of(const json::value& value, std::string_view segment) {
  if (const json::object* object = value.if_object()) {
    return object->if_contains(segment);
  }
  const json::array* array = value.if_array();
  const std::optional<std::uint32_t> index = array ? js::as_index(segment) : std::nullopt;
  return index && *index < array->size() ? &(*array)[*index] : nullptr;
}

/// Whether `segment` can be set on `value`; a null value is replaced by an object first.
result<void> can_hold(const json::value& value, const std::string& segment) {
  if (value.is_object() || value.is_null()) {
    return {};
  }
  const std::optional<std::uint32_t> index =
      value.is_array() ? js::as_index(segment) : std::nullopt;
  if (!index) {
    return blocked(segment, value);
  }
  if (*index >= limits().result_count_max) {
    return error(errc::limit_exceeded, "The index " + segment + " is not below " +
                                           std::to_string(limits().result_count_max) +
                                           ", the limit result_count_max.");
  }
  return {};
}

/// The slot of `container` named `segment`, made where there is none. can_hold() has agreed.
json::value& slot(json::value& container, const std::string& segment) {
  if (container.is_null()) {
    container.emplace_object();
  }
  if (json::object* object = container.if_object()) {
    return (*object)[segment];
  }
  json::array& array = container.as_array();
  const std::size_t index = js::as_index(segment).value_or(0);
  if (index >= array.size()) {
    array.resize(index + 1);
  }
  return array[index];
}

json::array to_json(segment_span path) {
  json::array names;
  names.reserve(path.size());
  for (const std::string& name : path) {
    names.emplace_back(name);
  }
  return names;
}

/// The segments of a stored change; empty where it is malformed.
std::vector<std::string> stored_path(const json::value& entry) {
  const json::array* parts = entry.if_array();
  const json::array* names = parts && !parts->empty() ? parts->front().if_array() : nullptr;
  std::vector<std::string> path;
  if (names == nullptr || parts->size() > 2) {
    return path;
  }
  for (const json::value& name : *names) {
    if (!name.is_string()) {
      return {};
    }
    path.emplace_back(name.get_string());
  }
  return path;
}

} // namespace

const json::value* context::find(std::string_view key) const {
  for (const context* level = this; level != nullptr; level = level->parent_) {
    if (const json::value* value = level->own_.if_contains(key)) {
      return value;
    }
  }
  return nullptr;
}

void context::push_to(scope& target) const {
  if (parent_ != nullptr) {
    parent_->push_to(target);
  }
  target.push(own_);
}

json::object context::to_object() const {
  if (parent_ == nullptr) {
    return own_;
  }
  json::object all = parent_->to_object();
  for (const auto& member : own_) {
    all.insert_or_assign(member.key(), member.value());
  }
  return all;
}

result<void> context::set(std::span<const std::string> segments, json::value value) {
  result<void> possible = check(segments);
  if (possible.has_error()) {
    return possible;
  }
  const std::size_t above = segments.size(); // the context itself and what the path leads through
  if (above > limits().context_depth_max ||
      is_deeper_than(value, limits().context_depth_max - above)) {
    return error(errc::limit_exceeded,
                 "The value for '" + segments.front() + "' would nest the context deeper than " +
                     "context_depth_max, " + std::to_string(limits().context_depth_max) + ".");
  }
  const bool made = !own_.contains(segments.front());
  write(segments, std::move(value));
  mark(segments, made);
  return {};
}

result<void> context::follow(std::span<const std::string> segments, pointed_objects& objects) {
  for (std::size_t length = 1; length < segments.size(); ++length) {
    const segment_span path = segments.first(length);
    const json::value* at = find(path.front());
    for (std::size_t i = 1; at != nullptr && i < path.size(); ++i) {
      at = child_of(*at, path[i]);
    }
    if (at == nullptr) {
      return {};
    }
    if (!as_object_pointer(*at)) {
      continue;
    }
    const auto object = objects.follow(*at);
    if (!object) {
      return object.error();
    }
    if (result<void> replaced = set(path, **object); replaced.has_error()) {
      return replaced;
    }
  }
  return {};
}

result<void> context::check(std::span<const std::string> segments) const {
  if (segments.empty()) {
    return error(errc::internal, "A path without segments cannot be set in a context.");
  }
  if (segments.size() > limits().expression_depth_max) {
    return error(errc::limit_exceeded, "A path of " + std::to_string(segments.size()) +
                                           " segments exceeds expression_depth_max, " +
                                           std::to_string(limits().expression_depth_max) + ".");
  }
  const json::value* at = find(segments.front());
  for (std::size_t i = 1; at != nullptr && i < segments.size(); ++i) {
    result<void> possible = can_hold(*at, segments[i]);
    if (possible.has_error()) {
      return possible;
    }
    at = child_of(*at, segments[i]);
  }
  return {};
}

void context::write(std::span<const std::string> segments, json::value value) {
  if (segments.size() == 1) { // the old value goes: a branch need not copy it
    own_.insert_or_assign(segments.front(), std::move(value));
    return;
  }
  json::value* at = &own_member(segments.front());
  for (const std::string& segment : segments.subspan(1)) {
    at = &slot(*at, segment);
  }
  *at = std::move(value);
}

json::value& context::own_member(std::string_view key) {
  if (json::value* own = own_.if_contains(key)) {
    return *own;
  }
  const json::value* inherited = find(key);
  return own_.emplace(key, inherited != nullptr ? *inherited : json::value()).first->value();
}

void context::erase(std::string_view key) {
  const auto found = own_.find(key);
  if (found == own_.end()) {
    return;
  }
  own_.stable_erase(found);
  const std::string path[] = {std::string(key)};
  mark(path, false);
  for (change& entry : dirty_) {
    if (entry.path.size() == 1 && entry.path.front() == key) {
      entry.erased = true;
    }
  }
}

// A path that leads to others takes the place of the first of them: a replay then makes new members
// in the order in which they were made here. A member that was removed and is made again comes last
// among the members, so its entry comes last as well.
void context::mark(std::span<const std::string> segments, bool made) {
  const auto covers = [&](const change& entry) { return leads_to(entry.path, segments); };
  const auto covering = std::find_if(dirty_.begin(), dirty_.end(), covers);
  if (covering != dirty_.end()) {
    if (covering->erased && made) {
      std::rotate(covering, covering + 1, dirty_.end());
    }
    return;
  }
  const auto covered = [&](const change& entry) { return leads_to(segments, entry.path); };
  const auto first = std::find_if(dirty_.begin(), dirty_.end(), covered);
  if (first == dirty_.end()) {
    dirty_.push_back({{segments.begin(), segments.end()}, false});
    return;
  }
  first->path.assign(segments.begin(), segments.end());
  dirty_.erase(std::remove_if(first + 1, dirty_.end(), covered), dirty_.end());
}

json::array context::take_changes() {
  json::array changes;
  for (const change& entry : dirty_) {
    const json::value* at = own_.if_contains(entry.path.front());
    for (std::size_t i = 1; at != nullptr && i < entry.path.size(); ++i) {
      at = child_of(*at, entry.path[i]);
    }
    if (entry.erased || at == nullptr) {
      changes.emplace_back(json::array_kind).get_array().emplace_back(to_json(entry.path));
    }
    if (at != nullptr) {
      json::array& pair = changes.emplace_back(json::array_kind).get_array();
      pair.emplace_back(to_json(entry.path));
      pair.emplace_back(*at);
    }
  }
  dirty_.clear();
  return changes;
}

result<void> context::apply_changes(const json::array& changes) {
  for (const json::value& entry : changes) {
    const std::vector<std::string> path = stored_path(entry);
    if (path.empty()) {
      return error(errc::internal, "A stored change of a context is malformed.");
    }
    const json::array& parts = entry.get_array();
    if (parts.size() == 1) {
      own_.stable_erase(path.front());
      continue;
    }
    const result<void> possible = check(path);
    if (possible.has_error()) {
      return error(errc::internal, "A stored change of a context does not fit its state. " +
                                       possible.error().message());
    }
    write(path, parts.back());
  }
  return {};
}

} // namespace millrace::flows
