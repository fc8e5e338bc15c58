// SPDX-License-Identifier: Apache-2.0
#include "flow_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>

#include <unistd.h>

namespace millrace::testing {

json::value json_of(std::string_view text) {
  std::string standard(text);
  std::replace(standard.begin(), standard.end(), '\'', '"');
  auto parsed = parse_json(standard, "test");
  if (!parsed)
    throw std::runtime_error(parsed.error().message());
  return std::move(*parsed);
}

json::object object_of(std::string_view text) {
  return json_of(text).as_object();
}

engine_options virtual_time() {
  engine_options options;
  options.clock =
      make_virtual_clock(std::chrono::system_clock::time_point(std::chrono::hours(500'000)));
  options.seed = 7;
  return options;
}

engine engine_with(std::string_view flows, engine_options options) {
  if (!options.clock)
    options.clock = virtual_time().clock;
  auto opened = engine::open(std::move(options));
  if (!opened)
    throw std::runtime_error(opened.error().message());
  auto defined = opened->define(json_of(flows));
  if (!defined)
    throw std::runtime_error(defined.error().message());
  return std::move(*opened);
}

scratch_folder::scratch_folder() {
  static std::atomic<int> count{0};
  path_ = std::filesystem::temp_directory_path() /
          ("millrace-engine-" + std::to_string(getpid()) + "-" + std::to_string(count++));
  std::filesystem::create_directories(path_);
}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string scratch_folder::file(std::string_view name) const {
  return (path_ / name).string();
}

bool eventually(const std::function<bool()>& holds) {
  constexpr std::chrono::milliseconds glance{2};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    std::this_thread::sleep_for(glance);
  }
  return true;
}

execution_record only(const engine& running, std::string_view flow) {
  execution_filter filter;
  filter.flow_definition_id = flow;
  filter.with_context = true;
  auto found = running.list(filter);
  if (!found)
    throw std::runtime_error(found.error().message());
  if (found->size() != 1)
    throw std::runtime_error(std::to_string(found->size()) + " executions of " + std::string(flow));
  return found->front();
}

} // namespace millrace::testing
