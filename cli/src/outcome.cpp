// SPDX-License-Identifier: Apache-2.0
#include "outcome.hpp"

#include "deliveries.hpp"
#include "diagnostics.hpp"
#include "query.hpp"
#include "unfinished.hpp"

namespace millrace::cli {

exit_status run_on(session& running, const std::string& id, bool as_json, extent printed) {
  const auto before = running.engine().find(id);
  if (!before)
    return fail(before.error());
  running.watch(before->root_flow_execution_id);
  const auto ended = running.wait(
      {}, [&] { return is_settled(list_of(running.engine()), before->root_flow_execution_id); });
  if (!ended)
    return fail(ended.error());
  if (*ended == wait_end::interrupted)
    warn("Interrupted; what has not ended goes on with: millrace run --recover-only.");
  const auto record = running.engine().find(id);
  if (!record)
    return fail(record.error());
  warn_of_failed_deliveries(list_of(running.engine()), record->position, running.database());
  standard_output out;
  if (as_json) {
    executions_document document(out, true);
    if (printed == extent::alone)
      document.add(*record);
    else if (auto added = document.add_family(list_of(running.engine()), id); !added)
      return fail(added.error());
    document.close();
  } else {
    const auto text = describe_family(list_of(running.engine()), record->root_flow_execution_id,
                                      look_of_output());
    if (!text)
      return fail(text.error());
    out.write(*text);
  }
  const bool is_cut =
      *ended == wait_end::interrupted && record->status != execution_status::completed;
  return out.finish(is_cut ? exit_status::not_completed : status_of(record->status));
}

exit_status show_accepted(session& running, const std::string& id, bool as_json) {
  standard_output out;
  if (!as_json) {
    out.write(id + '\n');
    return out.finish(exit_status::done);
  }
  running.engine().stop();
  executions_document document(out, true);
  if (auto added = document.add_family(list_of(running.engine()), id); !added)
    return fail(added.error());
  document.close();
  return out.finish(exit_status::done);
}

} // namespace millrace::cli
