// SPDX-License-Identifier: Apache-2.0
//
// Templates beyond the recorded cases: the corners of the language, the limits, and value
// templates that lead back to themselves. Expected texts are those of Handlebars 4.7, except where
// parity.json says otherwise.
#include <millrace/template.hpp>

#include <millrace/limits.hpp>

#include "catch.hpp"

#include <string>
#include <string_view>

using namespace millrace;
using namespace millrace::flows;

namespace {

json::value parse(std::string_view text) {
  return parse_json(text, "test").value();
}

result<std::string> render(std::string_view text, const json::value& context) {
  return text_template::compile(text).render(scope(context));
}
result<std::string> render_with(std::string_view text, std::string_view context) {
  const json::value parsed = parse(context);
  return render(text, parsed);
}

struct row {
  const char* text;
  const char* context;
  const char* expected; // a text, or what an error's message contains
};

void check_texts(std::initializer_list<row> rows) {
  for (const row& each : rows) {
    INFO(each.text << " with " << each.context);
    const result<std::string> rendered = render_with(each.text, each.context);
    if (rendered.has_error()) {
      FAIL(rendered.error().message());
    }
    CHECK(*rendered == each.expected);
  }
}

void check_errors(std::initializer_list<row> rows) {
  for (const row& each : rows) {
    INFO(each.text << " with " << each.context);
    const result<std::string> rendered = render_with(each.text, each.context);
    REQUIRE(rendered.has_error());
    INFO("message: " << rendered.error().message());
    CHECK(rendered.error().message().find(each.expected) != std::string::npos);
  }
}

std::string repeated(std::string_view part, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) {
    all += part;
  }
  return all;
}

} // namespace

TEST_CASE("names mean what Handlebars makes of them") {
  check_texts({
      {"{{[a]}}{{\"a\"}}{{this.a}}{{./a}}{{this/a}}", R"({"a":1})", "11111"},
      {"{{[this]}} {{this.[a b]}}", R"({"this":"t","a b":"u"})", "t u"},
      {"{{#each l}}{{..}}{{/each}}", R"({"l":[1]})", "[object Object]"},
      {"{{#each l}}{{#each this}}{{@../index}}{{@index}}{{../../s}} {{/each}}{{/each}}",
       R"({"l":[["x","y"],["z",""]],"s":"-"})", "00- 01- 10- 11- "},
      {"{{#with this}}{{../a}}{{/with}}", R"({"a":1})", ""}, // the same context is entered once
      {"{{#with o}}{{#with this}}{{../a}}{{/with}}{{/with}}", R"({"a":1,"o":{"a":2}})", "1"},
      {"{{#each l as |v k|}}{{v.x}}{{k}}{{#each v.m as |w|}}{{v.x}}{{w}}{{/each}};{{/each}}",
       R"({"l":[{"x":"a","m":[1,2]}]})", "a0a1a2;"},
      {"{{#each l as |json|}}{{json}}{{/each}}", R"({"l":[{}]})", "[object Object]"},
      {"{{#each l}}{{@root.s}}{{@_parent.root.s}}{{/each}}", R"({"l":[1],"s":"x"})", "xx"},
      {"{{a.[0]}}{{a.[1]}}{{a.length}}{{s.[0]}}{{s.length}}", R"({"a":["x","y"],"s":"é😀"})",
       "xy2é3"},
      {"{{a.push}}{{s.constructor}}{{n.toString}}", R"({"a":[],"s":"x","n":1})", ""},
      {"{{@index.x}}{{#each l}}{{@index.x}}{{/each}}", R"({"l":[1,2]})", "0"},
      {"{{xthis}}", R"({"xthis":"x"})", "x"},
      {"{{json.x}}{{this.json.x}}", R"({"json":{"x":1}})", "11"},
      {"{{#this.json}}{{x}}{{/this.json}}", R"({"json":{"x":1}})", "1"},
  });
}

