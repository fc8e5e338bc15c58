// SPDX-License-Identifier: Apache-2.0
//
// Moves values between contexts, step inputs and step outputs. One failed mapping never stops the
// others; what happened is told to whoever asks.
#include <millrace/mapping.hpp>

#include <millrace/js.hpp>
#include <millrace/limits.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace millrace::flows {
namespace {

constexpr std::string_view step_input_name = "_step_input";

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The names of a dotted target; "[0]" is another way to write ".0".
std::vector<std::string> split_target(std::string_view target) {
  std::vector<std::string> names(1);
  for (std::size_t i = 0; i < target.size(); ++i) {
    const std::size_t close = target[i] == '[' ? target.find(']', i) : std::string_view::npos;
    if (target[i] == '.') {
      names.emplace_back();
    } else if (close != std::string_view::npos && all_digits(target.substr(i + 1, close - i - 1))) {
      names.emplace_back(target.substr(i + 1, close - i - 1));
      i = close;
    } else {
      names.back().push_back(target[i]);
    }
  }
  return names;
}

error in_the_way(std::string_view target, const std::string& name, const json::value& obstacle) {
  return {errc::step_failed, "The target '" + std::string(target) + "' cannot be set: '" + name +
                                 "' would be a member of a " +
                                 std::string(js::type_name(&obstacle)) + "."};
}

/// The slot `name` of `container`, made where there is none.
result<json::value*> slot(json::value& container, const std::string& name,
                          std::string_view target) {
  if (json::object* object = container.if_object()) {
    return &(*object)[name];
  }
  json::array* array = container.if_array();
  const std::optional<std::uint32_t> index = array ? js::as_index(name) : std::nullopt;
  if (!index) {
    return in_the_way(target, name, container);
  }
  if (*index >= limits().result_count_max) {
    return error(errc::limit_exceeded, "The index " + name + " of the target '" +
                                           std::string(target) + "' is not below " +
                                           std::to_string(limits().result_count_max) +
                                           ", the limit result_count_max.");
  }
  if (*index >= array->size()) {
    array->resize(std::size_t{*index} + 1);
  }
  return &(*array)[*index];
}

class recorder {
public:
  explicit recorder(std::vector<mapping_event>* events) : events_(events) {}

  void add(std::string_view target, std::string_view source, mapping_event::status_type status,
           std::string message = {}) {
    if (events_ != nullptr) {
      events_->push_back({std::string(target), std::string(source), status, std::move(message)});
    }
  }

private:
  std::vector<mapping_event>* events_;
};

std::string not_found(std::string_view source, std::string_view target) {
  return "Nothing is at '" + std::string(source) + "', so '" + std::string(target) +
         "' was not set.";
}

/// Finds the sources of one step's output mappings.
class output_source {
public:
  output_source(const json::value& output, const json::object* step_input, pointed_objects* objects)
      : output_(output), step_input_(output.is_object() ? step_input : nullptr), objects_(objects) {
  }

  /// What `source` selects: from the output, else from the step input.
  result<resolved> find(std::string_view text, const path& source, const json_path& plain) {
    if (names_step_input(text)) {
      return source.evaluate(with_input());
    }
    const result<const scope*> visible = in_output();
    if (visible.has_error()) {
      return visible.error();
    }
    result<resolved> found = source.evaluate(**visible);
    if (found.has_error() || !found->is_undefined() || !falls_back(text, plain)) {
      return found;
    }
    scope in_input(input());
    in_input.read_with(objects_);
    return source.evaluate(in_input);
  }

private:
  // Made once. An output that is a pointer is its object, as the member `content` where that is no
  // JSON object.
  result<const scope*> in_output() {
    if (visible_) {
      return &*visible_;
    }
    const json::value* root = &output_;
    if (objects_ != nullptr && as_object_pointer(output_)) {
      const result<const json::value*> object = objects_->follow(output_);
      if (object.has_error()) {
        return object.error();
      }
      root = *object;
      if (!root->is_object()) {
        content_ = json::object{{"content", *root}};
        root = &content_;
      }
    }
    visible_.emplace(*root).read_with(objects_);
    return &*visible_;
  }

