// SPDX-License-Identifier: Apache-2.0
#include "diagnostics.hpp"

#include "terminal.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include <unistd.h>

namespace millrace::cli {
namespace {

void log_lines(spdlog::level::level_enum level, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (!line.empty())
      spdlog::log(level, "{}", line);
    if (end == std::string_view::npos)
      return;
    text.remove_prefix(end + 1);
  }
}

} // namespace

void set_up_diagnostics() {
  const auto mode =
      wants_colour(STDERR_FILENO) ? spdlog::color_mode::always : spdlog::color_mode::never;
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(mode);
  auto logger = std::make_shared<spdlog::logger>("millrace", std::move(sink));
  logger->set_pattern("%^%n%$: %v");
  spdlog::set_default_logger(std::move(logger));
}

void say(std::string_view text) {
  log_lines(spdlog::level::info, text);
}

void warn(std::string_view text) {
  log_lines(spdlog::level::warn, text);
}

exit_status fail(exit_status status, std::string_view text) {
  log_lines(spdlog::level::err, text);
  return status;
}

exit_status fail(const error& reason) {
  return fail(status_of(reason.code()), reason.message());
}

} // namespace millrace::cli
