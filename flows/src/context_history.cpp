// SPDX-License-Identifier: Apache-2.0
#include <millrace/context_history.hpp>

#include <utility>

namespace millrace::flows {
namespace {

std::string_view recorded_text(const json::object& record, std::string_view name) {
  const json::value* value = record.if_contains(name);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

error incomplete(std::string_view what) {
  return {errc::conflict, "The step records do not tell " + std::string(what)};
}

} // namespace

context_history::context_history(std::shared_ptr<const flow_definition> definition,
                                 json::object beginning, std::size_t position,
                                 std::shared_ptr<object_source> objects)
    : definition_(std::move(definition)),
      objects_(objects ? std::make_unique<pointed_objects>(std::move(objects)) : nullptr),
      variables_(std::move(beginning)), position_(position) {}

result<void> context_history::add(const json::object& record) {
  const std::string_view status = recorded_text(record, "status");
  if (record.contains("branchExecutionId") || (status != "COMPLETED" && status != "FAILED"))
    return {};
  const json::value* visit = record.if_contains("visitNumber");
  const step* visited = definition_->find_step(recorded_text(record, "stepInstanceId"));
  if (!visit || !visit->is_int64() || (!visited && status == "COMPLETED"))
    return incomplete("which visit of which step each of them is about.");
  if (visit->get_int64() != last_visit_) {
    last_visit_ = visit->get_int64();
    if (begun_++ == position_)
      before_ = variables_.to_object();
  }
  const json::value* given = record.if_contains("outputData");
  if (!given || status == "FAILED")
    return {};
  const json::value* input = record.if_contains("inputMappingResult");
  // As interpreter::on_event: without outputMappings the payload of an event is dropped.
  if (visited->wait && !visited->outputs_given && !input)
    return {};
  json::value output = *given;
  visited->outputs.apply(output, input ? input->if_object() : nullptr, variables_, nullptr,
                         objects_.get());
  variables_.forget_changes();
  return {};
}

result<json::object> context_history::context_before(std::string_view final_context) {
  if (!before_ && begun_ == position_)
    before_ = variables_.to_object(); // it was never finished
  if (!before_)
    return incomplete("of every step that the execution went through.");
  if (stringify(variables_.own()) != final_context)
    return incomplete("how the context became what it was at the end.");
  return std::move(*before_);
}

} // namespace millrace::flows