  [[nodiscard]] bool names_step_input(std::string_view text) const {
    return step_input_ != nullptr && text.substr(0, 2) == "$." &&
           text.substr(2, step_input_name.size()) == step_input_name;
  }

  /// Whether the plain path is absent from the output and present in the step input.
  [[nodiscard]] bool falls_back(std::string_view text, const json_path& plain) {
    if (step_input_ == nullptr || text.empty() || text.front() != '$') {
      return false;
    }
    const auto in_output = plain.matches(output_);
    if (in_output.has_error() || !in_output->empty()) {
      return false;
    }
    const auto in_input = plain.matches(input());
    return !in_input.has_error() && !in_input->empty();
  }

  // Copied once, and only when something is looked for in it.
  const json::value& input() {
    if (!input_) {
      input_.emplace(*step_input_);
    }
    return *input_;
  }

  // A scope of its own: the whole output, "$", must not show the step input.
  const scope& with_input() {
    if (!with_input_) {
      with_input_.emplace(output_.get_object());
      with_input_->read_with(objects_);
      with_input_->push_lazy(std::string(step_input_name),
                             [input = step_input_] { return json::value(*input); });
    }
    return *with_input_;
  }

  const json::value& output_;
  const json::object* step_input_;
  pointed_objects* objects_;
  json::value content_;
  std::optional<scope> visible_;
  std::optional<json::value> input_;
  std::optional<scope> with_input_;
};

bool js_falsy(const json::value& value) {
  return !js::truthy(&value);
}

} // namespace

std::string_view to_string(mapping_event::status_type status) noexcept {
  switch (status) {
  case mapping_event::status_type::success: return "SUCCESS";
  case mapping_event::status_type::warn: return "WARN";
  case mapping_event::status_type::error: break;
  }
  return "ERROR";
}

result<void> set_by_dots(json::object& object, std::string_view target, json::value value) {
  if (target.find_first_of(".[") == std::string_view::npos) { // one name, as most targets are
    object.insert_or_assign(target, std::move(value));
    return {};
  }
  const std::vector<std::string> names = split_target(target);
  if (names.size() > limits().expression_depth_max) {
    return error(errc::limit_exceeded, "The target '" + std::string(target.substr(0, 64)) +
                                           "...' has more names than expression_depth_max, " +
                                           std::to_string(limits().expression_depth_max) + ".");
  }
  json::value* at = &object[names.front()];
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (at->is_null() && all_digits(names[i])) {
      at->emplace_array();
    } else if (at->is_null()) {
      at->emplace_object();
    }
    const result<json::value*> next = slot(*at, names[i], target);
    if (next.has_error()) {
      return next.error();
    }
    at = *next;
  }
  *at = std::move(value);
  return {};
}

result<void> unset_by_dots(json::object& object, std::string_view target) {
  if (auto made = set_by_dots(object, target, json::value()); made.has_error()) {
    return made;
  }
  const std::vector<std::string> names = split_target(target);
  if (names.size() == 1) {
    object.erase(names.front());
    return {};
  }
  json::value* at = &object[names.front()];
  for (std::size_t i = 1; i + 1 < names.size(); ++i) {
    at = *slot(*at, names[i], target); // set_by_dots has just walked here
  }
  if (json::object* holder = at->if_object()) {
    holder->erase(names.back());
  }
  return {};
}

input_mappings input_mappings::compile(const json::object& mappings) {
  input_mappings compiled;
  for (const auto& member : mappings) {
    if (const json::string* source = member.value().if_string()) {
      compiled.entries_.push_back({member.key(), path::compile(*source)});
    }
  }
  std::stable_sort(compiled.entries_.begin(), compiled.entries_.end(),
                   [](const entry& left, const entry& right) {
                     return js::compare_utf16(left.target, right.target) < 0;
                   });
  return compiled;
}

