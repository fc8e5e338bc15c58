// SPDX-License-Identifier: Apache-2.0
//
// The search: the usual run of a flow, then runs that differ from a run in one choice more. Those
// that come from something new go before those that come from nothing new.
#include <millrace/explore.hpp>

#include "explore_findings.hpp"

#include <algorithm>
#include <array>
#include <deque>

namespace millrace::simulation {
namespace {

constexpr std::size_t points_max = 96; // of one run that are varied

class search {
public:
  search(const exploration_model& model, const std::vector<flow_document>& documents,
         const exploration_options& options)
      : model_(model), documents_(documents), options_(options),
        begin_(std::chrono::steady_clock::now()) {}

  result<void> explore(const std::string& flow, std::size_t runs_max) {
    flow_ = &flow;
    open_ = {};
    signatures_.clear();
    open_[0].push_back({});
    std::size_t stale = 0;
    for (std::size_t run = 0; has_open(); ++run) {
      if (run == runs_max || stale >= options_.stale_runs_max || is_late()) {
        is_complete_ = false;
        return {};
      }
      const auto news = run_next();
      if (!news)
        return news.error();
      stale = *news ? 0 : stale + 1;
    }
    return {};
  }

  [[nodiscard]] search_result& seen() noexcept { return seen_; }
  [[nodiscard]] const flows::coverage& counts() const noexcept { return counts_; }
  [[nodiscard]] std::size_t runs() const noexcept { return runs_; }
  [[nodiscard]] bool is_complete() const noexcept { return is_complete_; }

private:
  using given = std::vector<std::size_t>;

  [[nodiscard]] bool has_open() const {
    return std::any_of(open_.begin(), open_.end(), [](const auto& each) { return !each.empty(); });
  }
  [[nodiscard]] bool is_late() const {
    return options_.time.count() > 0 && std::chrono::steady_clock::now() - begin_ >= options_.time;
  }

  // Whether it showed anything new.
  result<bool> run_next() {
    auto& from =
        *std::find_if(open_.begin(), open_.end(), [](const auto& each) { return !each.empty(); });
    const given next = std::move(from.front());
    from.pop_front();
    auto done = run_once(model_, documents_, options_, *flow_, next, &counts_, false);
    if (!done)
      return done.error();
    ++runs_;
    const bool is_new = keep(*done, next);
    const bool is_unlike = signatures_.insert(done->signature).second;
    vary(*done, next, is_new ? 0 : is_unlike ? 1 : 2);
    return is_new;
  }

  void vary(const run_result& run, const given& base, std::size_t rank) {
    const auto depth = static_cast<std::size_t>(
        std::count_if(base.begin(), base.end(), [](std::size_t each) { return each != 0; }));
    if (depth == options_.max_depth) {
      is_complete_ = is_complete_ && run.points.size() == base.size();
      return;
    }
    if (run.points.size() > points_max)
      is_complete_ = false;
    for (std::size_t i = base.size(); i < std::min(run.points.size(), points_max); ++i)
      for (std::size_t way = 1; way < run.points[i].ways; ++way) {
        given next = base;
        next.resize(i, 0);
        next.push_back(way);
        open_[rank].push_back(std::move(next));
      }
  }

  bool keep(const run_result& run, const given& choices) {
    const std::size_t number = seen_.kept.size();
    bool is_new = false;
    bool is_kept = false;
    const auto note = [&](auto& shortest, const auto& what) {
      const auto [known, added] = shortest.try_emplace(what, number);
      is_new = is_new || added;
      if (!added && run.steps.size() < seen_.kept[known->second].steps)
        known->second = number, is_kept = true;
    };
    seen_.kept.push_back({*flow_, choices, run.steps.size()});
    for (const std::string& each : run.features)
      note(seen_.first_with, each);
    for (const failed_step& each : run.unhandled)
      note(seen_.unhandled, each);
    for (const failed_step& each : run.stopped)
      note(seen_.stopped, each);
    for (const auto& each : run.stuck)
      note(seen_.stuck, each);
    if (run.endless)
      note(seen_.endless, *run.endless);
    if (!is_new && !is_kept)
      seen_.kept.pop_back();
    return is_new;
  }