TEST_CASE("blocks choose and repeat as Handlebars does") {
  check_texts({
      {"{{#if n includeZero=true}}y{{else}}n{{/if}}", R"({"n":0})", "y"},
      {"{{#if n includeZero=true}}y{{else}}n{{/if}}", R"({"n":""})", "n"},
      {"{{#unless n includeZero=1}}y{{else}}n{{/unless}}", R"({"n":0})", "n"},
      {"{{^a}}none{{/a}}{{^b}}none{{else}}some{{/b}}", R"({"b":[1]})", "nonesome"},
      {"{{#a}}{{.}}{{@index}}{{/a}}", R"({"a":["x","y"]})", "x0y1"},
      {"{{#a}}in{{.}}{{/a}}", R"({"a":"t"})", "int"},
      {"{{#with z}}{{this}}{{else}}none{{/with}}", R"({"z":0})", "0"},
      {"{{#each l}}{{#if true}}{{this}}{{/if}}{{/each}}", R"({"l":[null]})", "[object Object]"},
      {"{{#each l}}{{this}}{{else}}none{{/each}}", R"({"l":"text"})", "none"},
      {"{{#each o as |v k|}}{{k}}={{v}},{{/each}}", R"({"o":{"b":1,"2":2,"1":3}})", "1=3,2=2,b=1,"},
      {"{{#json o}}ignored{{/json}}", R"({"o":{"a":1}})", R"({"a":1})"},
      {"{{#if a}}A{{else each l}}{{this}}{{else}}E{{/if}}", R"({"l":[]})", "E"},
      {"{{{{raw}}}} {{x}} {{{{/raw}}}}{{{{o}}}}{{a}}{{{{b}}}}{{{{/b}}}}{{{{/o}}}}",
       R"({"o":{"a":1}})", "{{a}}{{{{b}}}}{{{{/b}}}}"},
  });
}

TEST_CASE("helpers compute as JavaScript does") {
  check_texts({
      {"{{slice l 1}} {{slice l -2}} {{slice l \"1\" 2}} {{slice l 0 -1}}", R"({"l":[1,2,3]})",
       "2,3 2,3 2 1,2"},
      {"{{eq a b}}{{eq a a}}{{eq o o}}{{eq o p}}{{neq a \"1\"}}",
       R"({"a":1,"b":1.0,"o":{},"p":{}})", "truetruetruefalsetrue"},
      {"{{gt a b}}{{lt a b}}{{gt null -1}}{{lt undefined 1}}", R"({"a":"10","b":"9"})",
       "falsetruetruefalse"},
      {"{{default a}}{{default a b c}}", R"({"b":2})", "2"},
      {"{{lookup l \"length\"}}{{lookup s 0}}{{lookup o k}}{{lookup n \"x\"}}",
       R"({"l":[1,2],"s":"xy","o":{"k2":5},"k":"k2","n":null})", "2x5"},
      {"{{base64 b}}{{base64 l}}{{base64 \"\"}}", R"({"b":"é","l":[72,300,-1]})", "w6k=SCz/"},
      {"{{log \"nothing is printed\" a}}", R"({"a":1})", ""},
      {"{{json this}}{{json undefined}}{{json \"t\"}}{{json 1.50}}", R"({"a":[null,{"b":1e21}]})",
       R"({"a":[null,{"b":1e+21}]}nullt1.5)"},
      {"{{json (json o)}}", R"({"o":{"a":1}})", R"({"a":1})"},
  });
}

TEST_CASE("inline partials and partial blocks render") {
  check_texts({
      {"{{#*inline \"p\"}}<{{a}}{{x}}>{{/inline}}{{> p}}{{> p o}}{{> p o x=2 a=3}}",
       R"({"a":1,"o":{"a":5}})", "<1><5><32>"},
      {"{{#> p}}default {{a}}{{/p}}", R"({"a":1})", "default 1"},
      {"{{#*inline \"q\"}}[{{> @partial-block}}]{{/inline}}{{#> q}}{{a}}{{/q}}", R"({"a":1})",
       "[1]"},
      {"{{#*inline \"p\"}}a\nb\n{{/inline}}\n  {{> p}}\nc", "{}", "  a\n  b\nc"},
      {"{{#*inline \"p\"}}P{{/inline}}{{> (lookup this \"n\")}}", R"({"n":"p"})", "P"},
      {"{{#each l}}{{#*inline \"p\"}}{{@index}}{{this}}{{/inline}}{{> p}}{{/each}}",
       R"({"l":["x","y"]})", "0x1y"},
  });
  check_errors({
      {"{{> (lookup this \"n\")}}", "{}", "The partial undefined could not be found"},
      {"{{> @partial-block}}", "{}", "The partial @partial-block could not be found"},
      {"{{> p a b}}", "{}", "Unsupported number of partial arguments: 2 - 1:0"},
      {"{{#if a}}{{* mark}}{{/if}}", "{}", "Missing decorator: \"mark\""},
      {"{{#*inline \"p\"}}a{{else}}b{{/inline}}", "{}", "Unexpected inverse block on decorator"},
  });
}

