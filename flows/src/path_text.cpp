// SPDX-License-Identifier: Apache-2.0
#include "path_text.hpp"

#include "path_characters.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace::flows::detail {

namespace {

/// Bytes that stand for something within this file only.
constexpr char script_mark = '\x1c';
constexpr char protected_dot = '\x1d';
constexpr char protected_tilde = '\x1e';

/// Behind the character (all bytes of it) at `position`.
std::size_t after_character(std::string_view text, std::size_t position) noexcept {
  ++position;
  while (position < text.size() && (static_cast<unsigned char>(text[position]) & 0xC0) == 0x80)
    ++position;
  return position;
}

// ---- cutting: one function per rule, in the order in which the rules apply ---------------------

constexpr std::array type_selectors{
    std::string_view("@null()"),      std::string_view("@boolean()"),
    std::string_view("@number()"),    std::string_view("@string()"),
    std::string_view("@integer()"),   std::string_view("@undefined()"),
    std::string_view("@nonFinite()"), std::string_view("@scalar()"),
    std::string_view("@array()"),     std::string_view("@object()"),
    std::string_view("@function()"),  std::string_view("@other()")};

/// A type selector is a segment wherever it stands.
std::string separate_type_selectors(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto which =
        std::find_if(type_selectors.begin(), type_selectors.end(),
                     [&](std::string_view name) { return text.substr(i, name.size()) == name; });
    if (text[i] != '@' || which == type_selectors.end()) {
      out += text[i++];
      continue;
    }
    out.append(1, ';').append(*which).append(1, ';');
    i += which->size();
  }
  return out;
}

/// Scripts are put aside as numbered marks so that the later rules do not see them.
std::string put_scripts_aside(std::string_view text, std::vector<std::string>& scripts) {
  std::string out;
  bool may_end = true; // once a script has no end, none behind it has
  for (std::size_t i = 0; i < text.size();) {
    std::string_view script;
    const bool may_open = (text[i] == '[' || text[i] == '\'') && may_end &&
                          (at(text, i + 1, '(') || (at(text, i + 1, '?') && at(text, i + 2, '(')));
    const std::size_t end = may_open ? script_end(text, i, script) : npos;
    if (end == npos) {
      may_end = is_line_end(text[i]) || (may_end && !may_open);
      out += text[i++];
      continue;
    }
    out.append(1, '[').append(1, script_mark).append(std::to_string(scripts.size())).append(1, ']');
    scripts.emplace_back(script);
    i = end;
  }
  return out;
}

/// Dots and tildes inside a quoted bracket are part of the name. Marks hide well-formed quoted
/// keys, so this is about what is left: names with mixed quotes or glued to something.
std::string protect_quoted_names(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '[' || i + 1 >= text.size() || !is_quote(text[i + 1])) {
      out += text[i++];
      continue;
    }
    const std::size_t begin = i + 2;
    const std::size_t stop = std::min(text.find_first_of("']", begin), text.size());
    std::size_t end = npos;
    if (at(text, stop, '\'') && at(text, stop + 1, ']'))
      end = stop;
    else if (at(text, stop, ']') && stop > begin && text[stop - 1] == '"')
      end = stop - 1;
    if (end == npos) {
      out += text[i++];
      continue;
    }
    out += "['";
    for (const char c : text.substr(begin, end - begin))
      out += c == '.' ? protected_dot : c == '~' ? protected_tilde : c;
    out += "']";
    i = end + 2;
  }
  return out;
}

/// The names behind dots and opening brackets are segments; a dot inside brackets is not a border.
std::string separate_names(std::string_view text) {
  // closes[i]: the next bracket at or behind i is a closing one.
  std::vector<bool> closes(text.size() + 2, false);
  for (std::size_t i = text.size(); i-- > 0;)
    closes[i] = text[i] == ']' || (text[i] != '[' && closes[i + 1]);
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t dot = is_quote(text[i]) && at(text, i + 1, '.') ? i + 1 : i;
    if (text[dot] == '.' && !closes[dot + 1]) {
      out += ';';
      i = dot + 1;
      if (i < text.size() && is_quote(text[i]) && !closes[i + 1])
        ++i;
    } else if (text[i] == '[') {
      out += ';';
      i += i + 1 < text.size() && is_quote(text[i + 1]) ? 2 : 1;
    } else {
      out += text[i++];
    }
  }
  return out;
}

std::string separate_tildes(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '~')
      out += ";~;";
    else
      out += c;
  }
  return out;
}

std::string restore_quoted_names(std::string text) {
  std::replace(text.begin(), text.end(), protected_dot, '.');
  std::replace(text.begin(), text.end(), protected_tilde, '~');
  return text;
}

std::string separate_parents(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t first = text[i] == ';' && at(text, i + 1, '^') ? i + 1 : i;
    if (text[first] != '^') {
      out += text[i++];
      continue;
    }
    for (i = first; at(text, i, '^'); ++i)
      out += ";^";
    out += ';';
    if (at(text, i, ';'))
      ++i;
  }
  return out;
}

