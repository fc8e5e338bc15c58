// SPDX-License-Identifier: Apache-2.0
#include "conformance.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace millrace::testing {

namespace {

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

std::string key_of(std::string_view area, std::string_view name) {
  return std::string(area) + "\n" + std::string(name);
}

} // namespace

json::value load_json(std::string_view path) {
  const std::string whole_path = std::string(MILLRACE_SOURCE_DIR) + "/" + std::string(path);
  std::ifstream file(whole_path, std::ios::binary);
  if (!file)
    throw std::runtime_error(whole_path + " cannot be read");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  auto parsed = parse_json(text, path);
  if (!parsed)
    throw std::runtime_error(parsed.error().message());
  return std::move(*parsed);
}

std::vector<conformance_case> load_cases(std::string_view file, std::string_view area) {
  const json::value whole = load_json("tests/conformance/" + std::string(file));
  std::vector<conformance_case> cases;
  for (const json::value& each : whole.as_array()) {
    const json::object& row = each.as_object();
    conformance_case one;
    one.name = text_of(row, "name");
    one.area = text_of(row, "area");
    if (!area.empty() && one.area != area)
      continue;
    if (const json::value* const required = row.if_contains("requires"))
      for (const json::value& ability : required->as_array())
        one.required.emplace_back(ability.as_string());
    one.given = row.at("given").as_object();
    one.expect = row.at("expect");
    cases.push_back(std::move(one));
  }
  if (cases.empty())
    throw std::runtime_error(std::string(file) + " has no case");
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
  const json::value whole = load_json("tests/conformance/parity.json");
  std::vector<parity_decision> decisions;
  for (const json::value& each : whole.as_array()) {
    const json::object& row = each.as_object();
    parity_decision one;
    one.area = text_of(row, "area");
    one.name = text_of(row, "name");
    one.reason = text_of(row, "reason");
    const std::string decision = text_of(row, "decision");
    one.same = decision == "same";
    if (const json::value* const ours = row.if_contains("ours"))
      one.ours = *ours;
    if (!one.same && (decision != "documented" || !one.ours))
      throw std::runtime_error("parity.json: " + one.name + " has no usable decision");
    decisions.push_back(std::move(one));
  }
  return decisions;
}

std::vector<conformance_case> load_decided_quirks(std::string_view area) {
  std::map<std::string, parity_decision> decisions;
  for (parity_decision& each : load_parity()) {
    std::string key = key_of(each.area, each.name);
    decisions.insert_or_assign(std::move(key), std::move(each));
  }
  std::vector<conformance_case> cases = load_cases("quirks.json", area);
  for (conformance_case& each : cases) {
    const auto found = decisions.find(key_of(each.area, each.name));
    if (found == decisions.end())
      throw std::runtime_error("parity.json has no decision about " + each.name);
    if (!found->second.same)
      each.expect = *found->second.ours;
  }
  return cases;
}

} // namespace millrace::testing
