// SPDX-License-Identifier: Apache-2.0
//
// The places where Millrace runs a flow otherwise than Allma does today and the definition shows
// it: one row per difference, each with the words of its warning. docs/parity.md lists the cases
// behind them, and those that only the data can show.
#pragma once

#include "definition_checks.hpp"

#include <string>
#include <string_view>

namespace millrace::flows::definitions {

/// One difference. Its warning reads "Allma today <allma>; Millrace <millrace>".
struct difference {
  std::string_view allma;
  std::string_view millrace;
};

namespace differences {

// Paths -------------------------------------------------------------------------------------------

inline constexpr difference leading_wildcard{
    "finds nothing by a path whose first operator is a wildcard",
    "takes every element, as JSONPath does"};
inline constexpr difference operator_alone{
    "takes a list, script, ^ or ~ for a plain key unless a wildcard, descent, filter or slice "
    "stands before it, and finds nothing",
    "takes it for the operator"};
inline constexpr difference quoted_key{
    "misreads a quoted key with *, ^, ;, a bracket, an apostrophe or #1 in it",
    "takes it as it stands"};
inline constexpr difference hash_key{"does not find a key that is # and digits", "finds it"};
inline constexpr difference quoted_list{"finds nothing by a list of quoted keys",
                                        "takes each member"};
inline constexpr difference bare_current_value{
    "reads @ in a filter only before a dot, a bracket, a blank or a closing parenthesis",
    "reads it everywhere as the current value"};
inline constexpr difference dot_before_bracket{
    "finds nothing by a path with a dot before a bracket", "passes the dot over"};
inline constexpr difference nested_dynamic_key{
    "ends a dynamic key at its first closing bracket and so misreads brackets in it",
    "ends it at its own closing bracket"};

// Conditions --------------------------------------------------------------------------------------

inline constexpr difference joint_inside{
    "cuts a condition at every && and ||, in filters and quoted texts too",
    "leaves filters and quoted texts whole"};
inline constexpr difference bracket_compared{
    "does not compare what a path that starts with \"$[\" finds", "compares it like any other"};

// Templates ---------------------------------------------------------------------------------------

inline constexpr difference slice_without_end{"gives nothing for slice without an end",
                                              "takes all from the start on"};
inline constexpr difference default_alone{
    "prints an internal object for default without a second argument", "prints nothing"};
inline constexpr difference adjacent_loop_values{
    "adds @index, @first and @last where they stand side by side at the start of a block",
    "prints each by itself"};

// Flows and steps ---------------------------------------------------------------------------------

inline constexpr difference flow_variables{
    "ignores the flowVariables of a version when it runs",
    "sets these as the variables of the flow when this text is loaded"};
inline constexpr difference action_status{
    "carries out a completion action without executeOnStatus only when the flow has completed, "
    "although it documents ANY",
    "carries it out whatever the status; write executeOnStatus to have the same on both"};
inline constexpr difference action_type{"does nothing for this type of completion action",
                                        "carries it out"};
inline constexpr difference whole_output{
    "refuses to load a bare \"$\" for the whole output, although it documents it",
    "accepts it; \"$.\" means the same on both"};
inline constexpr difference message_without_fields{
    "refuses an SQS_SEND step without queueUrl and payload on the step, although it reads them "
    "from its input alone",
    "runs it"};
inline constexpr difference no_op_without_name{
    "writes \"undefined\" into the message of a NO_OP step without a name",
    "writes its displayName or else its id; give it a name to have the same on both"};
inline constexpr difference descent_over_run_state{
    "finds values again below the run state it records when a mapping descends from the root",
    "holds the start input once, in the context"};
inline constexpr difference literals_not_ignored{
    "fails the flow when a template in literals fails, whatever continueOnFailure says",
    "lets continueOnFailure ignore that too"};
inline constexpr difference retries{"does not read retries: it tries every transient error five "
                                    "times",
                                    "follows what is written here"};
inline constexpr difference content_retries{
    "retries three times, after 10, 20 and 40 seconds, whatever stands here, and then ends the "
    "flow without its fallback (and not at all right after a wait)",
    "follows what is written here"};
inline constexpr difference moved_output{
    "does not look into a moved output when a path descends from above it",
    "never moves values, so that such paths find what is in them"};
inline constexpr difference fork_error{
    "does not consult onError when a branch of a fork fails or its way on cannot be chosen: the "
    "flow fails at once",
    "follows it"};
inline constexpr difference call_error{
    "does not consult onError when a called flow fails or the way on cannot be chosen: the calling "
    "flow fails at once",
    "follows it"};
inline constexpr difference wait_error{
    "does not consult onError of a wait: without a usable key it waits for ever, and the flow "
    "fails at once when the way on cannot be chosen",
    "follows it"};
inline constexpr difference start_without_field{
    "refuses to load a start without flowDefinitionId on the step, although it documents it",
    "takes the id from the step's input; to run on both, write it on the step as well"};
inline constexpr difference start_version_in_input{
    "starts the latest published version unless flowVersion stands on the step",
    "follows the flowVersion in the step's input; to run on both, write it on the step"};
inline constexpr difference wait_without_pause{
    "runs through this wait without pausing, because it is a first step or follows another wait or "
    "a called flow",
    "waits; to run on both, put a NO_OP step before it"};
inline constexpr difference schedule_elsewhere{
    "begins at the flow's startStepInstanceId when this schedule is due",
    "begins here; to have the same on both, make this step the flow's start"};
inline constexpr difference right_join{
    "repeats every matched right row of a right join with an empty left side",
    "gives every right row once"};

} // namespace differences

/// Warns at `pointer` of `what`.
void warn_difference(problem_list& problems, std::string pointer, const difference& what);

/// Warns at `pointer` of everything in the path `text` that differs.
void warn_path_differences(problem_list& problems, const std::string& pointer,
                           std::string_view text);
/// The same for a condition, with the paths in it.
void warn_condition_differences(problem_list& problems, const std::string& pointer,
                                std::string_view text);
/// The same for a template.
void warn_template_differences(problem_list& problems, const std::string& pointer,
                               std::string_view text);

} // namespace millrace::flows::definitions
