// SPDX-License-Identifier: Apache-2.0
#include "conformance.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace millrace::testing {

namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::string_view undefined_text = "<undefined>";
constexpr std::string_view stack_text = "<stack>";
constexpr std::size_t uuid_length = 36;
constexpr std::size_t timestamp_length = 24;

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* const found = object.if_contains(key);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

/// Whether `text` has the shape of `shape`, in which 'x' is a hexadecimal and 'd' a decimal digit.
bool has_shape(std::string_view text, std::string_view shape) {
  const auto fits = [](char c, char s) {
    const bool decimal = c >= '0' && c <= '9';
    return s == 'd' ? decimal : s == 'x' ? decimal || (c >= 'a' && c <= 'f') : c == s;
  };
  return text.size() == shape.size() && std::equal(text.begin(), text.end(), shape.begin(), fits);
}

bool is_uuid(std::string_view text) {
  return has_shape(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
}

bool is_timestamp(std::string_view text) {
  return has_shape(text, "dddd-dd-ddTdd:dd:dd.dddZ");
}

bool bind_uuid(const std::string& label, const std::string& uuid, bindings& seen) {
  const auto by_label = seen.uuid_by_label.emplace(label, uuid).first;
  const auto by_uuid = seen.label_by_uuid.emplace(uuid, label).first;
  return by_label->second == uuid && by_uuid->second == label;
}

bool is_text(const json::value& value, std::string_view text) {
  return value.is_string() && value.get_string() == text;
}

/// Compares values and remembers the place of the first difference.
class comparison {
public:
  comparison(bindings& seen, std::string* why) : seen_(seen), why_(why) {}

  bool value(const json::value& expected, const json::value& actual, const std::string& place);

private:
  bool object(const json::object& expected, const json::object& actual, const std::string& place);
  bool array(const json::array& expected, const json::array& actual, const std::string& place);
  bool differ(const std::string& place, const std::string& what) {
    if (why_ && why_->empty())
      *why_ = place + ": " + what;
    return false;
  }

  bindings& seen_;
  std::string* why_;
};

bool comparison::value(const json::value& expected, const json::value& actual,
                       const std::string& place) {
  if (expected.is_object() && actual.is_object())
    return object(expected.get_object(), actual.get_object(), place);
  if (expected.is_array() && actual.is_array())
    return array(expected.get_array(), actual.get_array(), place);
  bool equal = false;
  if (expected.is_string() && actual.is_string())
    equal = text_matches(expected.get_string(), actual.get_string(), seen_);
  else if (expected.is_number() && actual.is_number())
    equal = expected.to_number<double>() == actual.to_number<double>();
  else
    equal = expected == actual || (is_text(expected, undefined_text) && actual.is_null());
  return equal || differ(place, "expected " + stringify(expected) + ", got " + stringify(actual));
}

bool comparison::object(const json::object& expected, const json::object& actual,
                        const std::string& place) {
  for (const json::key_value_pair& member : expected) {
    const std::string there = place + "." + std::string(member.key());
    const json::value* const found = actual.if_contains(member.key());
    if (!found) {
      if (is_text(member.value(), undefined_text) || is_text(member.value(), stack_text))
        continue;
      return differ(there, "missing, expected " + stringify(member.value()));
    }
    if (!value(member.value(), *found, there))
      return false;
  }
  for (const json::key_value_pair& member : actual)
    if (!expected.contains(member.key()))
      return differ(place + "." + std::string(member.key()),
                    "not expected, got " + stringify(member.value()));
  return true;
}

bool comparison::array(const json::array& expected, const json::array& actual,
                       const std::string& place) {
  if (expected.size() != actual.size())
    return differ(place, "expected " + stringify(json::value(expected)) + ", got " +
                             stringify(json::value(actual)));
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (!value(expected[i], actual[i], place + "[" + std::to_string(i) + "]"))
      return false;
  return true;
}

std::string read_text_file(std::string_view path) {
  const std::string whole_path = std::string(MILLRACE_SOURCE_DIR) + "/" + std::string(path);
  std::ifstream file(whole_path, std::ios::binary);
  if (!file)
    throw std::runtime_error(whole_path + " cannot be read");
  // Every test process reads some of these files when it starts: not character by character.
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

json::value parse_or_throw(std::string_view text, std::string_view what) {
  auto parsed = parse_json(text, what);
  if (!parsed)
    throw std::runtime_error(parsed.error().message());
  return std::move(*parsed);
}

/// The text of the first member `key` in a line, "" without one. In these files the names come
/// before anything that may hold such a member.
std::string first_text(std::string_view line, std::string_view key) {
  const std::string member = "\"" + std::string(key) + "\":";
  const std::size_t at = line.find(member);
  const std::size_t begin = at == npos ? npos : line.find_first_not_of(' ', at + member.size());
  if (begin == npos || line[begin] != '"')
    return {};
  std::size_t end = begin + 1;
  while (end < line.size() && line[end] != '"')
    end += line[end] == '\\' ? 2U : 1U;
  const std::string_view written = line.substr(begin, end + 1 - begin);
  if (written.find('\\') == npos && written.size() > 1)
    return std::string(written.substr(1, written.size() - 2)); // most names; parsing takes longer
  return std::string(parse_or_throw(written, "a case's name").as_string());
}

conformance_case case_of(const json::object& row) {
  conformance_case one;
  one.name = text_of(row, "name");
  one.area = text_of(row, "area");
  if (const json::value* const required = row.if_contains("requires"))
    for (const json::value& ability : required->as_array())
      one.required.emplace_back(ability.as_string());
  one.given = row.at("given").as_object();
  one.expect = row.at("expect");
  return one;
}

parity_decision decision_of(const json::object& row) {
  parity_decision one;
  one.area = text_of(row, "area");
  one.name = text_of(row, "name");
  one.reason = text_of(row, "reason");
  const std::string decision = text_of(row, "decision");
  one.same = decision == "same";
  if (const json::value* const ours = row.if_contains("ours"))
    one.ours = *ours;
  one.warns = text_of(row, "warns");
  one.refuses = text_of(row, "refuses");
  one.silent = text_of(row, "silent");
  if (const json::value* const in = row.if_contains("in"))
    one.in = *in;
  const int notices = !one.warns.empty() + !one.refuses.empty() + !one.silent.empty();
  const bool usable =
      one.same ? notices == 0 : decision == "documented" && one.ours && notices == 1;
  if (!usable)
    throw std::runtime_error("parity.json: " + one.name + " has no usable decision");
  return one;
}

} // namespace

json::value load_json(std::string_view path) {
  return parse_or_throw(read_text_file(path), path);
}

std::vector<case_line> case_lines(std::string_view file) {
  constexpr std::string_view area_start = "{\"area\":";
  const std::string text = read_text_file("tests/conformance/" + std::string(file));
  std::vector<case_line> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (line.empty() || line == "[" || line == "]")
      continue;
    if (line.back() == ',')
      line.remove_suffix(1);
    const bool has_area = line.substr(0, area_start.size()) == area_start;
    case_line one{lines.size() + 1, has_area ? first_text(line, "area") : std::string(),
                  first_text(line, "name"), std::string(line)};
    if (line.front() != '{' || one.name.empty())
      throw std::runtime_error(std::string(file) + " has a line that is no case: " + one.text);
    lines.push_back(std::move(one));
  }
  if (lines.empty())
    throw std::runtime_error(std::string(file) + " has no case");
  return lines;
}

