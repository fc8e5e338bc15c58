// SPDX-License-Identifier: Apache-2.0
#include "summary.hpp"

#include "wording.hpp"

#include <algorithm>

namespace millrace::cli {
namespace {

constexpr std::size_t index_of(execution_status status) noexcept {
  return static_cast<std::size_t>(status);
}

} // namespace

void family_summary::add(const execution_record& record) {
  if (!root_) {
    root_ = record;
    origin_ = record.started_at == 0 ? record.accepted_at : record.started_at;
    return;
  }
  flow_count& count = flows_[flow_name(record)];
  ++count.by_status[index_of(record.status)];
  if (++count.all == 1)
    count.first = record;
  count.last = record;
  if (record.status == execution_status::failed && !count.first_failed)
    count.first_failed = record;
  last_end_ = std::max(last_end_, record.ended_at);
  if (record.kind != execution_kind::async_subflow)
    return;
  ++detached_;
  if (root_->ended_at != 0 && record.ended_at > root_->ended_at)
    ++after_root_;
}

std::string family_summary::draw(const look& how) const {
  if (!root_)
    return {};
  return draw_examples(how) + '\n' + draw_counts(how) + lesson();
}

std::string family_summary::draw_counts(const look& how) const {
  table counts({{"FLOW", false},
                {"EXECUTIONS", true},
                {"COMPLETED", true},
                {"FAILED", true},
                {"CANCELLED", true},
                {"TIMED OUT", true},
                {"WAITING", true},
                {"UNFINISHED", true}});
  for (const auto& [name, count] : flows_) {
    const auto number = [&count = count](execution_status status, tint colour) {
      const std::uint64_t many = count.by_status[index_of(status)];
      return cell{grouped(many), many == 0 ? tint::faint : colour};
    };
    const std::uint64_t unfinished = count.by_status[index_of(execution_status::initializing)] +
                                     count.by_status[index_of(execution_status::running)];
    counts.add({{name, tint::none},
                {grouped(count.all), tint::none},
                number(execution_status::completed, tint::green),
                number(execution_status::failed, tint::red),
                number(execution_status::cancelled, tint::yellow),
                number(execution_status::timed_out, tint::yellow),
                number(execution_status::waiting, tint::cyan),
                {grouped(unfinished), unfinished == 0 ? tint::faint : tint::none}});
  }
  return counts.draw(how);
}

std::string family_summary::draw_examples(const look& how) const {
  table examples({{"EXECUTION", false},
                  {"WHICH", false},
                  {"STATUS", false},
                  {"START", true},
                  {"END", true},
                  {"TOOK", true},
                  {"ID", false}});
  const auto add = [&](const execution_record& each, const char* which) {
    examples.add({{flow_name(each), tint::none},
                  {which, tint::none},
                  status_cell(each.status),
                  {offset(each.started_at, origin_), tint::none},
                  {offset(each.ended_at, origin_), tint::none},
                  {time_taken(each), tint::none},
                  {each.flow_execution_id, tint::faint}});
    if (each.error)
      examples.add_note({"   " + error_line(*each.error), tint::red});
    if (const std::string reason = waits_for(each); !reason.empty())
      examples.add_note({"   " + reason, tint::cyan});
  };
  add(*root_, "root");
  for (const auto& [name, count] : flows_) {
    add(count.first, count.all == 1 ? "only" : "first");
    if (count.all > 1)
      add(count.last, "last");
    const bool is_new = count.first_failed &&
                        count.first_failed->flow_execution_id != count.first.flow_execution_id &&
                        count.first_failed->flow_execution_id != count.last.flow_execution_id;
    if (is_new)
      add(*count.first_failed, "first failed");
  }
  return examples.draw(how);
}

std::string family_summary::lesson() const {
  if (detached_ == 0 || root_->ended_at == 0)
    return {};
  return "\nDetached: " + grouped(after_root_) + " of " + grouped(detached_) +
         " executions ended after the root, which does not wait; the root ended at " +
         offset(root_->ended_at, origin_) + ", the last execution at " +
         offset(last_end_, origin_) + ".\n";
}

} // namespace millrace::cli
