// SPDX-License-Identifier: Apache-2.0
#include "disk_recording.hpp"

#include <algorithm>
#include <fstream>
#include <random>
#include <set>

namespace millrace::storage::testing {

// What is durable at a moment and what is not yet, of every file.
class disk_recording::crash_image {
public:
  void apply(const operation& done) {
    switch (done.what) {
    case action::write:
    case action::truncate:
    case action::create:
    case action::remove: pending_.push_back(&done); break;
    case action::sync: settle_file(done.file); break;
    case action::sync_folder: settle_names(); break;
    }
  }

  void keep(survival kept, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    switch (kept) {
    case survival::everything:
      for (const operation* each : pending_)
        perform(*each);
      break;
    case survival::nothing: break;
    case survival::in_order: keep_in_order(random); break;
    case survival::scattered: keep_scattered(random); break;
    }
    pending_.clear();
  }

  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> result;
    for (const auto& [name, file] : names_) {
      const auto found = contents_.find(file);
      result[name] = found == contents_.end() ? std::string() : found->second;
    }
    return result;
  }

private:
  static bool is_of_names(const operation& each) {
    return each.what == action::create || each.what == action::remove;
  }

  void settle_file(std::size_t file) {
    settle([file](const operation& each) { return !is_of_names(each) && each.file == file; });
  }
  void settle_names() {
    settle([](const operation& each) { return is_of_names(each); });
  }
  template <class Covers>
  void settle(Covers covers) {
    std::vector<const operation*> rest;
    for (const operation* each : pending_) {
      if (covers(*each))
        perform(*each);
      else
        rest.push_back(each);
    }
    pending_ = std::move(rest);
  }

  void perform(const operation& each) {
    switch (each.what) {
    case action::write: place(each.file, each.offset, each.bytes); break;
    case action::truncate: contents_[each.file].resize(each.offset); break;
    case action::create: names_[each.name] = each.file; break;
    case action::remove: names_.erase(each.name); break;
    default: break;
    }
  }

  void place(std::size_t file, std::size_t offset, std::string_view bytes) {
    std::string& content = contents_[file];
    content.resize(std::max(content.size(), offset + bytes.size())); // a hole reads as zeros
    content.replace(offset, bytes.size(), bytes);
  }

  void keep_in_order(std::mt19937_64& random) {
    if (pending_.empty())
      return;
    const std::size_t whole = random() % (pending_.size() + 1);
    for (std::size_t i = 0; i < whole; ++i)
      perform(*pending_[i]);
    if (whole == pending_.size() || pending_[whole]->what != action::write)
      return;
    for (const piece& each : pieces_of(*pending_[whole]))
      if (random() % 2 == 0)
        place(pending_[whole]->file, each.offset, each.bytes);
  }

  // A write's part in one sector.
  struct piece {
    std::size_t offset = 0;
    std::string_view bytes;
  };
  static std::vector<piece> pieces_of(const operation& write) {
    std::vector<piece> pieces;
    const std::string_view bytes = write.bytes;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t offset = write.offset + at;
      const std::size_t size = std::min(bytes.size() - at, sector_bytes - offset % sector_bytes);
      pieces.push_back({offset, bytes.substr(at, size)});
      at += size;
    }
    return pieces;
  }

  using sector = std::pair<std::size_t, std::size_t>; // file, number

  // A sector keeps the first so many of its writes: each version of it is what all writes up to
  // then have made of it.
  void keep_scattered(std::mt19937_64& random) {
    constexpr std::uint64_t chances[] = {10, 50, 90};
    const std::uint64_t chance = chances[random() % std::size(chances)]; // in a hundred
    std::map<sector, std::vector<piece>> sectors;
    for (const operation* each : pending_) {
      if (each->what == action::write) {
        for (const piece& part : pieces_of(*each))
          sectors[{each->file, part.offset / sector_bytes}].push_back(part);
      } else if (random() % 100 < chance) {
        perform(*each);
        if (each->what == action::truncate)
          forget_behind(sectors, *each);
      }
    }
    for (const auto& [where, parts] : sectors) {
      const std::size_t kept =
          random() % 100 < chance ? parts.size() : random() % (parts.size() + 1);
      for (std::size_t i = 0; i < kept; ++i)
        place(where.first, parts[i].offset, parts[i].bytes);
    }
  }

  static void forget_behind(std::map<sector, std::vector<piece>>& sectors,
                            const operation& truncation) {
    const std::size_t first = (truncation.offset + sector_bytes - 1) / sector_bytes;
    sectors.erase(sectors.lower_bound({truncation.file, first}),
                  sectors.lower_bound({truncation.file + 1, 0}));
  }

  std::map<std::size_t, std::string> contents_; // by file, durable
  std::map<std::string, std::size_t> names_;    // durable
  std::vector<const operation*> pending_;       // what no sync has covered, in order
};

void disk_recording::add(action what, std::string_view name, std::size_t offset,
                         std::string_view bytes) {
  const auto found = files_.find(name);
  if (found == files_.end())
    return;
  operations_.push_back({what, found->second, std::string(name), offset, std::string(bytes)});
}

void disk_recording::opened(std::string_view name, bool is_log) {
  const std::lock_guard guard(mutex_);
  if (files_.contains(name))
    return;
  const std::size_t file = ++files_made_;
  files_.emplace(name, file);
  needs_folder_sync_[file] = is_log;
  add(action::create, name);
}

void disk_recording::written(std::string_view name, std::string_view bytes, std::size_t offset) {
  const std::lock_guard guard(mutex_);
  add(action::write, name, offset, bytes);
}

void disk_recording::truncated(std::string_view name, std::size_t size) {
  const std::lock_guard guard(mutex_);
  add(action::truncate, name, size);
}

void disk_recording::synced(std::string_view name) {
  const std::lock_guard guard(mutex_);
  add(action::sync, name);
  const auto found = files_.find(name);
  if (found != files_.end() && needs_folder_sync_[found->second]) {
    add(action::sync_folder, name);
    needs_folder_sync_[found->second] = false;
  }
}

void disk_recording::removed(std::string_view name, bool is_folder_synced) {
  const std::lock_guard guard(mutex_);
  add(action::remove, name);
  if (is_folder_synced)
    add(action::sync_folder, name);
  if (const auto found = files_.find(name); found != files_.end())
    files_.erase(found);
}

void disk_recording::acknowledge() {
  const std::lock_guard guard(mutex_);
  acknowledged_.push_back(operations_.size());
}

std::size_t disk_recording::size() const {
  const std::lock_guard guard(mutex_);
  return operations_.size();
}

std::size_t disk_recording::acknowledged_at(std::size_t position) const {
  const std::lock_guard guard(mutex_);
  return static_cast<std::size_t>(
      std::upper_bound(acknowledged_.begin(), acknowledged_.end(), position) -
      acknowledged_.begin());
}

std::map<std::string, std::string> disk_recording::cut_power(std::size_t position, survival kept,
                                                             std::uint64_t seed) const {
  const std::lock_guard guard(mutex_);
  crash_image image;
  for (std::size_t i = 0; i < std::min(position, operations_.size()); ++i)
    image.apply(operations_[i]);
  image.keep(kept, seed ^ (position * 0x9e3779b97f4a7c15U));
  return image.files();
}

void write_image(const std::map<std::string, std::string>& image,
                 const std::filesystem::path& folder) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  for (const auto& [name, bytes] : image) {
    std::ofstream file(folder / std::filesystem::path(name).filename(), std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
}

} // namespace millrace::storage::testing