TEST_CASE("white space goes where tags stand alone or carry a tilde") {
  check_texts({
      {"a\n  {{#if t}}  \n b\n  {{else}}\t\nc\n{{/if}}\nd", R"({"t":1})", "a\n b\nd"},
      {"{{#each l}}\n  {{this}}\n{{~/each}} x", R"({"l":[1,2]})", "  1  2 x"},
      {"x \n {{~! note ~}} \n y", "{}", "xy"},
      {"a\u00a0\u2003{{~b~}}\ufeff\u3000c", R"({"b":1})", "a1c"},
      {"{{#if a~}} x {{~else if b~}} y {{~else~}} z {{~/if}}", R"({"b":1})", "y"},
      {"\\\\{{a}} \\{{a}} \\\\\\{{a}}", R"({"a":1})", "\\1 {{a}} \\\\1"},
      {"{{!-- {{a}} -- }} --}}|{{!}}|{{! a }}", "{}", "||"},
  });
}

TEST_CASE("a malformed template says where and what, at every rendering") {
  check_errors({
      {"line\n{{#if a}}\n{{/each}}", "{}", "if doesn't match each - 2:3"},
      {"{{a.this}}", "{}", "Invalid path: a.this - 1:2"},
      {"a\nb {{a b=1 c}}", "{}", "Parse error on line 2"},
      {"{{{a}}", "{}", "Parse error on line 1"},
      {"{{!-- open", "{}", "Lexical error on line 1. Unrecognized text."},
      {"{{else}}", "{}", "Parse error on line 1"},
      {"{{#if a as |x|}}{{x}}{{/if}}", R"({"a":1})", "'x'"},
      {"{{a 1}}", R"({"a":"value"})", "'a' is a value and not a helper"},
      {"{{base64 t}}", R"({"t":true})", "base64"},
      {"{{each l}}", R"({"l":[1]})", "each"},
      {"{{#with_json_path 5}}x{{/with_json_path}}", "{}", "with_json_path"},
  });
  const text_template broken = text_template::compile("{{a");
  REQUIRE(broken.problem() != nullptr);
  CHECK(broken.problem()->code() == errc::invalid_syntax);
  CHECK(broken.text() == "{{a");
  CHECK_FALSE(broken.is_plain());
}

TEST_CASE("a text without tags is plain and renders to itself") {
  const text_template plain = text_template::compile("a } b { c \\ $.x");
  CHECK(plain.is_plain());
  CHECK(plain.problem() == nullptr);
  CHECK(plain.render(scope()).value() == "a } b { c \\ $.x");
  CHECK(text_template().is_plain());
  CHECK(text_template().render(scope()).value().empty());
  CHECK_FALSE(text_template::compile("\\{{a}}").is_plain());
}

TEST_CASE("hostile templates end at a named limit") {
  const std::string long_text(1024 * 1024, 'x');
  json::object members;
  members["s"] = long_text;
  members["l"] = json::array(700);
  const json::value context = members;
  const std::size_t depth = limits().expression_depth_max;
  struct hostile {
    std::string text;
    const char* limit;
  };
  const hostile rows[] = {
      {repeated("{{#if s}}", depth + 1) + repeated("{{/if}}", depth + 1), "expression_depth_max"},
      {"{{json " + repeated("(json ", 100'000 / 6) + "s" + repeated(")", 100'000 / 6) + "}}",
       "expression_depth_max"},
      {"{{#if s}}" + repeated("{{else if s}}", depth + 1) + "{{/if}}", "expression_depth_max"},
      {repeated("{{#> p}}", depth + 1), "expression_depth_max"},
      {"{{a}}" + std::string(limits().expression_bytes_max, ' '), "expression_bytes_max"},
      {"{{#each l}}{{@root.s}}{{/each}}", "rendered_bytes_max"},
      {"{{#each l}}{{@root.s.length}}{{/each}}", "template_operations_max"},
      {"{{#*inline \"p\"}}{{> p}}{{/inline}}{{> p}}", "deep"},
      {"{{#*inline \"p\"}}{{> p x=this}}{{/inline}}{{> p}}", "template_operations_max"},
      {"{{#*inline \"p\"}}\n" + repeated("\n", 60'000) + "{{/inline}}\n" + repeated(" ", 60'000) +
           "{{> p}}\n",
       "rendered_bytes_max"},
  };
  for (const hostile& each : rows) {
    INFO(each.text.substr(0, 60));
    const result<std::string> rendered = render(each.text, context);
    REQUIRE(rendered.has_error());
    INFO(rendered.error().message());
    CHECK(rendered.error().code() == errc::limit_exceeded);
    CHECK(rendered.error().message().find(each.limit) != std::string::npos);
  }
  const std::string allowed = repeated("{{#if s}}", depth) + repeated("{{/if}}", depth);
  CHECK(render(allowed, context).has_value());
}

