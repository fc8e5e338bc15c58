// SPDX-License-Identifier: Apache-2.0
#include "accept_start.hpp"

namespace millrace::actors {
namespace {
// No journal has an entry of this number.
constexpr std::int64_t ids_of_start = -1;

// What parse_start_request reads again. The context may be large: it is set aside, not copied.
std::string text_of(start_request& request) {
  json::object context = std::move(request.initial_context_data);
  json::object others = to_json(request);
  others.erase("initialContextData");
  std::string text = stringify(others);
  text.back() = ',';
  text += R"("initialContextData":)";
  stringify_to(text, context);
  text += '}';
  request.initial_context_data = std::move(context);
  return text;
}

} // namespace

std::shared_ptr<storage::execution_start> accept_start(shared_state& shared, start_request request,
                                                       const start_lineage& lineage) {
  auto accepted = std::make_shared<storage::execution_start>();
  storage::execution_start& start = *accepted;
  start.key = shared.mint_key();
  // Keys are unique in the database, so the ids are too, whatever the seed and the clock do.
  random_bits bits = shared.bits_for(start.key, ids_of_start);
  const std::int64_t now = shared.options.time->now();
  const auto mint = [&] {
    const std::uint64_t high = bits();
    return make_uuid_v7(now, high, bits());
  };
  start.id = request.flow_execution_id.empty() ? mint() : request.flow_execution_id;
  start.id_given = !request.flow_execution_id.empty();
  start.message_id = mint();
  start.kind = lineage.kind;
  start.depth = lineage.depth;
  start.root = lineage.root == 0 ? start.key : lineage.root;
  start.parent = lineage.parent;
  start.parent_step = lineage.parent_step;
  start.parent_visit = lineage.parent_visit;
  start.flow_definition_id = request.flow_definition_id;
  start.flow_version = request.flow_version;
  start.trigger_source = request.trigger_source;
  start.start_input = text_of(request);
  start.accepted_at = now;
  start.request = std::make_shared<const start_request>(std::move(request));
  return accepted;
}

} // namespace millrace::actors