  const exploration_model& model_;
  const std::vector<flow_document>& documents_;
  const exploration_options& options_;
  const std::chrono::steady_clock::time_point begin_;
  const std::string* flow_ = nullptr;
  std::array<std::deque<given>, 3> open_; ///< runs to make, the most promising first
  std::set<std::string> signatures_;
  search_result seen_;
  flows::coverage counts_;
  std::size_t runs_ = 0;
  bool is_complete_ = true;
};

// The runs that are told: the shortest for everything that was seen, without repetitions.
std::set<std::size_t> told(const search_result& seen, const std::vector<finding>& findings) {
  std::set<std::size_t> runs;
  for (const auto& each : seen.first_with)
    runs.insert(each.second);
  for (const finding& each : findings)
    if (each.path >= 0)
      runs.insert(static_cast<std::size_t>(each.path));
  return runs;
}

std::string claim_of(const explored_path& path, const std::string& flow) {
  std::string text = "explored " + flow + ": ";
  for (std::size_t i = 0; i < path.choices.size(); ++i)
    text += (i == 0 ? "" : "; ") + path.choices[i];
  if (path.choices.empty())
    text += "the usual answers";
  return text + ": " + path.status;
}

result<explored_path> make_path(const exploration_model& model,
                                const std::vector<flow_document>& documents,
                                const exploration_options& options, const kept_run& run) {
  auto again = run_once(model, documents, options, run.flow, run.given, nullptr, true);
  if (!again)
    return again.error();
  explored_path path;
  for (const choice_point& each : again->points)
    if (each.chosen != 0)
      path.choices.push_back(each.said);
  path.steps = std::move(again->steps);
  path.status = again->status;
  path.name = claim_of(path, run.flow);
  path.test = std::move(again->test);
  if (!path.test.empty())
    path.test["name"] = path.name;
  return path;
}

result<void> add_paths(const exploration_model& model, const std::vector<flow_document>& documents,
                       const exploration_options& options, const search_result& seen,
                       exploration& out) {
  std::map<std::size_t, std::int64_t> number_of;
  for (const std::size_t run : told(seen, out.findings)) {
    auto path = make_path(model, documents, options, seen.kept[run]);
    if (!path)
      return path.error();
    number_of[run] = static_cast<std::int64_t>(out.paths.size());
    out.paths.push_back(std::move(*path));
  }
  for (finding& each : out.findings)
    if (each.path >= 0)
      each.path = number_of.at(static_cast<std::size_t>(each.path));
  return {};
}

} // namespace

result<exploration> explore(const std::vector<flow_document>& documents,
                            const exploration_options& options) {
  const auto known = compile_flows(documents);
  if (!known)
    return known.error();
  const exploration_model model(*known, options.steps);
  std::vector<std::string> explored;
  for (const auto& each : model.flows())
    if (options.flow.empty() || each.first == options.flow)
      explored.push_back(each.first);
  if (explored.empty())
    return error{errc::not_found, options.flow.empty()
                                      ? "There is no flow to explore."
                                      : "There is no flow \"" + options.flow + "\"."};
  search all(model, documents, options);
  for (std::size_t i = 0; i < explored.size(); ++i) {
    const std::size_t left = options.max_runs - std::min(options.max_runs, all.runs());
    if (auto done = all.explore(explored[i], left / (explored.size() - i)); !done)
      return done.error();
  }
  exploration out;
  out.seed = options.seed;
  out.runs = all.runs();
  out.is_complete = all.is_complete();
  out.findings = judge(model, explored, all.seen());
  std::vector<exploration_model::definition_pointer> definitions;
  definitions.reserve(explored.size());
  for (const std::string& each : explored)
    definitions.push_back(model.flows().at(each));
  out.coverage = all.counts().report(definitions);
  if (auto added = add_paths(model, documents, options, all.seen(), out); !added)
    return added.error();
  return out;
}

} // namespace millrace::simulation
