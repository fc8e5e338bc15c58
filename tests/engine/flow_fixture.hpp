// SPDX-License-Identifier: Apache-2.0
//
// Small flows as text and engines to run them on.
#pragma once

#include <millrace/engine.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace millrace::testing {

/// Long enough for a loaded machine, short enough to notice a hang.
inline constexpr std::chrono::seconds patience{60};

/// JSON written with single quotes, for legible tests: 'a' stands for "a".
[[nodiscard]] json::value json_of(std::string_view text);
[[nodiscard]] json::object object_of(std::string_view text);

/// An in-memory engine on a virtual clock that knows `flows` (an array in the notation of json_of).
/// Throws when a flow is refused.
[[nodiscard]] engine engine_with(std::string_view flows, engine_options options = {});
/// Options with a virtual clock and a fixed seed.
[[nodiscard]] engine_options virtual_time();

/// A folder of its own for one test, removed at the end.
class scratch_folder {
public:
  scratch_folder();
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  [[nodiscard]] std::string file(std::string_view name) const;

private:
  std::filesystem::path path_;
};

/// Looks again and again until `holds` is true; false: it was not within `patience`. For what
/// happens in the background, in real time.
[[nodiscard]] bool eventually(const std::function<bool()>& holds);

/// The one execution of that flow. Throws when there is none or more than one.
[[nodiscard]] execution_record only(const engine& running, std::string_view flow);

} // namespace millrace::testing
