// SPDX-License-Identifier: Apache-2.0
#include "seeds.hpp"

#include "targets.hpp"

#include <millrace/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>
#include <vector>

namespace millrace::fuzz {

namespace {

namespace fs = std::filesystem;

using inputs = std::set<std::string>;

json::value load(const fs::path& file) {
  std::ifstream stream(fs::path(MILLRACE_SOURCE_DIR) / file, std::ios::binary);
  if (!stream)
    throw std::runtime_error(file.string() + " cannot be read");
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  auto parsed = parse_json(text, file.string());
  if (!parsed)
    throw std::runtime_error(parsed.error().message());
  return std::move(*parsed);
}

/// `given` of every case of an area: those of its file, and the quirks that belong to it.
std::vector<json::object> given_in(const std::string& area) {
  std::vector<json::object> all;
  for (const std::string& file : {area, std::string("quirks")}) {
    const json::value cases = load("tests/conformance/" + file + ".json");
    for (const json::value& each : cases.as_array()) {
      const json::value* const belongs_to = each.as_object().if_contains("area");
      if (!belongs_to || *belongs_to == json::string_view(area))
        all.push_back(each.at("given").as_object());
    }
  }
  return all;
}

std::string two_parts_of(const std::string& first, const json::value& second) {
  return first + std::string(separator) + stringify(second);
}

/// Cases that have an expression under one name and what it is evaluated on under another.
void add_expressions(inputs& out, const std::string& area, const char* expression,
                     const char* document) {
  for (const json::object& given : given_in(area))
    if (const json::value* const text = given.if_contains(expression); text && text->is_string())
      out.insert(two_parts_of(std::string(text->get_string()), given.at(document)));
}

void add_whole_cases(inputs& out) {
  for (const char* const area : {"jsonpath", "template", "mapping", "transform"})
    for (const json::object& given : given_in(area))
      out.insert(stringify(given));
  out.insert(stringify_pretty(given_in("flow").front()));
}

void add_mapping_sources(inputs& out) {
  for (const json::object& given : given_in("mapping")) {
    const json::value* const mappings = given.if_contains("mappings");
    if (!mappings)
      continue;
    for (const auto& [target, source] : mappings->as_object())
      if (source.is_string())
        out.insert(two_parts_of(std::string(source.get_string()), given.at("context")));
  }
}

void add_nested_templates(inputs& out) {
  for (const json::object& given : given_in("template"))
    if (const json::value* const object = given.if_contains("object"))
      out.insert(two_parts_of(stringify(*object), given.at("context")));
}

std::vector<json::value> examples() {
  std::vector<json::value> all;
  for (const auto& each : fs::directory_iterator(fs::path(MILLRACE_SOURCE_DIR) / "flows/examples"))
    if (const std::string name = each.path().filename().string();
        name.ends_with(".json") && !name.ends_with(".test.json"))
      all.push_back(load("flows/examples" / each.path().filename()));
  return all;
}

void add_definitions(inputs& out) {
  for (const json::object& given : given_in("flow"))
    for (const json::value& flow : given.at("flows").as_array())
      out.insert(stringify(flow));
  const json::object overrides{{"a", {{"literals", {{"x", "{{y}}"}}}, {"delay", nullptr}}}};
  for (const json::value& flow : examples())
    out.insert(two_parts_of(stringify(flow), overrides));
  const json::value broken = load("tests/flows/data/definitions.json");
  for (const json::value& each : broken.as_array()) {
    if (const json::value* const record = each.as_object().if_contains("record")) {
      out.insert(stringify(*record));
      continue;
    }
    const json::object& steps = each.at("steps").as_object();
    out.insert(stringify(json::object{{"id", "f"},
                                      {"version", 1},
                                      {"startStepInstanceId", steps.begin()->key()},
                                      {"steps", steps}}));
  }
}

void add_bundles(inputs& out) {
  for (const json::object& given : given_in("flow")) {
    json::object bundle{{"formatVersion", "1.0"}, {"exportedAt", "2024-01-31T12:00:00.000Z"}};
    for (const char* const section : {"flows", "stepDefinitions", "agents"})
      if (const json::value* const entries = given.if_contains(section))
        bundle[section] = *entries;
    out.insert(stringify(bundle));
  }
  out.insert(stringify(given_in("flow").front().at("flows")));
  for (const json::value& flow : examples())
    out.insert(stringify(flow));
}

// A file of the time zone database that has nothing but a rule. Source: RFC 9636.
std::string zone_file(const std::string& rule) {
  const std::string none(4, '\0');
  const std::string one = std::string(3, '\0') + '\1';
  const std::string four = std::string(3, '\0') + '\4';
  const std::string header =
      "TZif2" + std::string(15, '\0') + none + none + none + none + one + four;
  const std::string type = none + std::string(2, '\0') + "LMT" + '\0';
  return header + type + header + type + '\n' + rule + '\n';
}

void add_schedules(inputs& out) {
  const char* const rules[] = {"UTC0", "EST5EDT,M3.2.0,M11.1.0", "CET-1CEST,M3.5.0,M10.5.0/3",
                               "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1",
                               "<+1030>-10:30<+11>-11,J60/2,300/26"};
  const char* const expressions[] = {"rate(1 minute)",
                                     "rate(7 days)",
                                     "rate(90 minutes)",
                                     "at(2026-03-29T02:30:00)",
                                     "at(2026-02-29T00:00:00)",
                                     "cron(0 12 * * ? *)",
                                     "cron(*/5 8-17 ? * MON-FRI *)",
                                     "cron(0/15 * L * ? *)",
                                     "cron(30 2 ? * 1#5 2026-2030)",
                                     "cron(59 23 LW 2,12 ? *)",
                                     "cron(0 0 31 1/2 ? *)",
                                     "cron(30 2 ? 3 SUN *)",
                                     "cron(15 10 15W * ? *)",
                                     "cron(0 18 ? * 6L *)",
                                     "cron(0 0 29 FEB ? 2096-2104/4)",
                                     "cron(0 0 30 2 ? *)",
                                     "cron(0 0 ? JAN-MAR,DEC TUE,THU *)",
                                     "cron(60 0 * * ? *)",
                                     "cron(0 0 * * * *)",
                                     "rate(0 hours)"};
  for (const char* expression : expressions) {
    out.insert(expression);
    for (const char* rule : rules)
      out.insert(expression + std::string(separator) + zone_file(rule));
  }
}

std::string mail_part(const std::string& type, const std::string& encoding,
                      const std::string& body) {
  return "Content-Type: " + type + "\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" +
         body + "\r\n";
}

void add_mails(inputs& out) {
  const std::string head =
      "From: \"Doe, Jane\" <jane@example.com>\r\nTo: team: a@example.com, b@example.com;\r\n"
      "Message-ID: <1@example.com>\r\nSubject: "
      "=?utf-8?Q?caf=C3=A9?=\r\n\t=?iso-8859-1?B?6Q==?=\r\n";
  std::vector<std::string> parts;
  for (const char* const charset :
       {"utf-8", "iso-8859-1", "windows-1252", "us-ascii", "koi8-r", "x-none"})
    for (const auto& [encoding, body] :
         {std::pair("7bit", "plain words"), std::pair("8bit", "caf\xc3\xa9"),
          std::pair("quoted-printable", "caf=C3=A9 =\r\nlong=20"),
          std::pair("base64", "Y2Fmw6k=\r\n!")})
      for (const char* const type : {"text/plain", "text/html", "application/octet-stream"})
        parts.push_back(
            mail_part(std::string(type) + "; charset=" + charset + "; name*=utf-8''%e2%82%ac",
                      encoding, body));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    out.insert(head + parts[i]);
    out.insert(head + "Content-Type: multipart/mixed; boundary=\"B\"\r\n\r\n--B\r\n" + parts[i] +
               "--B\r\nContent-Disposition: attachment; filename*0=\"a\"; filename*1=\".txt\"\r\n" +
               parts[(i * 7 + 1) % parts.size()] + "--B--\r\n");
  }
  out.insert(head + "Content-Type: message/rfc822\r\n\r\n" + head + parts.front());
}

} // namespace

std::set<std::string> seeds_of(std::string_view name) {
  inputs out;
  if (name == "json") {
    add_whole_cases(out);
  } else if (name == "jsonpath") {
    add_expressions(out, "jsonpath", "path", "data");
    add_mapping_sources(out);
  } else if (name == "condition") {
    add_expressions(out, "condition", "condition", "context");
  } else if (name == "template") {
    add_expressions(out, "template", "template", "context");
    add_nested_templates(out);
  } else if (name == "definition") {
    add_definitions(out);
  } else if (name == "bundle") {
    add_bundles(out);
  } else if (name == "schedule") {
    add_schedules(out);
  } else if (name == "mail") {
    add_mails(out);
  }
  if (out.empty())
    throw std::runtime_error("there are no seeds for " + std::string(name));
  return out;
}

} // namespace millrace::fuzz
