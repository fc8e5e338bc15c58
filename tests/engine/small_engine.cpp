// SPDX-License-Identifier: Apache-2.0
#include "small_engine.hpp"

#include <millrace/verify.hpp>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace millrace::testing {

small_engine::small_engine(std::unique_ptr<storage::store> store, small_engine_parts parts)
    : steps_(steps::registry::with_system_modules()), store_(std::move(store)),
      definitions_(std::make_shared<catalog>(steps_)), queries_(*store_, *definitions_),
      has_failed_(std::move(parts.has_failed)) {
  register_modules(std::move(parts.modules));
  actors::runtime_options options;
  options.threads = 2;
  options.handler_threads = 2;
  options.max_active_executions = parts.max_active_executions;
  options.seed = 11; // NOLINT: the same ids and jitter every time
  options.retention = parts.rules;
  options.registry = steps_;
  options.definitions = definitions_;
  options.time = std::move(parts.time);
  loaded_ = definitions_->load(*store_);
  runtime_ = std::make_unique<actors::runtime>(*store_, std::move(options));
  if (loaded_)
    loaded_ = runtime_->prepare();
}

result<void> small_engine::define(const json::value& flows) {
  const definition_change change = definitions_->read({{flows, "test"}});
  if (change.report.has_errors())
    throw std::runtime_error(change.report.describe());
  return runtime_->with_store(
      [&](storage::store& store) { return definitions_->apply(change, store); });
}

std::vector<execution_record> small_engine::family() {
  auto all = queries_.family(crash_root_id, true);
  if (!all)
    throw std::runtime_error(all.error().message());
  return std::move(*all);
}

void small_engine::register_modules(std::vector<std::pair<std::string, step_handler>> more) {
  const auto add = [this](const std::string& name, step_handler run) {
    if (auto added = steps_.add_module(name, {std::move(run), step_effect::external}); !added)
      throw std::runtime_error(added.error().message());
  };
  add("test/echo",
      [](const step_request& request) -> step_result { return json::value(request.input); });
  add("test/flaky", [](const step_request& request) -> step_result {
    if (request.attempt == 1)
      return step_error::transient("busy");
    return json::value(request.input);
  });
  for (auto& [name, run] : more)
    add(name, std::move(run));
}

std::unique_ptr<storage::store> open_file(const std::string& path, durability level) {
  auto opened = storage::open_store({path, level, false});
  if (!opened)
    throw std::runtime_error(opened.error().message());
  return std::move(*opened);
}

namespace {

// Whether a UUID in lower case begins there.
bool is_id_at(std::string_view text, std::size_t at) {
  constexpr std::string_view shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() - at < shape.size())
    return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const char c = text[at + i];
    const bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (shape[i] == '-' ? c != '-' : !is_digit)
      return false;
  }
  return true;
}

std::string mask_ids(std::string_view text) {
  constexpr std::size_t id_size = 36;
  std::string masked;
  for (std::size_t at = 0; at < text.size();) {
    if (is_id_at(text, at)) {
      masked += "<id>";
      at += id_size;
    } else {
      masked += text[at++];
    }
  }
  return masked;
}

} // namespace

family_outcome outcome_of(const std::vector<execution_record>& family) {
  family_outcome lines;
  for (const execution_record& each : family) {
    json::object line = to_json(each, true);
    for (const char* gone : {"flowExecutionId", "acceptedTime", "startTime", "endTime", "dueTime"})
      line.erase(gone);
    lines.insert(mask_ids(stringify(line)));
  }
  return lines;
}

std::size_t missing(const family_outcome& expected, const family_outcome& found) {
  std::vector<std::string> rest;
  std::set_difference(expected.begin(), expected.end(), found.begin(), found.end(),
                      std::back_inserter(rest));
  return rest.size();
}

std::string findings(const std::string& path) {
  const auto report = verify_database(path);
  return report ? stringify(to_json(*report).at("findings").as_array()) : report.error().message();
}

} // namespace millrace::testing
