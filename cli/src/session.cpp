// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include "deliveries.hpp"
#include "interrupt.hpp"
#include "progress_view.hpp"
#include "terminal.hpp"

#include <algorithm>
#include <filesystem>

#include <unistd.h>

namespace millrace::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How often the headline is looked at: after a pause, or this many times as long as a look took.
constexpr milliseconds look_pause{250};
constexpr int looks_apart = 20;
constexpr std::size_t watched_nodes_max = 20;

} // namespace

result<session> session::open(const options& how) {
  session opened;
  opened.how_ = how;
  if (how.show_progress && is_terminal(STDERR_FILENO))
    opened.progress_ = std::make_shared<progress>();
  if (auto ready = opened.open_engine(); !ready)
    return ready.error();
  return opened;
}

result<void> session::open_engine() {
  engine_options settings;
  settings.database = how_.database;
  settings.durability = how_.durability;
  settings.recover = how_.recover;
  settings.steps = how_.steps;
  settings.services = how_.services;
  settings.services->deliveries.log = log_completion;
  settings.services->triggers.is_on = how_.services.triggers.is_on && how_.with_triggers;
  settings.trigger_observer = how_.trigger_observer;
  if (progress_)
    settings.observer = [counts = progress_](const lifecycle_event& event) { counts->note(event); };
  auto opened = millrace::engine::open(std::move(settings));
  if (!opened)
    return opened.error();
  engine_ = std::make_unique<millrace::engine>(std::move(*opened));
  return {};
}

result<void> session::reopen_and_recover() {
  engine_.reset(); // one engine per database at a time
  how_.recover = true;
  return open_engine();
}

result<wait_end> session::wait(std::optional<milliseconds> limit,
                               const std::function<result<bool>()>& is_enough) {
  const auto begin = steady_clock::now();
  const auto stop_with = [this](wait_end reason) {
    engine_->stop(); // what is told of now on does not move any more
    return reason;
  };
  std::optional<progress_line> line;
  if (progress_)
    line.emplace(*progress_);
  for (int enough_in_succession = 0;;) {
    milliseconds pause = glance;
    if (limit) {
      const auto passed = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
      pause = std::clamp(*limit - passed, milliseconds(0), glance);
    }
    const auto quiet = engine_->wait_until_quiet(pause);
    if (quiet)
      return wait_end::quiet;
    if (quiet.error().code() != errc::timed_out)
      return quiet.error();
    if (is_interrupted())
      return stop_with(wait_end::interrupted);
    if (is_enough) {
      const auto enough = is_enough();
      if (!enough)
        return enough.error();
      enough_in_succession = *enough ? enough_in_succession + 1 : 0;
      if (enough_in_succession == 2)
        return stop_with(wait_end::enough);
    }
    if (limit && steady_clock::now() - begin >= *limit)
      return stop_with(wait_end::timed_out);
    if (line)
      line->renew(headline());
  }
}

// Looking reads the state of every open execution, so it is done a small part of the time.
std::string session::headline() {
  const auto begin = steady_clock::now();
  if (watched_.empty() || begin < next_look_)
    return headline_;
  const auto report = engine_->progress(watched_, progress_mode::tree, watched_nodes_max);
  headline_ = report ? describe_headline(report->headline) : std::string();
  const auto end = steady_clock::now();
  next_look_ = end + std::max<steady_clock::duration>(look_pause, looks_apart * (end - begin));
  return headline_;
}

result<service_options> read_configuration(const std::string& file) {
  constexpr const char* unnamed = "millrace.json";
  std::error_code failure;
  if (file.empty() && !std::filesystem::exists(unnamed, failure))
    return service_options();
  return read_service_options(file.empty() ? unnamed : file);
}

bool database_exists(const std::string& path) {
  std::error_code failure;
  return std::filesystem::exists(path, failure);
}

std::string missing_database(const std::string& path) {
  if (path.empty())
    return "Name the database with --db FILE.";
  if (!database_exists(path))
    return "There is no database " + path + ".";
  return {};
}

} // namespace millrace::cli
