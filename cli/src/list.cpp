// SPDX-License-Identifier: Apache-2.0
//
// millrace list: the executions of a database, also while an engine runs on it.
#include "commands.hpp"
#include "diagnostics.hpp"
#include "query.hpp"
#include "session.hpp"
#include "wording.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>

namespace millrace::cli {
namespace {

// Without --limit people get a page, programs get everything.
constexpr std::size_t text_limit_default = 100;

struct list_options {
  std::string database;
  std::string flow;
  std::string status;
  std::string root;
  std::string after;
  std::optional<std::uint64_t> limit;
  std::string parent;
  bool deliveries = false;
  bool as_json = false;
};

result<execution_filter> filter_of(const list_options& options, const database_reader& database) {
  execution_filter filter;
  filter.flow_definition_id = options.flow;
  filter.root_flow_execution_id = options.root;
  filter.parent_flow_execution_id = options.parent;
  if (options.deliveries)
    filter.of = execution_filter::selection::deliveries;
  if (!options.status.empty()) {
    filter.status = parse_execution_status(options.status);
    if (!filter.status)
      return error{errc::invalid_argument,
                   "There is no status \"" + options.status +
                       "\"; it is one of INITIALIZING, RUNNING, WAITING, COMPLETED, FAILED, "
                       "CANCELLED and TIMED_OUT."};
  }
  if (!options.after.empty()) {
    const auto last = database.find(options.after);
    if (!last)
      return last.error();
    filter.after = last->position;
  }
  filter.limit = options.limit.value_or(options.as_json ? std::numeric_limits<std::size_t>::max()
                                                        : text_limit_default);
  return filter;
}

result<void> write_table(const list_function& list, const execution_filter& filter,
                         standard_output& out) {
  const look how = look_of_output();
  table rows({{"STATUS", false},
              {"FLOW", false},
              {"STARTED", false},
              {"TOOK", true},
              {"KIND", false},
              {"ID", false}});
  std::string last;
  const auto more = for_each_execution(list, filter, [&](const execution_record& each) {
    last = each.flow_execution_id;
    rows.add({status_cell(each.status),
              {flow_name(each), tint::none},
              {each.started_at == 0 ? "-" : format_timestamp(each.started_at), tint::none},
              {time_taken(each), tint::none},
              {to_string(each.kind), tint::none},
              {each.flow_execution_id, tint::none}});
    return true;
  });
  if (!more)
    return more.error();
  out.write(rows.draw(how));
  if (rows.is_empty())
    say("No execution matches.");
  else if (*more)
    say("There may be more; go on with --after " + last + ", or give a --limit.");
  return {};
}

result<void> write_document(const list_function& list, const execution_filter& filter,
                            standard_output& out) {
  executions_document document(out, false);
  const auto more = for_each_execution(
      list, filter, [&](const execution_record& each) { return document.add(each); });
  if (!more)
    return more.error();
  document.close();
  return {};
}

exit_status list(const list_options& options) {
  if (const std::string missing = missing_database(options.database); !missing.empty())
    return fail(exit_status::bad_usage, missing);
  const auto database = database_reader::open(options.database);
  if (!database)
    return fail(database.error());
  const auto filter = filter_of(options, *database);
  if (!filter)
    return fail(filter.error());
  standard_output out;
  const list_function source = list_of(*database);
  const auto written =
      options.as_json ? write_document(source, *filter, out) : write_table(source, *filter, out);
  if (!written)
    return fail(written.error());
  return out.finish(exit_status::done);
}

} // namespace

void add_list(CLI::App& app, action& chosen) {
  auto options = std::make_shared<list_options>();
  CLI::App* command = app.add_subcommand("list", "List the executions of a database");
  add_database(*command, options->database);
  command->add_option("--flow", options->flow, "only of this flow")->type_name("ID");
  command->add_option("--status", options->status, "only with this status, such as FAILED")
      ->type_name("STATUS");
  command->add_option("--root", options->root, "only the family of this root execution")
      ->type_name("ID");
  command->add_option("--parent", options->parent, "only what this execution has started itself")
      ->type_name("ID");
  command->add_flag("--deliveries", options->deliveries,
                    "completion actions and notifications instead of flows");
  command
      ->add_option("--limit", options->limit,
                   "how many at most (default: 100 as text, all as json)")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  command->add_option("--after", options->after, "only those accepted after this execution")
      ->type_name("ID");
  add_output(*command, options->as_json);
  command->callback([options, &chosen] { chosen = [options] { return list(*options); }; });
}

} // namespace millrace::cli
