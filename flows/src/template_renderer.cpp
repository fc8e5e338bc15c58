// SPDX-License-Identifier: Apache-2.0
//
// Programs, statements and output.
#include "template_renderer.hpp"

#include "filter.hpp"
#include "template_helpers.hpp"

#include <millrace/js.hpp>
#include <millrace/limits.hpp>

#include <charconv>
#include <utility>

namespace millrace::flows::templates {
namespace {

using kind = statement::kind_type;

// Programs entered within one another while rendering. The nesting of the text alone stays far
// below; only partials that render themselves come here.
constexpr std::size_t program_depth_max = 256;

const json::value empty_object(json::object_kind);
const json::value true_value(true);
const json::value false_value(false);

} // namespace

const json::value* value_store::keep(json::value made) {
  const std::size_t chunk = count_ / chunk_size;
  if (chunk == chunks_.size()) {
    chunks_.push_back(std::make_unique<std::array<json::value, chunk_size>>());
  }
  json::value& slot = (*chunks_[chunk])[count_ % chunk_size];
  slot = std::move(made);
  ++count_;
  return &slot;
}

void value_store::release(std::size_t mark) noexcept {
  while (count_ > mark) {
    --count_;
    (*chunks_[count_ / chunk_size])[count_ % chunk_size] = nullptr;
  }
}

result<std::string> renderer::run() {
  const json::value* root = visible_.root() != nullptr ? visible_.root() : &root_marker_;
  data_frame data;
  data.root = root;
  const context_frame depths{root, nullptr};
  environment env;
  env.context = root;
  env.depths = source_.uses_depths ? &depths : nullptr;
  env.data = &data;
  if (const auto& missing = source_.main.missing_decorator) {
    return error(errc::step_failed, "Missing decorator: \"" + *missing + "\"");
  }
  run_body(source_.main, env, nullptr);
  if (failure_) {
    return *failure_;
  }
  return std::move(out_);
}

// Runs a block's program. The context joins the ones around it unless it is the same again.
bool renderer::run(const program& of, value_pointer context, const environment& around,
                   parameter_frame parameters) {
  if (depth_ >= program_depth_max) {
    return fail(errc::limit_exceeded, "The template's partials render one another more than " +
                                          std::to_string(program_depth_max) + " deep.");
  }
  ++depth_;
  const context_frame frame{context, around.depths};
  parameters.outer = around.parameters;
  environment inner = around;
  inner.context = context;
  inner.parameters = &parameters;
  const value_pointer enclosing = around.depths != nullptr ? around.depths->value : nullptr;
  if (source_.uses_depths && !same_context(context, enclosing)) {
    inner.depths = &frame;
  }
  const bool done = run_body(of, inner, around.depths);
  --depth_;
  return done;
}

bool renderer::run_body(const program& of, const environment& inner,
                        const context_frame* outer_depths) {
  if (of.has_decorators) {
    return run_with_partials(of, inner, outer_depths);
  }
  for (const statement& each : of.body) {
    const std::size_t mark = made_.mark();
    const bool done = run(each, inner);
    made_.release(mark);
    if (!done) {
      return false;
    }
  }
  return true;
}

bool renderer::run_with_partials(const program& of, environment inner,
                                 const context_frame* outer_depths) {
  const std::size_t mark = made_.mark();
  std::vector<inline_partial> declared;
  declared.reserve(of.body.size()); // their addresses are linked
  for (const statement& each : of.body) {
    if (each.kind != kind::decorator) {
      continue;
    }
    inline_partial& made = declared.emplace_back();
    made.outer = inner.partials;
    if (!declare(each, inner, outer_depths, made)) {
      return false;
    }
    inner.partials = &made;
  }
  for (const statement& each : of.body) {
    if (!run(each, inner)) {
      return false;
    }
  }
  made_.release(mark);
  return true;
}

// An unknown decorator fails as soon as its block is met, whether or not that part is shown.
bool renderer::check_decorators(const statement& block) {
  for (const program* part : {block.body.get(), block.inverse.get()}) {
    if (part != nullptr && part->missing_decorator) {
      return fail(errc::step_failed, "Missing decorator: \"" + *part->missing_decorator + "\"");
    }
  }
  return true;
}

// {{#*inline "name"}}: its name is evaluated where the program around it stands.
bool renderer::declare(const statement& decorator, const environment& inner,
                       const context_frame* outer_depths, inline_partial& made) {
  environment around = inner;
  around.context = outer_depths != nullptr ? outer_depths->value : nullptr;
  around.depths = outer_depths;
  const std::vector<expression>& params = decorator.head.params;
  const value_pointer name = params.empty() ? nullptr : evaluate(params.front(), around);
  made.name = js::to_string(whole(name));
  made.body = decorator.body.get();
  made.depths = outer_depths;
  made.parameters = inner.parameters;
  return !failure_;
}

bool renderer::run(const statement& of, const environment& env) {
  if (!charge(1)) {
    return false;
  }
  switch (of.kind) {
  case kind::content: return append(of.text);
  case kind::comment:
  case kind::decorator: return true;
  case kind::mustache: return run_mustache(of.head, env);
  case kind::block: return run_block(of, env);
  case kind::partial:
  case kind::partial_block: break;
  }
  return run_partial(of, env);
}

bool renderer::run_mustache(const call& of, const environment& env) {
  const bool is_helper = of.kind == call::kind_type::helper || of.function != helper::none;
  if (!is_helper) {
    return append(evaluate(of.callee, env, false));
  }
  arguments args;
  if (!evaluate_arguments(of, env, args)) {
    return false;
  }
  if (of.function == helper::json && !args.empty() &&
      of.hash.empty()) { // straight into the result, without a copy
    return append_json(whole(args.front()));
  }
  return append(call_helper(of, args, env));
}

bool renderer::append(value_pointer value) {
  value = whole(value);
  if (failure_ || value == nullptr || value->is_null()) {
    return !failure_;
  }
  if (const json::string* text = value->if_string()) {
    return append(std::string_view(text->data(), text->size()));
  }
  if (const std::int64_t* whole_number = value->if_int64()) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *whole_number);
    return append(
        std::string_view(digits.data(), static_cast<std::size_t>(end.ptr - digits.data())));
  }
  if (value->is_number()) {
    js::append_number(out_, js::to_number(value));
    return true;
  }
  const std::string text = js::to_string(value);
  return charge(text.size() / 64) && append(std::string_view(text));
}