/// Two or three borders in a row are a descent.
std::string separate_descents(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != ';' || !at(text, i + 1, ';')) {
      out += text[i++];
      continue;
    }
    out += ";..;";
    i += at(text, i + 2, ';') ? 3 : 2;
  }
  return out;
}

/// Closing brackets, with the quote before them, and what is left at the end go.
std::string remove_ends(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool last = i + 1 == text.size();
    if (text[i] == ']' || (last && (text[i] == ';' || text[i] == '\'')))
      continue;
    if (text[i] == '\'' && at(text, i + 1, ']')) {
      ++i;
      continue;
    }
    out += text[i];
  }
  return out;
}

/// The script that a segment holds the mark of, or the segment.
std::string with_script(std::string segment, const std::vector<std::string>& scripts) {
  const std::size_t mark = segment.find(script_mark);
  if (mark == npos)
    return segment;
  std::size_t number = scripts.size();
  std::from_chars(segment.data() + mark + 1, segment.data() + segment.size(), number);
  return number < scripts.size() ? scripts[number] : segment;
}

// ---- where JSONPath begins --------------------------------------------------------------------

/// Per place: an opening bracket with a slice or comparison operator and, behind that, a closing
/// bracket on the same line.
std::vector<bool> brackets_with_operator(std::string_view text) {
  std::vector<bool> found(text.size(), false);
  bool closing = false;
  bool with_operator = false;
  for (std::size_t i = text.size(); i-- > 0;) {
    if (is_line_end(text[i]))
      closing = with_operator = false;
    else if (text[i] == ']')
      closing = true;
    else if (std::string_view(":=><!").find(text[i]) != npos)
      with_operator = with_operator || closing;
    else if (text[i] == '[')
      found[i] = with_operator;
  }
  return found;
}

/// Whether the bracket at `open` holds a script or a list of names.
bool opens_script_or_list(std::string_view text, std::size_t open) {
  if (at(text, open + 1, '('))
    return true;
  const std::size_t stop = text.find_first_of(",[]", open + 1);
  return stop != npos && text[stop] == ',' && text.find(']', stop) != npos;
}

/// The begin of the `count`-th segment from the end of `text`.
std::size_t segments_from_end(std::string_view text, std::size_t count) {
  std::size_t begin = text.size();
  while (count-- > 0 && begin > 1) {
    const char opening = text[begin - 1] == ']' ? '[' : '.';
    begin = text.rfind(opening, begin - 1);
    if (begin == npos)
      return 1;
  }
  return std::max<std::size_t>(begin, 1);
}

/// For a plain path that ends in parent or name operators: where JSONPath has to begin so that the
/// parents are within it.
std::optional<std::size_t> trailing_operators(std::string_view text) {
  const std::size_t last = text.find_last_not_of("^~");
  if (last == npos || last + 1 == text.size() || text.front() != '$')
    return std::nullopt;
  const std::string_view operators = text.substr(last + 1);
  const auto parents =
      static_cast<std::size_t>(std::count(operators.begin(), operators.end(), '^'));
  return segments_from_end(text.substr(0, last + 1), parents + 1);
}

} // namespace

std::size_t script_end(std::string_view text, std::size_t open, std::string_view& script) {
  const std::size_t begin = open + 1;
  for (std::size_t i = begin; i < text.size() && !is_line_end(text[i]); ++i) {
    if (text[i] != ')' || !(at(text, i + 1, ']') || at(text, i + 1, '\'')))
      continue;
    // ")x]" goes on: the parenthesis closed a call or a nested script.
    const std::size_t behind = i + 2;
    if (behind < text.size() && !is_line_end(text[behind]) &&
        at(text, after_character(text, behind), ']'))
      continue;
    script = text.substr(begin, i + 1 - begin);
    return i + 2;
  }
  return npos;
}

std::vector<std::string> cut_segments(std::string_view marked) {
  std::vector<std::string> scripts;
  std::string text = put_scripts_aside(separate_type_selectors(marked), scripts);
  text = restore_quoted_names(separate_names(separate_tildes(protect_quoted_names(text))));
  text = remove_ends(separate_descents(separate_parents(text)));
  std::vector<std::string> segments;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = text.find(';', begin);
    segments.push_back(with_script(text.substr(begin, end - begin), scripts));
    if (end == npos)
      return segments;
    begin = end + 1;
  }
}

std::optional<std::size_t> first_complex_operator(std::string_view marked) {
  const std::vector<bool> with_operator = brackets_with_operator(marked);
  for (std::size_t i = 0; i < marked.size(); ++i) {
    switch (marked[i]) {
    case '*':
      // A wildcard takes its dot or bracket with it, else it would not be one.
      return i > 0 && (marked[i - 1] == '.' || marked[i - 1] == '[') ? i - 1 : i;
    case '.':
      if (at(marked, i + 1, '.'))
        return i;
      break;
    case '@':
      if (at(marked, i + 1, '.'))
        return i;
      break;
    case '[':
      if (with_operator[i] || at(marked, i + 1, '?') || opens_script_or_list(marked, i))
        return i;
      break;
    default: break;
    }
  }
  return trailing_operators(marked);
}

} // namespace millrace::flows::detail
