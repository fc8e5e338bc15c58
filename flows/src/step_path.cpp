// SPDX-License-Identifier: Apache-2.0
#include <millrace/step_path.hpp>

#include <millrace/json.hpp>

#include <algorithm>

namespace millrace::flows {
namespace {

/// Up to so many names are compared one by one, which is faster than a table.
constexpr std::size_t names_searched_max = 16;

} // namespace

void step_path::push_back(std::string_view step_instance_id) {
  entries_.push_back(number_of(step_instance_id));
}

std::uint32_t step_path::number_of(std::string_view step_instance_id) {
  if (names_.size() < names_searched_max) {
    const auto number = static_cast<std::size_t>(
        std::find(names_.begin(), names_.end(), step_instance_id) - names_.begin());
    if (number == names_.size())
      names_.emplace_back(step_instance_id);
    return static_cast<std::uint32_t>(number);
  }
  for (std::size_t i = numbers_.size(); i < names_.size(); ++i)
    numbers_.emplace(names_[i], static_cast<std::uint32_t>(i));
  const auto [entry, is_new] = numbers_.try_emplace(std::string(step_instance_id),
                                                    static_cast<std::uint32_t>(names_.size()));
  if (is_new)
    names_.emplace_back(step_instance_id);
  return entry->second;
}

std::vector<std::string> step_path::to_vector() const {
  std::vector<std::string> ids;
  ids.reserve(entries_.size());
  for (const std::uint32_t entry : entries_)
    ids.push_back(names_[entry]);
  return ids;
}

std::string step_path::to_json_text() const {
  std::vector<std::string> quoted;
  quoted.reserve(names_.size());
  for (const std::string& name : names_)
    quoted.push_back(stringify(json::value(json::string(name))));
  std::string text = "[";
  for (const std::uint32_t entry : entries_) {
    if (text.size() > 1)
      text += ',';
    text += quoted[entry];
  }
  return text += ']';
}

} // namespace millrace::flows
