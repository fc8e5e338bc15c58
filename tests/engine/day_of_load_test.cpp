// SPDX-License-Identifier: Apache-2.0
//
// A day of load on a virtual clock: orders arrive, wait for their payment or for its deadline, ship
// through detached children; the process dies now and then, and what has ended is removed. Every
// order ships once, and nothing grows.
#include "small_engine.hpp"

#include "catch.hpp"
#include "failing_store.hpp"
#include "faulty_disk.hpp"
#include "torture.hpp"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <random>

using namespace millrace;
using namespace millrace::testing;
using storage::testing::failing_store;
using storage::testing::failure_plan;

namespace {

constexpr std::int64_t minute = std::int64_t{60} * 1000;
constexpr std::int64_t tick = 30 * minute;
constexpr int orders_per_tick = 210;

constexpr const char* flows = R"([
  {'id': 'order', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'check', 'steps': {
    'check': {'stepInstanceId': 'check', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/flaky',
              'inputMappings': {'n': '$.n'}, 'defaultNextStepInstanceId': 'pause'},
    'pause': {'stepInstanceId': 'pause', 'stepType': 'NO_OP', 'delay': {'milliseconds': 300000},
              'defaultNextStepInstanceId': 'go'},
    'go': {'stepInstanceId': 'go', 'stepType': 'START_FLOW_EXECUTION', 'moduleIdentifier': 'system/start-flow-execution',
           'literals': {'flowDefinitionId': 'shipment'}, 'inputMappings': {'initialContextData.n': '$.n'},
           'defaultNextStepInstanceId': 'paid'},
    'paid': {'stepInstanceId': 'paid', 'stepType': 'WAIT_FOR_EXTERNAL_EVENT', 'correlationKeyTemplate': 'paid:{{n}}',
             'maxWaitTimeSeconds': 1800}}},
  {'id': 'shipment', 'version': 1, 'isPublished': true, 'startStepInstanceId': 'ship', 'steps': {
    'ship': {'stepInstanceId': 'ship', 'stepType': 'CUSTOM_LOGIC', 'moduleIdentifier': 'test/ship',
             'inputMappings': {'n': '$.n'}}}}])";

std::string id_of(int order) {
  char text[37];
  std::snprintf(text, sizeof text, "0190f000-0000-7000-8000-%012x", static_cast<unsigned>(order));
  return text;
}

// Resident memory of this process; 0 where the system does not say.
std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  constexpr std::size_t page = 4096;
  return resident * page;
}

std::uintmax_t size_of(const std::string& path) {
  std::error_code ignored;
  const std::uintmax_t size = std::filesystem::file_size(path, ignored);
  return ignored ? 0 : size;
}

// The largest of what was measured at the end of every tick.
struct extent {
  std::size_t memory = 0;
  std::uintmax_t file = 0;
  std::uintmax_t log = 0;
};

class shop {
public:
  explicit shop(int ticks) : ticks_(ticks) {}

  void run() {
    for (int number = 0; number < ticks_; ++number) {
      const std::int64_t begin = start_ + number * tick;
      time_->jump(std::max<std::int64_t>(0, begin - time_->now()));
      while (!play_tick(number))
        ++crashes_;
      measure(number);
    }
    settle();
  }

  void check() const {
    const auto orders = static_cast<std::size_t>(ticks_ * orders_per_tick);
    torture_count counted{crashes_, orders - shipments_.size(), 0};
    for (const auto& [order, by] : shipments_)
      counted.doubled += by.size() - 1;
    CHECK(counted.lost == 0);
    CHECK(counted.doubled == 0);
    CHECK(crashes_ > 0);
    CHECK(findings(path_) == "[]");
    print_counts("crash points", counted,
                 std::to_string(ticks_ * tick / minute / 60) + " h of load, " +
                     std::to_string(2 * orders) + " executions");
    std::cout << "  at most " << largest_.file / 1024 << " KiB of file, " << largest_.log / 1024
              << " KiB of log, " << largest_.memory / 1024 / 1024 << " MiB resident\n";
  }

  [[nodiscard]] const extent& largest() const { return largest_; }
  [[nodiscard]] const extent& early() const { return early_; }

private:
  // Everything that happens in a tick; false: the process died meanwhile, and it is to be repeated.
  bool play_tick(int number) {
    open_again_after_a_crash();
    return start_orders(number) && engine_->running().wait_quiet(patience) && pay(number) &&
           engine_->running().wait_quiet(patience) && !plan_->has_failed;
  }

