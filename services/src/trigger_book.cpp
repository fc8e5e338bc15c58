// SPDX-License-Identifier: Apache-2.0
#include "trigger_book.hpp"

#include <filesystem>

namespace millrace::services {

std::string rule_of(const flows::schedule_start& point) {
  return point.when.text() + " in " + point.time_zone;
}

std::string rule_of(const flows::mail_start& point) {
  return point.address + (point.keyword.empty() ? "" : ", keyword " + point.keyword);
}

bool trigger_book::is_there() const {
  std::error_code failure;
  return store_ || std::filesystem::exists(file_, failure);
}

result<void> trigger_book::open() {
  if (store_)
    return {};
  std::error_code failure;
  std::filesystem::create_directories(std::filesystem::path(file_).parent_path(), failure);
  auto opened = storage::open_trigger_store(file_);
  if (!opened)
    return opened.error();
  auto found = (*opened)->all();
  if (!found)
    return found.error();
  store_ = std::move(*opened);
  for (storage::trigger_row& row : *found)
    rows_[{row.flow_definition_id, row.step_instance_id}] = std::move(row);
  return {};
}

result<void> trigger_book::watch(const std::vector<watched_flow>& flows, std::int64_t now) {
  if (auto opened = open(); !opened)
    return opened.error();
  std::map<key, trigger_record> watched;
  const auto add = [&watched](const watched_flow& flow, const auto& point, trigger_kind kind) {
    trigger_record& made = watched[{flow.flow_definition_id, point.step_instance_id}];
    made.flow_definition_id = flow.flow_definition_id;
    made.flow_definition_version = flow.version;
    made.step_instance_id = point.step_instance_id;
    made.kind = kind;
    made.waits_for = rule_of(point);
  };
  for (const watched_flow& flow : flows) {
    for (const flows::schedule_start& point : flow.points.schedules)
      add(flow, point, trigger_kind::schedule);
    for (const flows::mail_start& point : flow.points.mails)
      add(flow, point, trigger_kind::mail);
  }
  if (auto forgotten = forget_all_but(watched); !forgotten)
    return forgotten.error();
  for (auto& [of, made] : watched)
    if (auto kept = watch_one(std::move(made), now); !kept)
      return kept.error();
  return {};
}

result<void> trigger_book::forget_all_but(const std::map<key, trigger_record>& watched) {
  std::erase_if(records_, [&](const auto& each) { return watched.count(each.first) == 0; });
  for (auto row = rows_.begin(); row != rows_.end();) {
    if (watched.count(row->first) != 0) {
      ++row;
      continue;
    }
    if (auto removed = store_->remove(row->first.first, row->first.second); !removed)
      return removed.error();
    row = rows_.erase(row);
  }
  return {};
}

result<void> trigger_book::watch_one(trigger_record made, std::int64_t now) {
  const key of(made.flow_definition_id, made.step_instance_id);
  const auto known = rows_.find(of);
  if (known == rows_.end() || known->second.rule != made.waits_for) {
    storage::trigger_row row;
    row.flow_definition_id = made.flow_definition_id;
    row.step_instance_id = made.step_instance_id;
    row.rule = made.waits_for;
    row.since = now / 1000 * 1000;
    row.looked_until = row.since - 1; // a run at this very second counts
    if (auto kept = store_->put(row); !kept)
      return kept.error();
    rows_[of] = std::move(row);
  }
  made.next_run_at = records_[of].next_run_at;
  records_[of] = std::move(made);
  note(rows_[of], std::nullopt);
  return {};
}

storage::trigger_row* trigger_book::find(const std::string& flow, const std::string& step) {
  const auto found = rows_.find({flow, step});
  return found == rows_.end() ? nullptr : &found->second;
}

result<void> trigger_book::put(const storage::trigger_row& row) {
  if (auto kept = store_->put(row); !kept)
    return kept.error();
  note(row, std::nullopt);
  return {};
}

void trigger_book::note(const storage::trigger_row& row, std::optional<std::int64_t> next_run) {
  trigger_record& record = records_[{row.flow_definition_id, row.step_instance_id}];
  record.last_run_at = row.last_run_at;
  record.last_execution_id = row.last_execution_id;
  record.missed = row.missed;
  record.last_error = row.last_error;
  if (next_run)
    record.next_run_at = *next_run;
}

void trigger_book::publish() {
  const std::lock_guard lock(mutex_);
  shown_.clear();
  for (const auto& [of, record] : records_)
    shown_.push_back(record);
}

std::vector<trigger_record> trigger_book::shown() const {
  const std::lock_guard lock(mutex_);
  return shown_;
}

} // namespace millrace::services
