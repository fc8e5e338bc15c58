// SPDX-License-Identifier: Apache-2.0
//
// Input and output mappings of a step: paths in, values moved, one event a mapping.
#pragma once

#include <millrace/context.hpp>
#include <millrace/path.hpp>
#include <millrace/scope.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows {

/// What happened to one mapping.
struct mapping_event {
  enum class status_type : unsigned char {
    success, ///< mapped
    warn,    ///< source not found, nothing set
    error,   ///< failed, skipped
  };
  std::string target;
  std::string source;
  status_type status = status_type::success;
  std::string message; ///< empty for success
};

/// SUCCESS, WARN or ERROR. Source: Allma execution monitoring, mapping events.
[[nodiscard]] std::string_view to_string(mapping_event::status_type status) noexcept;

/// Sets `value` in `object` at a dotted target ("a.b[0].c"); intermediate objects are created, and
/// arrays where the next segment is an index. Returns an error where a scalar stands in the way.
/// Source: reference setByDotNotation; conformance/mapping.json.
[[nodiscard]] result<void> set_by_dots(json::object& object, std::string_view target,
                                       json::value value);

/// Leaves the target without a value, as JavaScript's assignment of undefined does: what it hid is
/// gone, objects and arrays on the way to it are created. Source: as set_by_dots.
[[nodiscard]] result<void> unset_by_dots(json::object& object, std::string_view target);

/// Compiled inputMappings: target name to source path. Immutable, thread-safe. Source of every
/// rule: conformance/mapping.json ("input"); reference prepareStepInput.
class input_mappings {
public:
  input_mappings() = default;
  /// Compiles; members whose value is not text are ignored (validation reports them).
  [[nodiscard]] static input_mappings compile(const json::object& mappings);
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  /// Builds the step input from what is visible, targets in sorted order. A mapping that fails is
  /// recorded and skipped; null values are mapped, missing ones are not. `events` may be null.
  [[nodiscard]] json::object prepare(const scope& visible,
                                     std::vector<mapping_event>* events) const;

private:
  struct entry {
    std::string target;
    path source;
  };
  std::vector<entry> entries_; // sorted by target, UTF-16 order
};

/// Compiled outputMappings: target path to source path. Immutable, thread-safe. Source of every
/// rule: conformance/mapping.json ("output", "step"); reference processStepOutput.
class output_mappings {
public:
  output_mappings() = default;
  [[nodiscard]] static output_mappings compile(const json::object& mappings);
  /// `$.steps_output.<step_instance_id>` = the whole output: what no outputMappings means.
  [[nodiscard]] static output_mappings whole_output(std::string_view step_instance_id);
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  /// Writes parts of `output` into `target`, in text order. A source that is missing from the
  /// output is taken from `step_input` when that is given and has it. The step input stays
  /// reachable as `$._step_input`. A mapping that fails is recorded and skipped. `events` may be
  /// null. `output` may be moved from when it is mapped whole by the only mapping. A falsy output
  /// (null, false, 0, "") maps nothing, as in the reference. With `objects`, which may be null,
  /// pointers are followed in the sources, but for the whole output, and replaced by the object
  /// where a target leads through one.
  void apply(json::value& output, const json::object* step_input, context& target,
             std::vector<mapping_event>* events, pointed_objects* objects = nullptr) const;

private:
  struct entry {
    std::string target;
    std::vector<std::string> target_segments;
    std::string source;
    path source_path;
    json_path plain_source; // what the fallback to the step input looks with
    bool whole = false;     // source is "$" or "$."
  };
  static void store(const entry& mapping, json::value value, context& target,
                    std::vector<mapping_event>* events, pointed_objects* objects);

  std::vector<entry> entries_; // in text order
};

} // namespace millrace::flows
