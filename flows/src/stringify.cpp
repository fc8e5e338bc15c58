// SPDX-License-Identifier: Apache-2.0
//
// JSON text as JSON.stringify writes it. Open objects and arrays are kept in a list: nothing here
// recurses, so the depth of a value does not matter.
#include <millrace/json.hpp>

#include <millrace/js.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace millrace {

namespace {

// Where the first byte is, from `at` on, that a JSON string cannot hold as it is; eight at a time.
std::size_t first_escaped(std::string_view text, std::size_t at) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t high_bits = ones << 7;
  const auto has_zero = [](std::uint64_t bytes) { return (bytes - ones) & ~bytes & high_bits; };
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    const std::uint64_t control = (bytes - ones * 0x20) & ~bytes & high_bits;
    if ((control | has_zero(bytes ^ (ones * '"')) | has_zero(bytes ^ (ones * '\\'))) != 0)
      break;
  }
  for (; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == '"' || byte == '\\')
      break;
  }
  return at;
}

void append_quoted(std::string& out, std::string_view text) {
  constexpr const char* hex = "0123456789abcdef";
  constexpr std::string_view short_forms = "\b\f\n\r\t\"\\";
  constexpr std::string_view letters = "bfnrt\"\\";
  out += '"';
  std::size_t run_begin = 0;
  for (std::size_t i = first_escaped(text, 0); i < text.size(); i = first_escaped(text, i + 1)) {
    const auto byte = static_cast<unsigned char>(text[i]);
    out.append(text, run_begin, i - run_begin);
    run_begin = i + 1;
    if (const std::size_t which = short_forms.find(text[i]); which != std::string_view::npos) {
      out += '\\';
      out += letters[which];
    } else {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
  out.append(text, run_begin, std::string_view::npos);
  out += '"';
}

class writer {
public:
  /// `indent` < 0: no line breaks.
  writer(std::string& out, int indent) : out_(out), indent_(indent) {}

  void write(const json::value& value) {
    begin(value);
    drain();
  }
  void write(const json::object& object) {
    open(object);
    drain();
  }

private:
  /// A container that is being written: members or elements, and how many are done.
  struct container {
    const json::array* array = nullptr;
    const json::object* object = nullptr;
    std::vector<const json::key_value_pair*> ordered; // only for an object out of order
    std::size_t done = 0;

    [[nodiscard]] std::size_t size() const { return array ? array->size() : object->size(); }
  };

  void begin(const json::value& value);
  void open(const json::object& object);
  void drain();
  void next(container& innermost);
  void break_line();

  std::string& out_;
  int indent_;
  std::vector<container> open_;
};

void writer::begin(const json::value& value) {
  switch (value.kind()) {
  case json::kind::null: out_ += "null"; break;
  case json::kind::bool_: out_ += value.get_bool() ? "true" : "false"; break;
  case json::kind::string: append_quoted(out_, value.get_string()); break;
  case json::kind::object: open(value.get_object()); break;
  case json::kind::array: {
    container opened;
    opened.array = &value.get_array();
    out_ += '[';
    open_.push_back(std::move(opened));
    break;
  }
  default: { // a number of any kind
    const double number = value.to_number<double>();
    if (std::isfinite(number))
      flows::js::append_number(out_, number);
    else
      out_ += "null";
  }
  }
}

void writer::open(const json::object& object) {
  container opened;
  opened.object = &object;
  if (flows::js::has_index_names(object))
    opened.ordered = flows::js::members(object);
  out_ += '{';
  open_.push_back(std::move(opened));
}

void writer::drain() {
  while (!open_.empty()) {
    container& innermost = open_.back();
    if (innermost.done < innermost.size()) {
      next(innermost);
      continue;
    }
    const char closing = innermost.array ? ']' : '}';
    const bool was_empty = innermost.done == 0;
    open_.pop_back();
    if (!was_empty)
      break_line();
    out_ += closing;
  }
}

void writer::next(container& innermost) {
  if (innermost.done > 0)
    out_ += ',';
  break_line();
  const std::size_t index = innermost.done++;
  if (innermost.array) {
    begin((*innermost.array)[index]); // may move innermost
    return;
  }
  const json::key_value_pair& member =
      innermost.ordered.empty() ? *(innermost.object->begin() + index) : *innermost.ordered[index];
  append_quoted(out_, member.key());
  out_ += indent_ < 0 ? ":" : ": ";
  begin(member.value()); // may move innermost
}

void writer::break_line() {
  if (indent_ < 0)
    return;
  out_ += '\n';
  out_.append(open_.size() * static_cast<std::size_t>(indent_), ' ');
}

} // namespace

std::string stringify(const json::value& value) {
  std::string out;
  stringify_to(out, value);
  return out;
}

std::string stringify(const json::object& value) {
  std::string out;
  stringify_to(out, value);
  return out;
}

void stringify_to(std::string& out, const json::value& value) {
  writer(out, -1).write(value);
}

void stringify_to(std::string& out, const json::object& value) {
  writer(out, -1).write(value);
}

std::string stringify_pretty(const json::value& value, int indent) {
  std::string out;
  writer(out, indent < 0 ? 0 : indent).write(value);
  return out;
}

} // namespace millrace