json::object input_mappings::prepare(const scope& visible,
                                     std::vector<mapping_event>* events) const {
  json::object input;
  input.reserve(entries_.size());
  recorder record(events);
  for (const entry& each : entries_) {
    const std::string& source = each.source.text();
    result<resolved> found = each.source.evaluate(visible);
    if (found.has_error()) {
      record.add(each.target, source, mapping_event::status_type::error, found.error().message());
    } else if (found->is_undefined()) {
      record.add(each.target, source, mapping_event::status_type::warn,
                 not_found(source, each.target));
    } else if (const auto set = set_by_dots(input, each.target, std::move(*found).take());
               set.has_error()) {
      record.add(each.target, source, mapping_event::status_type::error, set.error().message());
    } else {
      record.add(each.target, source, mapping_event::status_type::success);
    }
  }
  return input;
}

output_mappings output_mappings::compile(const json::object& mappings) {
  output_mappings compiled;
  for (const json::key_value_pair* member : js::members(mappings)) {
    if (const json::string* text = member->value().if_string()) {
      entry made;
      made.target = member->key();
      made.target_segments = to_path_array(made.target);
      made.source = *text;
      made.source_path = path::compile(*text);
      made.plain_source = json_path::compile(*text);
      made.whole = *text == "$" || *text == "$.";
      compiled.entries_.push_back(std::move(made));
    }
  }
  return compiled;
}

output_mappings output_mappings::whole_output(std::string_view step_instance_id) {
  entry made;
  made.target = "$.steps_output." + std::string(step_instance_id);
  made.target_segments = to_path_array(made.target);
  made.source = "$";
  made.whole = true;
  output_mappings compiled;
  compiled.entries_.push_back(std::move(made));
  return compiled;
}

void output_mappings::apply(json::value& output, const json::object* step_input, context& target,
                            std::vector<mapping_event>* events, pointed_objects* objects) const {
  if (js_falsy(output)) { // a step without output maps nothing, and says nothing
    return;
  }
  recorder record(events);
  if (entries_.size() == 1 && entries_.front().whole) {
    store(entries_.front(), std::move(output), target, events, objects);
    return;
  }
  output_source sources(output, step_input, objects);
  for (const entry& each : entries_) {
    if (each.whole) {
      store(each, output, target, events, objects);
      continue;
    }
    result<resolved> found = sources.find(each.source, each.source_path, each.plain_source);
    if (found.has_error()) {
      record.add(each.target, each.source, mapping_event::status_type::error,
                 found.error().message());
    } else if (found->is_undefined()) {
      record.add(each.target, each.source, mapping_event::status_type::warn,
                 not_found(each.source, each.target));
    } else {
      store(each, std::move(*found).take(), target, events, objects);
    }
  }
}

// A target that does not start at the root sets nothing and counts as mapped, as in the reference;
// "$" alone is a member of that name.
void output_mappings::store(const entry& mapping, json::value value, context& target,
                            std::vector<mapping_event>* events, pointed_objects* objects) {
  recorder record(events);
  std::span<const std::string> segments(mapping.target_segments);
  if (segments.empty() || segments.front() != "$") {
    record.add(mapping.target, mapping.source, mapping_event::status_type::success);
    return;
  }
  segments = segments.size() > 1 ? segments.subspan(1) : segments;
  auto set = objects != nullptr ? target.follow(segments, *objects) : result<void>();
  if (set) {
    set = target.set(segments, std::move(value));
  }
  if (set.has_error()) {
    record.add(mapping.target, mapping.source, mapping_event::status_type::error,
               set.error().message());
  } else {
    record.add(mapping.target, mapping.source, mapping_event::status_type::success);
  }
}

} // namespace millrace::flows
