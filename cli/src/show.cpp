// SPDX-License-Identifier: Apache-2.0
//
// millrace show: everything that is known of one execution.
#include "commands.hpp"
#include "diagnostics.hpp"
#include "output.hpp"
#include "progress_view.hpp"
#include "session.hpp"
#include "wording.hpp"

#include <memory>

namespace millrace::cli {
namespace {

struct show_options {
  std::string id;
  std::string database;
  bool progress = false;
  bool as_json = false;
};

using step_records = std::vector<json::object>;

std::string as_document(const execution_record& record, const step_records& steps,
                        const std::vector<execution_record>& deliveries) {
  json::object document = to_json(record, true);
  document["stepRecords"] = json::array(steps.begin(), steps.end());
  json::array delivered;
  for (const execution_record& each : deliveries)
    delivered.emplace_back(to_json(each, false));
  document["deliveries"] = std::move(delivered);
  return stringify(document) + '\n';
}

class text_view {
public:
  explicit text_view(const execution_record& record) : record_(record) {}

  std::string draw(const step_records& steps, const std::vector<execution_record>& deliveries) {
    field("execution", record_.flow_execution_id);
    field("flow", flow_name(record_));
    const cell status = status_cell(record_.status);
    text_ += label("status") + tinted(status.text, status.colour, how_) + '\n';
    lineage();
    field("accepted", time(record_.accepted_at));
    field("started", time(record_.started_at));
    field("ended", time(record_.ended_at));
    field("took", time_taken(record_));
    if (const std::string reason = waits_for(record_); !reason.empty())
      field("now", reason);
    failure();
    std::string path;
    for (const std::string& step : record_.path)
      path += (path.empty() ? "" : " > ") + step;
    progress();
    field("path", path.empty() ? "-" : path);
    text_ += label("context") + '\n' + stringify_pretty(record_.context) + '\n';
    step_list(steps);
    delivery_list(deliveries);
    return std::move(text_);
  }

private:
  static constexpr std::size_t label_width = 11;

  std::string label(std::string_view name) const {
    return tinted(name, tint::bold, how_) + std::string(label_width - name.size(), ' ');
  }
  void field(std::string_view name, std::string_view value) {
    text_ += label(name) + printable(value) + '\n';
  }
  static std::string time(std::int64_t at) { return at == 0 ? "-" : format_timestamp(at); }

  void lineage() {
    field("kind",
          std::string(to_string(record_.kind)) + ", depth " + std::to_string(record_.depth));
    if (!record_.trigger_source.empty())
      field("started by", record_.trigger_source);
    if (!record_.parent_flow_execution_id.empty())
      field("parent",
            record_.parent_flow_execution_id + ", step " + record_.parent_step_instance_id);
    if (record_.root_flow_execution_id != record_.flow_execution_id)
      field("root", record_.root_flow_execution_id);
  }

  void progress() {
    if (!record_.progress)
      return;
    const execution_progress& all = *record_.progress;
    std::string line = std::to_string(all.progress_percent) + " %, " +
                       std::to_string(all.completed_step_count) + " steps done of " +
                       std::to_string(all.total_step_count) + " in the flow";
    if (all.total_checkpoints > 0)
      line += ", checkpoint " +
              (all.current_checkpoint ? std::to_string(all.current_checkpoint->ordinal) : "0") +
              " of " + std::to_string(all.total_checkpoints);
    if (all.current_checkpoint)
      line += " (" + all.current_checkpoint->label + ')';
    field("progress", line);
  }

  void failure() {
    if (!record_.error)
      return;
    field("error", record_.error->error_name + ": " + record_.error->error_message);
    if (!record_.error->error_details.empty())
      text_ += label("details") + '\n' + stringify_pretty(record_.error->error_details) + '\n';
  }

  void step_list(const step_records& steps) {
    if (steps.empty())
      return;
    text_ += label("steps") + '\n';
    for (const json::object& step : steps)
      text_ += stringify(step) + '\n';
  }

  void delivery_list(const std::vector<execution_record>& deliveries) {
    if (deliveries.empty())
      return;
    text_ += label("deliveries") + '\n';
    for (const execution_record& each : deliveries) {
      const cell status = status_cell(each.status);
      text_ += "  " + tinted(status.text, status.colour, how_) + ' ' +
               printable(each.parent_step_instance_id) + ' ' + each.flow_execution_id +
               (each.error ? ": " + printable(each.error->error_message) : "") + '\n';
    }
  }

  const execution_record& record_;
  look how_ = look_of_output();
  std::string text_;
};

exit_status show_progress(const database_reader& database, const show_options& options) {
  const auto report = database.progress(options.id);
  if (!report)
    return fail(report.error());
  standard_output out;
  out.write(options.as_json ? stringify(to_json(*report)) + '\n'
                            : draw_progress(*report, look_of_output()));
  return out.finish(exit_status::done);
}

exit_status show(const show_options& options) {
  if (options.id.empty())
    return fail(exit_status::bad_usage, "Name an execution; millrace list shows their ids.");
  if (const std::string missing = missing_database(options.database); !missing.empty())
    return fail(exit_status::bad_usage, missing);
  const auto database = database_reader::open(options.database);
  if (!database)
    return fail(database.error());
  if (options.progress)
    return show_progress(*database, options);
  const auto record = database->find(options.id);
  if (!record)
    return fail(record.error());
  const auto steps = database->step_records(options.id);
  if (!steps)
    return fail(steps.error());
  execution_filter of_it;
  of_it.of = execution_filter::selection::deliveries;
  of_it.parent_flow_execution_id = options.id;
  const auto deliveries = database->list(of_it);
  if (!deliveries)
    return fail(deliveries.error());
  standard_output out;
  out.write(options.as_json ? as_document(*record, *steps, *deliveries)
                            : text_view(*record).draw(*steps, *deliveries));
  return out.finish(exit_status::done);
}

} // namespace

void add_show(CLI::App& app, action& chosen) {
  auto options = std::make_shared<show_options>();
  CLI::App* command = app.add_subcommand("show", "Show one execution with its context and steps");
  command->add_option("ID", options->id, "the execution's id")->type_name("");
  command->add_flag("--progress", options->progress,
                    "how far its whole family has come, and what goes on, instead");
  add_database(*command, options->database);
  add_output(*command, options->as_json);
  command->callback([options, &chosen] { chosen = [options] { return show(*options); }; });
}

} // namespace millrace::cli
