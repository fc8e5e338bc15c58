// SPDX-License-Identifier: Apache-2.0
//
// Delays, retries and what happens to a step's error.
#include "definition_differences.hpp"
#include "definition_step.hpp"

#include <utility>

namespace millrace::flows::definitions {

namespace {

/// The bounds of the reference's StepErrorHandlerSchema.
constexpr std::int64_t retry_count_max = 5;
constexpr std::int64_t retry_interval_seconds_max = 300;
constexpr double retry_backoff_min = 1.0;
constexpr double retry_backoff_max = 5.0;

retry_policy read_retry_policy(object_reader reader, int count_min, int count_default) {
  retry_policy policy;
  policy.count = static_cast<int>(
      reader.whole_number("count", count_min, retry_count_max).value_or(count_default));
  policy.interval =
      std::chrono::seconds(reader.whole_number("intervalSeconds", 1, retry_interval_seconds_max)
                               .value_or(policy.interval.count()));
  policy.backoff_rate = reader.number("backoffRate", retry_backoff_min, retry_backoff_max)
                            .value_or(policy.backoff_rate);
  reader.warn_misspelled({"count", "intervalSeconds", "backoffRate", "errorEquals"});
  return policy;
}

/// The rules that hold between the members of a delay whose members are each well-formed.
void check_delay_forms(object_reader& reader, std::optional<std::int64_t> from,
                       std::optional<std::int64_t> to) {
  const bool has_fixed = reader.has("milliseconds");
  const bool has_from = reader.has("delayFrom");
  const bool has_to = reader.has("delayTo");
  if (has_fixed && (has_from || has_to)) {
    reader.error("milliseconds", "a delay is either fixed or random; keep milliseconds, or "
                                 "delayFrom and delayTo");
  }
  if (has_from != has_to) {
    reader.problems().error(reader.pointer(), has_from ? "delayTo is missing beside delayFrom; "
                                                         "add it, or use milliseconds"
                                                       : "delayFrom is missing beside delayTo; "
                                                         "add it, or use milliseconds");
  }
  if (from && to && *from > *to) {
    reader.error("delayFrom", "delayFrom must not be greater than delayTo; swap them");
  }
  if (!has_fixed && !has_from && !has_to) {
    reader.problems().error(reader.pointer(), "a delay needs a length; add milliseconds, or "
                                              "delayFrom and delayTo");
  }
}

} // namespace

error_handling compile_error_handling(object_reader reader) {
  error_handling result;
  if (reader.object("retries") != nullptr) {
    object_reader retries = reader.inside("retries");
    result.retries = read_retry_policy(retries, 0, 0);
    result.retries->error_equals = retries.texts("errorEquals");
    warn_difference(reader.problems(), reader.pointer("retries"), differences::retries);
  }
  if (reader.object("retryOnContentError") != nullptr) {
    result.retry_on_content_error = read_retry_policy(reader.inside("retryOnContentError"), 1, 1);
    warn_difference(reader.problems(), reader.pointer("retryOnContentError"),
                    differences::content_retries);
  }
  result.fallback_step_instance_id =
      reader.nonempty_text("fallbackStepInstanceId").value_or(std::string());
  result.continue_on_failure = reader.boolean("continueOnFailure").value_or(false);
  if (result.continue_on_failure && !result.fallback_step_instance_id.empty()) {
    reader.warning("fallbackStepInstanceId",
                   "the fallback is never used because continueOnFailure is true and comes first; "
                   "remove one of them");
  }
  reader.warn_misspelled(
      {"retries", "retryOnContentError", "fallbackStepInstanceId", "continueOnFailure"});
  return result;
}

std::optional<delay_options> compile_delay(object_reader reader) {
  const auto fixed = reader.whole_number("milliseconds", 1);
  const auto from = reader.whole_number("delayFrom", 1);
  const auto to = reader.whole_number("delayTo", 1);
  const auto position = reader.choice("position", {"before", "after"});
  check_delay_forms(reader, from, to);
  reader.warn_misspelled({"milliseconds", "delayFrom", "delayTo", "position"});
  delay_options result;
  result.from = std::chrono::milliseconds(fixed ? *fixed : from.value_or(0));
  result.to = std::chrono::milliseconds(fixed ? *fixed : to.value_or(0));
  result.before = position == "before";
  return result;
}

} // namespace millrace::flows::definitions
