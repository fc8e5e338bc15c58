// SPDX-License-Identifier: Apache-2.0
//
// What the language benchmark measures: contexts of given sizes, the expressions that look into
// them as a step does, and the same work written by hand on Boost.JSON.
#pragma once

#include <millrace/condition.hpp>
#include <millrace/context.hpp>
#include <millrace/mapping.hpp>
#include <millrace/path.hpp>
#include <millrace/scope.hpp>
#include <millrace/template.hpp>

#include <cstddef>
#include <string>

namespace millrace::bench {

/// How the part of a context that no expression touches is made.
enum class ballast {
  nested, ///< few members that hold much: arrays of records
  wide,   ///< many members that hold little
};

/// A context, the run state beside it, and what a step sees of both.
class subject_context {
public:
  /// `members`, then ballast until the context's JSON text has about `bytes` bytes.
  subject_context(json::object members, std::size_t bytes, ballast shape);
  subject_context(const subject_context&) = delete;
  subject_context& operator=(const subject_context&) = delete;

  [[nodiscard]] const json::object& members() const noexcept { return variables_.own(); }
  /// Bytes of the context's JSON text.
  [[nodiscard]] std::size_t text_bytes() const { return stringify(members()).size(); }
  /// What mappings and conditions see: the run state, and the context over it.
  [[nodiscard]] flows::scope for_mappings() const;
  /// What templates see: the context, the run state over it, and the step input on top.
  [[nodiscard]] flows::scope for_templates() const;

private:
  void see_run_state(flows::scope& visible) const;

  flows::context variables_;
  json::object run_state_;
  json::object step_input_;
};

/// The members that the path of four segments looks into: `{a: {b: {c: {d: 42}}}}`, each beside
/// others.
[[nodiscard]] json::object nested_members();
/// The members that condition, template and mapping look into: an order of ten items.
[[nodiscard]] json::object order_members();
/// Ten members, each an array of `records` small objects.
[[nodiscard]] json::object record_members(std::size_t records);
/// How many numbers and texts record_members() holds.
[[nodiscard]] std::size_t record_values(std::size_t records) noexcept;

/// `$.a.b.c.d`.
[[nodiscard]] flows::path four_segments();
/// `$.a.b > 10 && $.c == 'x'`.
[[nodiscard]] flows::condition two_comparisons();
/// Five values and one #each over ten items.
[[nodiscard]] flows::text_template order_letter();
/// Ten keys from the order.
[[nodiscard]] flows::input_mappings order_mapping();
/// Ten keys, each one member of record_members().
[[nodiscard]] flows::input_mappings record_mapping();

/// The same by hand, checked as far as safety asks: a member that is missing, or of another type,
/// is not followed.
namespace by_hand {
[[nodiscard]] const json::value* four_segments(const json::object& context);
[[nodiscard]] bool two_comparisons(const json::object& context);
[[nodiscard]] std::string order_letter(const json::object& context);
[[nodiscard]] json::object order_mapping(const json::object& context);
[[nodiscard]] json::object record_mapping(const json::object& context);
} // namespace by_hand

} // namespace millrace::bench