// The bound on one text is not enough for a value of many: what is written counts as work, too.
bool renderer::append(std::string_view text) {
  constexpr std::size_t bytes_per_operation = 64;
  if (!charge(text.size() / bytes_per_operation)) {
    return false;
  }
  out_.append(text);
  if (out_.size() <= limits().rendered_bytes_max) {
    return true;
  }
  return fail(errc::limit_exceeded, "The template renders more than " +
                                        std::to_string(limits().rendered_bytes_max) +
                                        " bytes, the limit rendered_bytes_max.");
}

bool renderer::append_json(value_pointer value) {
  if (value == nullptr || value->is_string() || value->is_null()) {
    return value == nullptr || value->is_null() ? append(std::string_view("null")) : append(value);
  }
  const std::size_t before = out_.size();
  stringify_to(out_, *value);
  return charge((out_.size() - before) / 64) && append(std::string_view());
}

bool renderer::charge(std::uint64_t operations) {
  operations_ += operations;
  if (operations_ <= limits().template_operations_max) {
    return true;
  }
  return fail(errc::limit_exceeded, "The template needs more than " +
                                        std::to_string(limits().template_operations_max) +
                                        " operations, the limit template_operations_max.");
}

bool renderer::charge_copy(value_pointer value) {
  detail::work_budget copied;
  const bool counted = value == nullptr || copied.spend_copy(*value);
  return charge(counted ? copied.used() : limits().template_operations_max + 1);
}

bool renderer::charge_read(value_pointer value) {
  detail::work_budget read;
  const bool counted = read.spend_read(value);
  return charge(counted ? read.used() : limits().template_operations_max + 1);
}

/// ToString of a value, which for an array reads all that is in it.
std::string renderer::text_of(value_pointer value) {
  return charge_read(value) ? js::to_string(value) : std::string();
}

bool renderer::fail(errc code, std::string message) {
  if (!failure_) {
    failure_.emplace(code, std::move(message));
  }
  return false;
}

const json::value* renderer::whole(value_pointer value) {
  if (value != &root_marker_) {
    return value;
  }
  if (root_ || visible_.objects() == nullptr) {
    return root_ ? &*root_ : &visible_.whole();
  }
  auto replaced = visible_.objects()->follow_all(visible_.whole());
  if (!replaced) {
    fail(replaced.error().code(), replaced.error().message());
    return nullptr;
  }
  root_ = std::move(*replaced);
  return root_ ? &*root_ : &visible_.whole();
}

// What helpers see as `this`: JavaScript's stand-in for no context at all is an empty object.
const json::value* renderer::receiver(const environment& env) const {
  const bool none =
      env.context == nullptr || (env.context != &root_marker_ && env.context->is_null());
  return none ? &empty_object : env.context;
}

// `==`, but the merged root, which is an object, need not be built for it.
bool renderer::same_context(value_pointer left, value_pointer right) const {
  if (left == right ||
      (left == &empty_object && right != nullptr && right->is_null() && right != &root_marker_)) {
    return true;
  }
  for (const value_pointer each : {left, right}) {
    const value_pointer other = each == left ? right : left;
    if (each == &root_marker_) {
      return other != nullptr && other->is_string() && other->get_string() == "[object Object]";
    }
  }
  return js::loosely_equal(left, right);
}

const json::value* renderer::boolean(bool value) noexcept {
  return value ? &true_value : &false_value;
}

} // namespace millrace::flows::templates