  // An engine dies at a random write, some at once, some after a few ticks.
  void open_again_after_a_crash() {
    if (engine_ && !plan_->has_failed)
      return;
    engine_.reset();
    plan_ = std::make_shared<failure_plan>();
    constexpr unsigned writes_max = 1500;
    plan_->fail_at = 20 + random_() % writes_max;
    plan_->kind = random_() % 2 == 0 ? storage::testing::write_failure::before_effect
                                     : storage::testing::write_failure::after_effect;
    small_engine_parts parts;
    parts.time = time_;
    parts.rules.finished_for = std::chrono::hours(1);
    parts.rules.rest = std::chrono::milliseconds(5);
    parts.modules.emplace_back("test/ship", [this](const step_request& request) -> step_result {
      const std::lock_guard guard(mutex_);
      shipments_[request.input.at("n").as_int64()].emplace(request.idempotency_key);
      return json::value(json::object());
    });
    engine_ = std::make_unique<small_engine>(
        std::make_unique<failing_store>(open_file(path_), plan_), std::move(parts));
    if (engine_->usable() && engine_->define(json_of(flows)))
      engine_->running().recover();
  }

  bool start_orders(int number) {
    for (int i = 0; i < orders_per_tick; ++i) {
      const int order = number * orders_per_tick + i;
      start_request start;
      start.flow_definition_id = "order";
      start.flow_execution_id = id_of(order); // the same id: one execution
      start.initial_context_data = {{"n", order}};
      if (!engine_->running().start(start))
        return false;
    }
    return true;
  }

  // Every second order is paid, the others see their deadline in the next tick.
  bool pay(int number) {
    for (int i = 0; i < orders_per_tick; i += 2) {
      const std::string key = "paid:" + std::to_string(number * orders_per_tick + i);
      const auto resumed = engine_->running().resume(key, json::object());
      if (!resumed && resumed.error().code() != errc::not_found)
        return false;
    }
    return true;
  }

  void measure(int number) {
    const extent now{resident_bytes(), size_of(path_), size_of(path_ + "-wal")};
    largest_.memory = std::max(largest_.memory, now.memory);
    largest_.file = std::max(largest_.file, now.file);
    largest_.log = std::max(largest_.log, now.log);
    constexpr int ticks_until_it_is_full = 8; // what has ended stays for two of them
    if (number < ticks_until_it_is_full)
      early_ = largest_;
  }

  // The last deadlines pass, and everything is removed but the newest execution and its parent.
  void settle() {
    engine_.reset();
    time_->jump(4 * tick);
    do {
      open_again_after_a_crash();
      plan_->fail_at = 0;
    } while (!engine_->running().wait_quiet(patience));
    CHECK(eventually([&] { return engine_->rows().counts().value().waiting == 0; }));
    time_->jump(4 * tick);
    CHECK(eventually([&] { return engine_->rows().counts().value().executions <= 2; }));
    engine_.reset();
  }

  const int ticks_;
  const scratch_folder folder_;
  const std::string path_ = folder_.file("shop.db");
  const std::shared_ptr<frozen_time> time_ = std::make_shared<frozen_time>();
  const std::int64_t start_ = time_->now();
  std::mt19937 random_{20261123}; // NOLINT: the same crashes every time
  std::mutex mutex_;
  std::map<std::int64_t, std::set<std::string>> shipments_; ///< guarded by mutex_; keys by order
  std::size_t crashes_ = 0;
  extent early_;
  extent largest_;
  std::shared_ptr<failure_plan> plan_;
  std::unique_ptr<small_engine> engine_; // last: its handlers use the rest
};

} // namespace

TEST_CASE("hours of load with crashes lose no order, ship none twice, and nothing grows",
          "[torture][load]") {
  const storage::testing::faulty_disk without_syncs; // nobody cuts the power
  constexpr int ticks_of_a_day = 48;
  constexpr int ticks_of_an_hour = 2;
  shop orders(is_full_torture() ? ticks_of_a_day : ticks_of_an_hour);
  orders.run();
  orders.check();
  // Two hours of ended orders. The log starts again at 32 MiB, or at 96 MiB where queries have
  // overlapped all the while (store.hpp), behind the transaction that went beyond it.
  CHECK(orders.largest().file < 16'000'000);
  constexpr std::uintmax_t log_max = 96 * 1024 * 1024 + 8'000'000;
  CHECK(orders.largest().log < log_max);
#if !defined(MILLRACE_SANITIZED)
  constexpr std::size_t memory_more_max = 64'000'000;
  CHECK(orders.largest().memory < orders.early().memory + memory_more_max);
#endif
}