conformance_case read_case(const case_line& line) {
  return case_of(parse_or_throw(line.text, line.name).as_object());
}

std::vector<conformance_case> load_cases(std::string_view file, std::string_view area) {
  std::vector<conformance_case> cases;
  for (const case_line& line : case_lines(file))
    if (area.empty() || line.area == area)
      cases.push_back(read_case(line));
  return cases;
}

bool text_matches(std::string_view expected, std::string_view actual, bindings& seen) {
  constexpr std::string_view contains = "<contains:";
  constexpr std::string_view uuid = "<uuid:";
  constexpr std::string_view timestamp = "<timestamp>";
  if (expected == "<any>" || expected == stack_text)
    return true;
  if (expected.substr(0, contains.size()) == contains && expected.back() == '>')
    return actual.find(expected.substr(contains.size(), expected.size() - contains.size() - 1)) !=
           std::string_view::npos;
  while (!expected.empty()) {
    const std::size_t end = expected.find('>');
    if (expected.substr(0, uuid.size()) == uuid && end != std::string_view::npos) {
      const std::string found(actual.substr(0, uuid_length));
      if (!is_uuid(found) || !bind_uuid(std::string(expected.substr(0, end)), found, seen))
        return false;
      expected.remove_prefix(end + 1);
      actual.remove_prefix(uuid_length);
    } else if (expected.substr(0, timestamp.size()) == timestamp) {
      if (!is_timestamp(actual.substr(0, timestamp_length)))
        return false;
      expected.remove_prefix(timestamp.size());
      actual.remove_prefix(timestamp_length);
    } else {
      if (actual.empty() || actual.front() != expected.front())
        return false;
      expected.remove_prefix(1);
      actual.remove_prefix(1);
    }
  }
  return actual.empty();
}

bool matches(const json::value& expected, const json::value& actual, bindings& seen,
             std::string* why) {
  if (why)
    why->clear();
  return comparison(seen, why).value(expected, actual, "$");
}

bool contains_all(const json::value& expected, std::string_view message) {
  const auto contains = [&](const json::value& part) {
    return message.find(std::string_view(part.as_string())) != std::string_view::npos;
  };
  if (!expected.is_array())
    return contains(expected);
  return std::all_of(expected.get_array().begin(), expected.get_array().end(), contains);
}

bool outcome_matches(const json::object& expect, const json::value* value,
                     const std::string* failure, bindings& seen, std::string* why) {
  const auto differ = [&](const std::string& what) {
    if (why)
      *why = "expected " + stringify(expect) + ", got " + what;
    return false;
  };
  const std::string got = failure ? "the error: " + *failure
                          : value ? stringify(*value)
                                  : std::string("undefined");
  if (const json::value* const wanted = expect.if_contains("error")) {
    if (!failure)
      return differ(got);
    const json::value* const parts = wanted->as_object().if_contains("messageContains");
    return !parts || contains_all(*parts, *failure) || differ(got);
  }
  if (failure)
    return differ(got);
  if (const json::value* const wanted = expect.if_contains("value"))
    return value ? matches(*wanted, *value, seen, why) : differ(got);
  if (!expect.contains("undefined"))
    return differ("a case without value, undefined and error");
  return value == nullptr || differ(got);
}

std::vector<parity_decision> load_parity() {
  std::vector<parity_decision> decisions;
  for (const case_line& line : case_lines("parity.json"))
    decisions.push_back(decision_of(parse_or_throw(line.text, line.name).as_object()));
  return decisions;
}

void decide(conformance_case& quirk) {
  for (const case_line& line : case_lines("parity.json")) {
    if (line.area != quirk.area || line.name != quirk.name)
      continue;
    const parity_decision decision = decision_of(parse_or_throw(line.text, line.name).as_object());
    if (!decision.same)
      quirk.expect = *decision.ours;
    return;
  }
  throw std::runtime_error("parity.json has no decision about " + quirk.name);
}

} // namespace millrace::testing
