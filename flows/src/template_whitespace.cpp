// SPDX-License-Identifier: Apache-2.0
//
// Whitespace control as Handlebars does it: `~` strips all white space on its side of a tag; a
// block tag, comment or partial that stands alone on its line takes the line with it.
#include "template_parser.hpp"
#include "template_scan.hpp"
#include "template_space.hpp"

#include <optional>

namespace millrace::flows::templates {
namespace {

using kind = statement::kind_type;
using statements = std::vector<statement>;

/// What a statement asks of its neighbours.
struct request {
  strip_flags strip;
  bool open_standalone = false;
  bool close_standalone = false;
  bool inline_standalone = false;
};

statement* content_at(statements& body, std::size_t index) {
  return index < body.size() && body[index].kind == kind::content ? &body[index] : nullptr;
}

/// Whether a line begins right before `index`: the content there ends with a line break and white
/// space, or the template begins.
bool line_begins(statements& body, std::size_t index, bool root) {
  if (index == 0) {
    return root;
  }
  const statement* before = content_at(body, index - 1);
  if (before == nullptr) {
    return false;
  }
  const std::string_view text = before->original;
  const std::size_t blank = trailing_space(text);
  return text.find('\n', blank) != npos || (root && index == 1 && blank == 0);
}

/// Whether a line ends right behind `index`; `npos` stands for before the first statement.
bool line_ends(statements& body, std::size_t index, bool root) {
  const std::size_t next = index + 1; // npos + 1 is 0
  if (next >= body.size()) {
    return root;
  }
  const statement* behind = content_at(body, next);
  if (behind == nullptr) {
    return false;
  }
  const std::string_view text = behind->original;
  const std::size_t blank = skip_space(text);
  const bool last = next + 1 >= body.size();
  return text.substr(0, blank).find('\n') != npos || (root && last && blank == text.size());
}

void omit_right(statements& body, std::size_t index, bool all) {
  statement* current = content_at(body, index + 1);
  if (current == nullptr || (!all && current->right_stripped)) {
    return;
  }
  std::size_t end = 0;
  if (all) {
    end = skip_space(current->text);
  } else {
    end = std::min(current->text.find_first_not_of(" \t"), current->text.size());
    end += end < current->text.size() && current->text[end] == '\r' ? 1 : 0;
    end += end < current->text.size() && current->text[end] == '\n' ? 1 : 0;
  }
  current->text.erase(0, end);
  current->right_stripped = end != 0;
}

/// Omits on the left of `index`; says whether anything went.
bool omit_left(statements& body, std::size_t index, bool all) {
  statement* current = index == 0 ? nullptr : content_at(body, index - 1);
  if (current == nullptr || (!all && current->left_stripped)) {
    return false;
  }
  const std::size_t last = current->text.find_last_not_of(" \t");
  const std::size_t start = all ? trailing_space(current->text) : last == npos ? 0 : last + 1;
  current->left_stripped = start != current->text.size();
  current->text.erase(start);
  return current->left_stripped;
}

void omit_first(program& of, bool all) {
  omit_right(of.body, npos, all);
}
void omit_last(program& of, bool all) {
  omit_left(of.body, of.body.size(), all);
}

class controller {
public:
  void visit(program& of, bool root);

private:
  std::optional<request> visit(statement& of);
  request visit_block(statement& block);
  void apply(statements& body, std::size_t index, const request& wanted, bool root);
};

void controller::visit(program& of, bool root) {
  for (std::size_t i = 0; i < of.body.size(); ++i) {
    if (const std::optional<request> wanted = visit(of.body[i])) {
      apply(of.body, i, *wanted, root);
    }
  }
}

void controller::apply(statements& body, std::size_t index, const request& wanted, bool root) {
  const bool begins = line_begins(body, index, root);
  const bool ends = line_ends(body, index, root);
  statement& current = body[index];
  if (wanted.strip.close) {
    omit_right(body, index, true);
  }
  if (wanted.strip.open) {
    omit_left(body, index, true);
  }
  if (wanted.inline_standalone && begins && ends) {
    omit_right(body, index, false);
    if (omit_left(body, index, false) && current.kind == kind::partial) {
      const std::string& before = body[index - 1].original;
      current.text = before.substr(before.find_last_not_of(" \t") + 1);
    }
  }
  if (wanted.open_standalone && begins) {
    omit_first(current.body ? *current.body : *current.inverse, false);
    omit_left(body, index, false);
  }
  if (wanted.close_standalone && ends) {
    omit_right(body, index, false);
    omit_last(current.inverse ? *current.inverse : *current.body, false);
  }
}

std::optional<request> controller::visit(statement& of) {
  switch (of.kind) {
  case kind::content: return std::nullopt;
  case kind::mustache: return request{of.open_strip};
  case kind::comment:
  case kind::partial: return request{of.open_strip, false, false, true};
  case kind::decorator:
    if (!of.body) {
      return request{of.open_strip};
    }
    return visit_block(of);
  case kind::block:
  case kind::partial_block: break;
  }
  return visit_block(of);
}

/// The last program of a chain of {{else ...}}.
program& last_of_chain(program& first) {
  program* last = &first;
  while (last->chained) {
    statement& inner = last->body.back();
    last = inner.body.get();
  }
  return *last;
}

request controller::visit_block(statement& block) {
  for (program* part : {block.body.get(), block.inverse.get()}) {
    if (part != nullptr) {
      visit(*part, false);
    }
  }
  program& main = block.body ? *block.body : *block.inverse;
  program* inverse = block.body ? block.inverse.get() : nullptr;
  program* first = inverse;
  if (inverse != nullptr && inverse->chained) {
    first = inverse->body.front().body.get();
  }
  program& closing = first != nullptr ? *first : main;
  request wanted{{block.open_strip.open, block.close_strip.close}};
  wanted.open_standalone = line_ends(main.body, npos, false);
  wanted.close_standalone = line_begins(closing.body, closing.body.size(), false);
  if (block.open_strip.close) {
    omit_first(main, true);
  }
  if (inverse == nullptr) {
    if (block.close_strip.open) {
      omit_last(main, true);
    }
    return wanted;
  }
  const strip_flags between = block.inverse_strip.value_or(strip_flags{});
  if (between.open) {
    omit_last(main, true);
  }
  if (between.close) {
    omit_first(*first, true);
  }
  if (block.close_strip.open) {
    omit_last(last_of_chain(*inverse), true);
  }
  if (line_begins(main.body, main.body.size(), false) && line_ends(first->body, npos, false)) {
    omit_last(main, false);
    omit_first(*first, false);
  }
  return wanted;
}

} // namespace

void control_whitespace(program& root) {
  controller().visit(root, true);
}

} // namespace millrace::flows::templates
