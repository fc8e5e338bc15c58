// SPDX-License-Identifier: Apache-2.0
#include <millrace/names.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace millrace::flows {

namespace {

/// Names listed in one message.
constexpr std::size_t listed_names_max = 12;
/// Longer names are not compared: nobody types them, and the comparison is quadratic.
constexpr std::size_t compared_bytes_max = 128;

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other;
/// case does not count.
std::size_t edit_distance(std::string_view left, std::string_view right) {
  const auto same = [&](std::size_t i, std::size_t j) {
    return lower(left[i - 1]) == lower(right[j - 1]);
  };
  std::vector<std::size_t> before(right.size() + 1); // the row above `above`
  std::vector<std::size_t> above(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::swap(before, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (same(i, j) ? 0U : 1U);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && same(i, j - 1) && same(i - 1, j)) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row[right.size()];
}

/// One edit in four characters is a slip, at most three; short names must match but for case.
std::size_t edits_accepted(std::size_t length) noexcept {
  return std::min<std::size_t>(length / 4, 3);
}

} // namespace

std::optional<std::string> nearest_name(std::string_view wrong,
                                        const std::vector<std::string_view>& names) {
  if (wrong.size() > compared_bytes_max) {
    return std::nullopt;
  }
  std::optional<std::string> best;
  std::size_t best_distance = edits_accepted(wrong.size()) + 1;
  for (const std::string_view name : names) {
    if (name == wrong || name.size() > compared_bytes_max) {
      continue;
    }
    const std::size_t distance = edit_distance(wrong, name);
    if (distance < best_distance) {
      best_distance = distance;
      best = std::string(name);
    }
  }
  return best;
}

std::string list_names(const std::vector<std::string_view>& names) {
  const std::size_t shown = std::min(names.size(), listed_names_max);
  const bool cut = shown < names.size();
  std::string list;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) {
      list += i + 1 == shown && !cut ? " or " : ", ";
    }
    list += '"';
    list += names[i];
    list += '"';
  }
  if (cut) {
    list += " or " + std::to_string(names.size() - shown) + " more";
  }
  return list;
}

} // namespace millrace::flows
