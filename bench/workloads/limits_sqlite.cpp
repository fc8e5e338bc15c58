// SPDX-License-Identifier: Apache-2.0
//
// What SQLite gives to a program that does nothing else: transactions of one row, and rows in
// transactions of many.
#include "sqlite_rows.hpp"
#include "statistics.hpp"
#include "workload.hpp"

namespace millrace::bench {
namespace {

constexpr std::size_t row_bytes = 200;
constexpr std::size_t batch_rows = 1'000;
/// Rows cost so much less in batches that more of them are needed for a time that can be measured.
constexpr std::size_t rows_per_transaction_measured = 50;

double transactions_per_s(const std::string& file, durability level, std::size_t count) {
  sqlite_rows database(file, level);
  const std::string body(row_bytes, 'm');
  const stopwatch watch;
  for (std::size_t i = 0; i < count; ++i)
    database.insert(body);
  return static_cast<double>(count) / watch.seconds();
}

double batched_rows_per_s(const std::string& file, durability level, std::size_t count) {
  sqlite_rows database(file, level);
  const std::string body(row_bytes, 'm');
  const stopwatch watch;
  for (std::size_t done = 0; done < count; done += batch_rows) {
    database.begin();
    for (std::size_t i = 0; i < batch_rows; ++i)
      database.insert(body);
    database.commit();
  }
  return static_cast<double>(count) / watch.seconds();
}

} // namespace

metrics sqlite_limits(const run_request& request) {
  metrics found;
  const std::size_t rows = request.size * rows_per_transaction_measured;
  for (const durability level : {durability::power_loss, durability::process_crash}) {
    const std::string name = level == durability::power_loss ? "sqlite_full" : "sqlite_normal";
    const std::string file = (request.folder / name).string();
    found[name + "_transactions_per_s"] = transactions_per_s(file, level, request.size);
    found[name + "_rows_per_s"] = batched_rows_per_s(file + "_rows", level, rows);
  }
  return found;
}

} // namespace millrace::bench