TEST_CASE("a value template replaces paths by values and keeps everything else") {
  struct nested {
    const char* object;
    const char* context;
    const char* expected;
  };
  const nested rows[] = {
      {R"({"a":"$.o","b":["$.n",{"c":"$.s"}]})",
       R"({"o":{"t":"{{x}}"},"n":null,"s":"$.o.t","x":1})",
       R"({"a":{"t":"{{x}}"},"b":[null,{"c":"1"}]})"},
      {R"({"a":"{{p}}","b":"{{p}}x"})", R"({"p":"$.v","v":[1]})", R"({"a":[1]})"},
      {R"({"a":"$.p"})", R"({"p":"$.q","q":"{{r}}","r":"$.s","s":{"k":true}})",
       R"({"a":{"k":true}})"},
      {R"({"a":"$.x\u2028"})", R"({"x":1})", R"({"a":"$.x\u2028"})"},
      {R"(["$.x","plain"])", R"({"x":1})", R"([1,"plain"])"},
      {R"("$.x")", R"({"x":1.5})", "1.5"},
  };
  for (const nested& each : rows) {
    INFO(each.object);
    const json::value context = parse(each.context);
    const value_template compiled = value_template::compile(parse(each.object));
    CHECK(compiled.problem() == nullptr);
    const result<json::value> rendered = compiled.render(scope(context));
    REQUIRE_FALSE(rendered.has_error());
    CHECK(*rendered == parse(each.expected));
  }
}

TEST_CASE("a path that leads back to itself is an error that names the way") {
  struct cycle {
    const char* object;
    const char* context;
    const char* trail;
  };
  const cycle rows[] = {
      {R"({"v":"$.a"})", R"({"a":"$.b","b":"$.a"})", "$.a -> $.b -> $.a"},
      {R"({"v":"$.a"})", R"({"a":"$.b","b":"$.c","c":"$.b"})", "$.a -> $.b -> $.c -> $.b"},
      {R"({"v":["{{p}}"]})", R"({"p":"$.a","a":"{{p}} "})", ""},
      {R"({"v":"$.a"})", R"({"a":"{{t}}","t":"$.a"})", "$.a -> $.a"},
  };
  for (const cycle& each : rows) {
    INFO(each.context);
    const json::value context = parse(each.context);
    const result<json::value> rendered =
        value_template::compile(parse(each.object)).render(scope(context));
    if (std::string_view(each.trail).empty()) {
      CHECK(rendered.has_value());
      continue;
    }
    REQUIRE(rendered.has_error());
    INFO(rendered.error().message());
    CHECK(rendered.error().message().find(each.trail) != std::string::npos);
  }
}

TEST_CASE("a chain of paths is followed up to its limit") {
  json::object members;
  const std::size_t longest = limits().rerender_depth_max;
  for (std::size_t i = 0; i <= longest + 1; ++i) {
    members["p" + std::to_string(i)] = "$.p" + std::to_string(i + 1);
  }
  const json::value start = parse(R"({"v":"$.p0"})");
  const json::value endless = members;
  const result<json::value> refused = value_template::compile(start).render(scope(endless));
  REQUIRE(refused.has_error());
  CHECK(refused.error().code() == errc::limit_exceeded);

  members["p" + std::to_string(longest)] = 7;
  const json::value ending = members;
  const result<json::value> found = value_template::compile(start).render(scope(ending));
  REQUIRE(found.has_value());
  CHECK(*found == parse(R"({"v":7})"));
}

TEST_CASE("a value template of nothing is undefined, and a malformed text in it is its problem") {
  CHECK(value_template().is_undefined());
  CHECK(value_template::compile(nullptr).is_undefined());
  CHECK(value_template().render(scope()).value().is_null());
  const value_template broken = value_template::compile(parse(R"({"a":"ok","b":[{"c":"{{x"}]})"));
  CHECK_FALSE(broken.is_undefined());
  REQUIRE(broken.problem() != nullptr);
  CHECK(broken.problem()->code() == errc::invalid_syntax);
  CHECK(broken.render(scope()).has_error());
}
