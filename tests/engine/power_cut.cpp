// SPDX-License-Identifier: Apache-2.0
#include "power_cut.hpp"

#include "faulty_disk.hpp"

#include <millrace/verify.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace millrace::testing {

using storage::testing::content_reader;
using storage::testing::faulty_disk;
using storage::testing::survival;
using storage::testing::testimony;
using storage::testing::witness_store;

namespace {

constexpr std::size_t problems_max = 10;
constexpr const char* database_name = "crash.db";

struct crash_point {
  std::size_t position = 0; ///< the operation that did not happen any more
  survival kept = survival::everything;
  std::uint64_t seed = 0;

  [[nodiscard]] std::string describe() const {
    return "operation " + std::to_string(position) + ", survival " +
           std::to_string(static_cast<int>(kept)) + ", seed " + std::to_string(seed);
  }
};

// The scenario, undisturbed, on a disk that writes everything down.
std::shared_ptr<testimony> record(const power_cut_plan& plan) {
  const scratch_folder folder;
  const std::string path = folder.file(database_name);
  faulty_disk disk;
  auto said = std::make_shared<testimony>();
  disk.record({said, &said->disk});
  auto store = open_file(path, plan.level);
  if (plan.defect)
    store = plan.defect(std::move(store));
  small_engine engine(
      std::make_unique<witness_store>(std::move(store), path, said, plan.acknowledged),
      {plan.scenario->rules});
  if (!play(*plan.scenario, engine))
    throw std::runtime_error(plan.scenario->name + " does not end while it is recorded");
  return said;
}

class sweeper {
public:
  explicit sweeper(const power_cut_plan& plan)
      : plan_(plan), expected_(finish(*plan.scenario, folder_.file("undisturbed.db"))),
        said_(record(plan)) {}

  power_cut_report run() {
    const faulty_disk without_syncs; // nobody cuts the real power
    for (std::size_t position = 0; position <= said_->disk.size(); position += plan_.stride)
      for (const survival kept : plan_.kept)
        for (std::uint64_t seed = 0; seed < seeds_of(kept); ++seed)
          look_at({position, kept, seed});
    return report_;
  }

private:
  [[nodiscard]] std::uint64_t seeds_of(survival kept) const {
    return kept == survival::in_order || kept == survival::scattered ? plan_.seeds : 1;
  }

  void look_at(const crash_point& point) {
    const auto image = said_->disk.cut_power(point.position, point.kept, point.seed);
    std::string key = std::to_string(promised(point));
    for (const auto& [name, bytes] : image)
      key += '\x1f' + name + '\x1f' + bytes;
    if (!seen_.insert(std::hash<std::string>{}(key)).second)
      return;
    ++report_.counted.points;
    const std::filesystem::path folder = folder_.file("image");
    storage::testing::write_image(image, folder);
    const std::string path = (folder / database_name).string();
    try {
      judge_image(point, path);
      judge_end(point, path);
    } catch (const std::exception& failure) {
      unsound(point, failure.what());
    }
  }

  // How many writes must be there.
  [[nodiscard]] std::size_t promised(const crash_point& point) const {
    const bool is_promised = plan_.level == durability::power_loss ||
                             plan_.is_power_loss_promised || point.kept == survival::everything;
    return is_promised ? said_->disk.acknowledged_at(point.position) : 0;
  }

  // What is on the disk is the first so many writes, at least those that are promised, at most one
  // more than were acknowledged.
  void judge_image(const crash_point& point, const std::string& path) {
    const auto report = verify_database(path);
    if (!report && promised(point) == 0)
      return; // no database yet
    if (!report || !report->is_sound())
      unsound(point, findings(path));
    const auto found = content_reader(path).read();
    const std::size_t wanted = promised(point);
    const std::size_t held = found ? writes_in(*found) : none;
    if (held == none) {
      if (wanted > 0)
        unsound(point, "what is there is not the first so many writes");
      return;
    }
    if (held < wanted)
      lost(point, wanted - held, "acknowledged writes");
    if (first_writes_in(*found) > said_->disk.acknowledged_at(point.position) + 1)
      unsound(point, "a write from after the crash");
  }

  void judge_end(const crash_point& point, const std::string& path) {
    const family_outcome got = finish(*plan_.scenario, path);
    if (const std::size_t gone = missing(expected_, got); gone > 0)
      lost(point, gone, "executions");
    if (const std::size_t extra = missing(got, expected_); extra > 0) {
      report_.counted.doubled += extra;
      problem(point, std::to_string(extra) + " executions that should not be");
    }
    if (const std::string said = findings(path); said != "[]")
      unsound(point, "at the end: " + said);
  }

  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  // Different numbers of writes may leave the same rows.
  [[nodiscard]] std::size_t writes_in(storage::testing::row_hash hash) const {
    const auto& all = said_->contents;
    const auto last = std::find(all.rbegin(), all.rend(), hash);
    return last == all.rend() ? none : static_cast<std::size_t>(all.rend() - last) - 1;
  }
  [[nodiscard]] std::size_t first_writes_in(storage::testing::row_hash hash) const {
    const auto& all = said_->contents;
    return static_cast<std::size_t>(std::find(all.begin(), all.end(), hash) - all.begin());
  }

  void lost(const crash_point& point, std::size_t count, const char* what) {
    report_.counted.lost += count;
    problem(point, std::to_string(count) + ' ' + what + " are gone");
  }
  void unsound(const crash_point& point, const std::string& what) {
    ++report_.unsound;
    problem(point, what);
  }
  void problem(const crash_point& point, const std::string& what) {
    if (report_.problems.size() < problems_max)
      report_.problems.push_back(point.describe() + ": " + what);
  }

  const power_cut_plan& plan_;
  scratch_folder folder_;
  family_outcome expected_;
  std::shared_ptr<testimony> said_;
  std::set<std::size_t> seen_;
  power_cut_report report_;
};

} // namespace

std::string power_cut_report::describe() const {
  std::string text = std::to_string(counted.points) + " crash points, " +
                     std::to_string(counted.lost) + " lost, " + std::to_string(counted.doubled) +
                     " doubled, " + std::to_string(unsound) + " unsound";
  for (const std::string& each : problems)
    text += "\n  " + each;
  return text;
}

power_cut_report sweep_power_cuts(const power_cut_plan& plan) {
  return sweeper(plan).run();
}

} // namespace millrace::testing
