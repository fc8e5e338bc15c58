// SPDX-License-Identifier: Apache-2.0
//
// Renders one bound template once. Values are borrowed from the scope; what helpers make lives
// until the statement that made it ends.
#pragma once

#include "template_ast.hpp"

#include <millrace/error.hpp>
#include <millrace/scope.hpp>
#include <millrace/template.hpp>

#include <boost/container/small_vector.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flows::templates {

/// Values made while rendering, at addresses that stay. Released from the last back to a mark.
class value_store {
public:
  [[nodiscard]] const json::value* keep(json::value made);
  [[nodiscard]] std::size_t mark() const noexcept { return count_; }
  void release(std::size_t mark) noexcept;

private:
  static constexpr std::size_t chunk_size = 16;
  std::vector<std::unique_ptr<std::array<json::value, chunk_size>>> chunks_;
  std::size_t count_ = 0;
};

/// The contexts around a block, innermost first: what `../` walks.
struct context_frame {
  const json::value* value = nullptr;
  const context_frame* outer = nullptr;
};

/// The block parameters of a program. Not every helper hands any to its block.
struct parameter_frame {
  std::array<const json::value*, 2> values = {nullptr, nullptr};
  std::size_t count = 0;
  bool given = false;
  const parameter_frame* outer = nullptr;
};

/// The block behind {{#> name}}, as {{> @partial-block}} finds it.
struct partial_block {
  const program* body = nullptr;
  const context_frame* depths = nullptr;
  const parameter_frame* parameters = nullptr;
  const partial_block* enclosing = nullptr;
};

/// The `@` variables.
struct data_frame {
  const data_frame* parent = nullptr;
  const json::value* root = nullptr;
  const partial_block* partial = nullptr;
  bool loop = false; // whether the following mean anything
  json::value index;
  std::optional<std::string_view> name; // the member's; an array's @key is its @index
  bool first = false;
  bool last = false;
};

/// An inline partial in force.
struct inline_partial {
  std::string name;
  const program* body = nullptr;
  const context_frame* depths = nullptr;
  const parameter_frame* parameters = nullptr;
  const inline_partial* outer = nullptr;
};

/// What a statement sees. A null context is undefined.
struct environment {
  const json::value* context = nullptr;
  const context_frame* depths = nullptr;
  const parameter_frame* parameters = nullptr;
  const data_frame* data = nullptr;
  const inline_partial* partials = nullptr;
};

class renderer {
public:
  /// All must outlive the renderer. `operations` counts on from what it is.
  renderer(const bound_template& source, std::string_view text, const scope& visible,
           std::uint64_t& operations)
      : source_(source), text_(text), visible_(visible), operations_(operations) {}

  /// Renders. To be called once.
  [[nodiscard]] result<std::string> run();

private:
  using value_pointer = const json::value*; // null is undefined
  using arguments = boost::container::small_vector<value_pointer, 4>;

  // Programs and statements (template_renderer.cpp). All give false after the first failure.
  bool run(const program& of, value_pointer context, const environment& around,
           parameter_frame parameters = {});
  bool run_body(const program& of, const environment& inner, const context_frame* outer_depths);
  bool run_with_partials(const program& of, environment inner, const context_frame* outer_depths);
  bool check_decorators(const statement& block);
  bool declare(const statement& decorator, const environment& inner,
               const context_frame* outer_depths, inline_partial& made);
  bool run(const statement& of, const environment& env);
  bool run_mustache(const call& of, const environment& env);

