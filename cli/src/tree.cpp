// SPDX-License-Identifier: Apache-2.0
#include "tree.hpp"

#include "wording.hpp"

#include <algorithm>
#include <unordered_map>

namespace millrace::cli {
namespace {

constexpr tree_strokes unicode_strokes{"├─ ", "└─ ", "│  ", "   "};
constexpr tree_strokes ascii_strokes{"|- ", "`- ", "|  ", "   "};

// Only what has been started by somebody else ends "after" somebody.
std::string against_parent(const execution_record& child, const execution_record* parent) {
  if (parent == nullptr || child.ended_at == 0)
    return {};
  if (parent->ended_at == 0)
    return "before its parent";
  const std::int64_t late = child.ended_at - parent->ended_at;
  if (late == 0)
    return "with its parent";
  return duration(late > 0 ? late : -late) + (late > 0 ? " after" : " before") + " its parent";
}

class tree_drawing {
public:
  tree_drawing(const std::vector<execution_record>& family, const look& how)
      : family_(family), strokes_(strokes_for(how)) {
    for (const execution_record& each : family)
      by_id_.emplace(each.flow_execution_id, &each);
    for (const execution_record& each : family)
      children_[parent_of(each)].push_back(&each);
    const execution_record& first = family.front();
    origin_ = first.started_at == 0 ? first.accepted_at : first.started_at;
  }

  std::string draw(const look& how) {
    for (const execution_record* top : children_[nullptr])
      add(*top, "", "");
    return lines_.draw(how) + lesson();
  }

private:
  const execution_record* parent_of(const execution_record& child) const {
    const auto found = by_id_.find(child.parent_flow_execution_id);
    return found == by_id_.end() ? nullptr : found->second;
  }

  // As deep as the family, which is no larger than tree_executions_max.
  void add(const execution_record& each, const std::string& before_name, const std::string& below) {
    lines_.add({{before_name + flow_name(each), tint::none},
                status_cell(each.status),
                {offset(each.started_at, origin_), tint::none},
                {offset(each.ended_at, origin_), tint::none},
                {time_taken(each), tint::none},
                {against_parent(each, parent_of(each)), tint::none},
                {each.flow_execution_id, tint::faint}});
    const std::vector<const execution_record*>& started = children_[&each];
    const std::string trunk(started.empty() ? strokes_.space : strokes_.trunk);
    if (each.error)
      lines_.add_note({below + trunk + error_line(*each.error), tint::red});
    if (const std::string reason = waits_for(each); !reason.empty())
      lines_.add_note({below + trunk + reason, tint::cyan});
    for (const execution_record* child : started) {
      const bool is_last = child == started.back();
      add(*child, below + std::string(is_last ? strokes_.last_branch : strokes_.branch),
          below + std::string(is_last ? strokes_.space : strokes_.trunk));
    }
  }

  // The one sentence that the table is about.
  std::string lesson() const {
    std::size_t detached = 0;
    std::size_t later = 0;
    std::int64_t latest = 0;
    for (const execution_record& each : family_) {
      const execution_record* parent = parent_of(each);
      if (parent == nullptr || each.kind != execution_kind::async_subflow)
        continue;
      ++detached;
      if (parent->ended_at == 0 || each.ended_at <= parent->ended_at)
        continue;
      ++later;
      latest = std::max(latest, each.ended_at - parent->ended_at);
    }
    if (detached == 0)
      return {};
    std::string text = "\nDetached: " + std::to_string(later) + " of " + std::to_string(detached) +
                       (detached == 1 ? " child" : " children") +
                       " ended after the parent, which does not wait";
    return text + (later == 0 ? "" : "; the last one " + duration(latest) + " after it") + ".\n";
  }

  const std::vector<execution_record>& family_;
  const tree_strokes& strokes_;
  std::unordered_map<std::string, const execution_record*> by_id_;
  std::unordered_map<const execution_record*, std::vector<const execution_record*>> children_;
  std::int64_t origin_ = 0;
  table lines_{{{"EXECUTION", false},
                {"STATUS", false},
                {"START", true},
                {"END", true},
                {"TOOK", true},
                {"ENDED", false},
                {"ID", false}}};
};

} // namespace

const tree_strokes& strokes_for(const look& how) noexcept {
  return how.unicode ? unicode_strokes : ascii_strokes;
}

std::string draw_tree(const std::vector<execution_record>& family, const look& how) {
  return family.empty() ? std::string() : tree_drawing(family, how).draw(how);
}

} // namespace millrace::cli
