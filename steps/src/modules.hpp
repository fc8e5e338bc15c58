// SPDX-License-Identifier: Apache-2.0
//
// The step types and system modules that this room runs, one function and one source file each.
// All are pure: output, or failure, is a function of the request alone.
#pragma once

#include <millrace/step_handler.hpp>

namespace millrace::steps {

/// NO_OP and the start points: the input and a `message` that names the step.
[[nodiscard]] step_result no_op(const step_request& request);

/// system/array-aggregator: `{result}`, the min, max, sum or avg of the numbers in `array`.
[[nodiscard]] step_result array_aggregator(const step_request& request);
/// system/compose-object-from-input: the combined input itself.
[[nodiscard]] step_result compose_object_from_input(const step_request& request);
/// system/date-time-calculator: `{result}`, `baseTime` moved by `offsetSeconds`.
[[nodiscard]] step_result date_time_calculator(const step_request& request);
/// system/flatten-array: `{result}`, one level of `array`, or of the member `path` of its objects.
[[nodiscard]] step_result flatten_array(const step_request& request);
/// system/generate-array: `{array}`, the numbers from 0 up to `count`, without it.
[[nodiscard]] step_result generate_array(const step_request& request);
/// system/generate-uuid: `{uuid}`, a version 4 UUID between `prefix` and `suffix`.
[[nodiscard]] step_result generate_uuid(const step_request& request);
/// system/join-data: `{result, rowCount}`, two tables joined on equal keys.
[[nodiscard]] step_result join_data(const step_request& request);

} // namespace millrace::steps
