// SPDX-License-Identifier: Apache-2.0
//
// Templates inside JSON values. A part without templates and paths is kept as it is and copied.
#include "path_program.hpp"
#include "template_renderer.hpp"

#include <millrace/limits.hpp>
#include <millrace/path.hpp>
#include <millrace/template.hpp>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace millrace::flows {

struct value_template::node {
  enum class kind_type : unsigned char { constant, text, array, object };
  kind_type kind = kind_type::constant;
  json::value constant;
  text_template text;
  std::optional<path> fixed_path; // of a text that is a path as it stands
  std::vector<std::string> names; // of an object's members
  std::vector<node> children;
};

/// What rendering one value has taken so far, all its texts together.
struct value_template::work {
  std::uint64_t operations = 0;
  detail::work_budget paths;
};

namespace {

using node_kind = value_template::node::kind_type;

/// Whether a text is taken for a path: one line that starts with "$.".
bool is_path_text(std::string_view text) {
  return text.substr(0, 2) == "$." && text.find_first_of("\n\r") == std::string_view::npos &&
         text.find("\u2028") == std::string_view::npos &&
         text.find("\u2029") == std::string_view::npos;
}

/// Renders one text and what it leads to, remembering the paths on the way.
class text_resolver {
public:
  text_resolver(const scope& visible, std::uint64_t& operations, detail::work_budget& paths)
      : visible_(visible), operations_(operations), paths_(paths) {}

  /// `nothing` tells an undefined result from null.
  result<resolved> resolve(const text_template& text, const path* fixed) {
    if (fixed != nullptr) {
      return follow(*fixed);
    }
    result<std::string> rendered = detail::template_access::render(text, visible_, operations_);
    if (rendered.has_error()) {
      return rendered.error();
    }
    if (!is_path_text(*rendered)) {
      return resolved(json::value(*rendered));
    }
    return follow(path::compile(*rendered));
  }

private:
  result<resolved> follow(const path& at) {
    result<resolved> found = detail::path_access::evaluate(at, visible_, paths_);
    if (found.has_error()) { // it looked like a path: it is a text, unless it asks for too much
      return found.error().code() == errc::limit_exceeded
                 ? found
                 : result<resolved>(resolved(json::value(at.text())));
    }
    const json::string* text = found->is_undefined() ? nullptr : found->get()->if_string();
    if (text == nullptr || std::string_view(*text) == at.text()) {
      return found;
    }
    if (result<void> possible = remember(at.text()); possible.has_error()) {
      return possible.error();
    }
    const std::string next(*text);
    const bool is_template = next.find("{{") != std::string::npos;
    if (!is_template && !is_path_text(next)) {
      return found;
    }
    const path fixed = is_template ? path() : path::compile(next);
    return resolve(is_template ? text_template::compile(next) : text_template(),
                   is_template ? nullptr : &fixed);
  }

  result<void> remember(const std::string& path_text) {
    const bool seen = std::find(trail_.begin(), trail_.end(), path_text) != trail_.end();
    trail_.push_back(path_text);
    if (seen) {
      return error(errc::step_failed, "A path leads back to itself: " + trail() + ".");
    }
    if (trail_.size() > limits().rerender_depth_max) {
      return error(errc::limit_exceeded, "A text was rendered again more than " +
                                             std::to_string(limits().rerender_depth_max) +
                                             " times, the limit rerender_depth_max: " + trail() +
                                             ".");
    }
    return {};
  }

  [[nodiscard]] std::string trail() const {
    std::string joined;
    for (const std::string& each : trail_) {
      joined += (joined.empty() ? "" : " -> ") + each;
    }
    return joined;
  }

  const scope& visible_;
  std::uint64_t& operations_;
  detail::work_budget& paths_;
  std::vector<std::string> trail_;
};

} // namespace

value_template::value_template() = default;

value_template value_template::compile(const json::value& value) {
  value_template made;
  if (!value.is_null()) {
    made.root_ = std::make_shared<const node>(build(value));
  }
  return made;
}

value_template::node value_template::build(const json::value& value) {
  node made;
  if (const json::string* text = value.if_string()) {
    const std::string_view view(text->data(), text->size());
    made.text = text_template::compile(view);
    if (made.text.is_plain() && is_path_text(view)) {
      made.fixed_path = path::compile(view);
    }
    if (!made.text.is_plain() || made.fixed_path) {
      made.kind = node_kind::text;
      return made;
    }
  } else if (const json::array* array = value.if_array()) {
    made.kind = node_kind::array;
    for (const json::value& each : *array) {
      made.children.push_back(build(each));
    }
  } else if (const json::object* object = value.if_object()) {
    made.kind = node_kind::object;
    for (const auto& member : *object) {
      made.names.emplace_back(member.key());
      made.children.push_back(build(member.value()));
    }
  }
  const bool constant = std::all_of(made.children.begin(), made.children.end(),
                                    [](const node& n) { return n.kind == node_kind::constant; });
  if (constant) {
    made = node();
    made.constant = value;
  }
  return made;
}

const error* value_template::problem() const noexcept {
  return root_ ? problem_in(*root_) : nullptr;
}

const error* value_template::problem_in(const node& of) noexcept {
  if (of.kind == node_kind::text) {
    return of.text.problem();
  }
  for (const node& child : of.children) {
    if (const error* found = problem_in(child)) {
      return found;
    }
  }
  return nullptr;
}

bool value_template::is_undefined() const noexcept {
  return root_ == nullptr;
}

result<json::value> value_template::render(const scope& visible) const {
  if (root_ == nullptr) {
    return json::value();
  }
  result<resolved> rendered = find(visible);
  if (rendered.has_error()) {
    return rendered.error();
  }
  return rendered->is_undefined() ? json::value() : std::move(*rendered).take();
}

result<resolved> value_template::find(const scope& visible) const {
  if (root_ == nullptr) {
    return resolved(json::value());
  }
  work spent;
  return render(*root_, visible, spent);
}

result<resolved> value_template::render(const node& of, const scope& visible, work& spent) {
  switch (of.kind) {
  case node_kind::constant: return resolved(&of.constant);
  case node_kind::text:
    return text_resolver(visible, spent.operations, spent.paths)
        .resolve(of.text, of.fixed_path ? &*of.fixed_path : nullptr);
  case node_kind::array:
  case node_kind::object: break;
  }
  json::array elements;
  json::object members;
  for (std::size_t i = 0; i < of.children.size(); ++i) {
    result<resolved> rendered = render(of.children[i], visible, spent);
    if (rendered.has_error()) {
      return rendered.error();
    }
    const bool nothing = rendered->is_undefined();
    if (of.kind == node_kind::array) {
      elements.push_back(nothing ? json::value() : std::move(*rendered).take());
    } else if (!nothing) {
      members.emplace(of.names[i], std::move(*rendered).take());
    }
  }
  return of.kind == node_kind::array ? resolved(json::value(std::move(elements)))
                                     : resolved(json::value(std::move(members)));
}

} // namespace millrace::flows
