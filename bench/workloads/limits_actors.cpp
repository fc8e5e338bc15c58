// SPDX-License-Identifier: Apache-2.0
//
// The upper limit of detached starts: a loop of actors, JSON and SQLite that has the shape of an
// engine and none of its duties. Per child the parent serialises a start, sends it to the writer as
// a row and spawns an actor; that one parses the start and sends a second row. Nobody waits for a
// commit but the end.
#include "caf_compat.hpp"
#include "sqlite_rows.hpp"
#include "statistics.hpp"
#include "workload.hpp"

#include <millrace/json.hpp>

#include <future>
#include <memory>

namespace millrace::bench {

struct row_message {
  std::string body;
};
struct flush_message {};
struct begin_message {};

} // namespace millrace::bench

CAF_BEGIN_TYPE_ID_BLOCK(millrace_bench, caf::first_custom_type_id + 200)
CAF_ADD_TYPE_ID(millrace_bench, (millrace::bench::row_message))
CAF_ADD_TYPE_ID(millrace_bench, (millrace::bench::flush_message))
CAF_ADD_TYPE_ID(millrace_bench, (millrace::bench::begin_message))
CAF_END_TYPE_ID_BLOCK(millrace_bench)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::bench::row_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::bench::flush_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(millrace::bench::begin_message)

namespace millrace::bench {
namespace {

namespace compat = actors::compat;

constexpr unsigned cooperative_threads = 2; // as engine_options::threads
constexpr std::size_t rows_per_child = 2;

/// What the actors share; outlives them.
struct bare_loop {
  std::size_t children = 0;
  /// Whether the children begin only when the parent has made its loop.
  bool holds_children = false;
  sqlite_rows* database = nullptr;
  caf::actor writer = {};
  double start_microseconds = 0; ///< of one start in the parent's loop
  std::promise<void> parent_is_done = {};
  std::promise<void> all_is_stored = {};
};

/// Gathers rows as the engine's writer does: what is in the mailbox goes into one transaction.
class row_writer final : public caf::event_based_actor {
public:
  row_writer(caf::actor_config& config, bare_loop* loop) : event_based_actor(config), loop_(loop) {}

  caf::behavior make_behavior() override {
    return {[this](row_message& message) { gather(std::move(message)); },
            [this](const flush_message&) { flush(); }};
  }

private:
  static constexpr std::size_t rows_max = 8192;

  void gather(row_message message) {
    rows_.push_back(std::move(message.body));
    if (rows_.size() >= rows_max)
      return flush();
    if (!flush_is_due_)
      compat::send(this, caf::actor_cast<caf::actor>(this), flush_message{});
    flush_is_due_ = true;
  }

  void flush() {
    flush_is_due_ = false;
    if (rows_.empty())
      return;
    loop_->database->begin();
    for (const std::string& each : rows_)
      loop_->database->insert(each);
    loop_->database->commit();
    stored_ += rows_.size();
    rows_.clear();
    if (stored_ < rows_per_child * loop_->children)
      return;
    quit();
    loop_->all_is_stored.set_value();
  }

  bare_loop* loop_;
  std::vector<std::string> rows_;
  std::size_t stored_ = 0;
  bool flush_is_due_ = false;
};

class bare_child final : public caf::event_based_actor {
public:
  bare_child(caf::actor_config& config, const bare_loop* loop, std::string start)
      : event_based_actor(config), loop_(loop), start_(std::move(start)) {}

  caf::behavior make_behavior() override {
    return {[this](const begin_message&) {
      if (parse_json(start_, "start"))
        compat::send(this, loop_->writer, row_message{std::move(start_)});
      quit();
    }};
  }

private:
  const bare_loop* loop_;
  std::string start_;
};

std::string start_text(std::size_t item) {
  return stringify(json::object{{"flowDefinitionId", "child"},
                                {"flowVersion", "LATEST_PUBLISHED"},
                                {"flowExecutionId", "0190f000-0000-7000-8000-0000000000bb"},
                                {"triggerSource", "0190f000-0000-7000-8000-0000000000aa"},
                                {"initialContextData", {{"item", item}}}});
}

class bare_parent final : public caf::event_based_actor {
public:
  bare_parent(caf::actor_config& config, bare_loop* loop)
      : event_based_actor(config), loop_(loop) {}

  caf::behavior make_behavior() override {
    return {[this](const begin_message&) {
      start_all();
      quit();
      loop_->parent_is_done.set_value();
    }};
  }

private:
  void start_all() {
    std::vector<caf::actor> held;
    held.reserve(loop_->holds_children ? loop_->children : 0);
    const stopwatch watch;
    for (std::size_t i = 0; i < loop_->children; ++i) {
      std::string start = start_text(i);
      compat::send(this, loop_->writer, row_message{start});
      caf::actor child = spawn<bare_child, caf::lazy_init>(loop_, std::move(start));
      if (loop_->holds_children)
        held.push_back(std::move(child));
      else
        compat::send(this, child, begin_message{});
    }
    loop_->start_microseconds = watch.microseconds() / static_cast<double>(loop_->children);
    for (const caf::actor& each : held)
      compat::send(this, each, begin_message{});
  }

  bare_loop* loop_;
};

/// Runs the loop; seconds until everything is stored.
double run(bare_loop& loop, const std::string& file) {
  compat::initialize_once<caf::id_block::millrace_bench>();
  caf::actor_system_config config;
  compat::configure<caf::id_block::millrace_bench>(config, cooperative_threads);
  caf::actor_system system(config);
  sqlite_rows database(file, durability::power_loss);
  loop.database = &database;
  loop.writer = system.spawn<row_writer, caf::detached>(&loop);
  const stopwatch watch;
  compat::send_from_outside(system.spawn<bare_parent>(&loop), begin_message{});
  loop.all_is_stored.get_future().wait();
  const double seconds = watch.seconds();
  loop.parent_is_done.get_future().wait();
  loop.writer = nullptr;
  system.await_all_actors_done();
  return seconds;
}

} // namespace

metrics bare_loop_limits(const run_request& request) {
  bare_loop running{.children = request.size};
  const double seconds = run(running, (request.folder / "bare").string());
  bare_loop held{.children = request.size, .holds_children = true};
  run(held, (request.folder / "bare_held").string());
  return {{"bare_children_per_s", static_cast<double>(request.size) / seconds},
          {"bare_start_us", held.start_microseconds}};
}

} // namespace millrace::bench