  // Blocks (template_blocks.cpp).
  bool run_block(const statement& block, const environment& env);
  bool run_helper_block(const statement& block, const arguments& args, const environment& env);
  bool run_if(const statement& block, const arguments& args, const environment& env);
  bool run_with(const statement& block, const arguments& args, const environment& env);
  bool run_each(const statement& block, const arguments& args, const environment& env);
  bool run_with_json_path(const statement& block, const arguments& args, const environment& env);
  bool run_section(const statement& block, value_pointer value, const environment& env);
  bool loop(const statement& block, value_pointer over, const environment& env);
  bool loop(const statement& block, const json::array& over, const environment& env,
            data_frame& data);
  bool loop(const statement& block, const json::object& over, const environment& env,
            data_frame& data);
  bool run_part(const program* part, value_pointer context, const environment& env,
                parameter_frame parameters = {});

  // Partials (template_partials.cpp).
  bool run_partial(const statement& partial, const environment& env);
  bool invoke_partial(const statement& partial, const std::string& name, value_pointer context,
                      const environment& env);
  bool run_partial_block(const partial_block& block, value_pointer context, const environment& env);
  value_pointer extended(value_pointer context, const call& of, const environment& env);
  bool indent(std::size_t from, const std::string& with);

  // Expressions (template_expressions.cpp).
  value_pointer evaluate(const expression& of, const environment& env);
  value_pointer evaluate(const call& of, const environment& env);
  value_pointer evaluate(const path_expression& of, const environment& env, bool falsy_stops);
  value_pointer look_up(const path_expression& of, const environment& env, bool falsy_stops);
  value_pointer evaluate_data(const path_expression& of, const environment& env);
  value_pointer evaluate_parameter(const path_expression& of, const environment& env);
  value_pointer data_member(const data_frame& frame, std::string_view name);
  value_pointer follow(value_pointer from, const std::vector<std::string>& parts, std::size_t first,
                       bool falsy_stops);
  value_pointer property(value_pointer parent, std::string_view name);
  /// The object where `value` is a pointer to one, and the same for all pointers in `value`.
  value_pointer follow_pointer(value_pointer value);
  value_pointer follow_pointers(value_pointer value);
  bool evaluate_arguments(const call& of, const environment& env, arguments& args);
  value_pointer call_helper(const call& of, const arguments& args, const environment& env);
  value_pointer call_block_helper(const call& of, std::size_t given);
  value_pointer compare(helper how, value_pointer left, value_pointer right);
  value_pointer call_lookup(const arguments& args);
  value_pointer call_base64(value_pointer value);
  value_pointer call_missing(const call& of, const arguments& args, const environment& env);
  value_pointer options_of(const call& of, const environment& env);
  json::object data_of(const data_frame& frame);

  // Values and bounds.
  /// The value itself, for who needs more of the root context than a member.
  [[nodiscard]] value_pointer whole(value_pointer value);
  [[nodiscard]] value_pointer receiver(const environment& env) const;
  [[nodiscard]] bool same_context(value_pointer left, value_pointer right) const;
  [[nodiscard]] static value_pointer boolean(bool value) noexcept;
  bool append(value_pointer value);
  bool append(std::string_view text);
  bool append_json(value_pointer value);
  /// Counts work; fails beyond template_operations_max.
  bool charge(std::uint64_t operations);
  /// The same for a copy, or a text, of all that is in `value`.
  bool charge_copy(value_pointer value);
  /// The same for what an operator or a text reads: a text or an array as a whole.
  bool charge_read(value_pointer value);
  [[nodiscard]] std::string text_of(value_pointer value);
  bool fail(errc code, std::string message);

  const bound_template& source_;
  std::string_view text_;
  const scope& visible_;
  json::value root_marker_; // its address stands for the scope's merged root, built when needed
  std::optional<json::value> root_; // that one where pointers in it were followed
  value_store made_;
  std::string out_;
  std::uint64_t& operations_;
  std::size_t depth_ = 0;
  std::optional<error> failure_;
};

} // namespace millrace::flows::templates

namespace millrace::flows::detail {

/// Templates within a value: rendered at the expense of the whole.
struct template_access {
  [[nodiscard]] static result<std::string> render(const text_template& of, const scope& visible,
                                                  std::uint64_t& operations);
};

} // namespace millrace::flows::detail
