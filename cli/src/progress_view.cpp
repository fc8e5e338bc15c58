// SPDX-License-Identifier: Apache-2.0
#include "progress_view.hpp"

#include "tree.hpp"
#include "wording.hpp"

namespace millrace::cli {
namespace {

constexpr std::size_t label_bytes_max = 60;

std::string name_of(const progress_node& node) {
  if (node.kind == "PARALLEL_BRANCH")
    return "branch of " + node.parent_step_instance_id;
  return node.flow_definition_id + (node.flow_definition_version == 0
                                        ? std::string()
                                        : " v" + std::to_string(node.flow_definition_version));
}

class progress_drawing {
public:
  explicit progress_drawing(const look& how) : strokes_(strokes_for(how)) {}

  std::string draw(const progress_node& root, const look& how) {
    add(root, "", "");
    return lines_.draw(how);
  }

private:
  // No deeper than progress_depth_max.
  void add(const progress_node& node, const std::string& before_name, const std::string& below) {
    const bool tells = node.progress.current_checkpoint || !is_terminal(node.status);
    lines_.add({{before_name + name_of(node), tint::none},
                status_cell(node.status),
                {std::to_string(node.progress.progress_percent) + " %", tint::none},
                {tells ? node.progress.headline(node.status) : "-", tint::none},
                {node.flow_execution_id, tint::faint}});
    for (const progress_node& child : node.children) {
      const bool is_last = &child == &node.children.back();
      add(child, below + std::string(is_last ? strokes_.last_branch : strokes_.branch),
          below + std::string(is_last ? strokes_.space : strokes_.trunk));
    }
  }

  const tree_strokes& strokes_;
  table lines_{
      {{"EXECUTION", false}, {"STATUS", false}, {"PROGRESS", true}, {"AT", false}, {"ID", false}}};
};

} // namespace

std::string describe_headline(const progress_headline& headline) {
  std::string label = printable(headline.label);
  cut(label, label_bytes_max);
  return label + ", " + std::to_string(headline.percent) + " %" +
         (headline.is_waiting ? ", waits" : "");
}

std::string draw_progress(const progress_report& report, const look& how) {
  std::string text = tinted(describe_headline(report.headline), tint::bold, how) + "\n\n" +
                     progress_drawing(how).draw(report.root, how);
  if (report.left_out != 0)
    text += "\n" + grouped(static_cast<std::uint64_t>(report.left_out)) +
            " more of the family are not shown; millrace list --root lists them.\n";
  return text;
}

} // namespace millrace::cli
