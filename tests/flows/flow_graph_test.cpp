// SPDX-License-Identifier: Apache-2.0
#include <millrace/flow_graph.hpp>

#include "catch.hpp"
#include "conformance.hpp"

#include <algorithm>
#include <chrono>
#include <set>

using namespace millrace;
using namespace millrace::flows;

namespace {

// The steps' ids follow from their keys.
std::shared_ptr<const flow_definition> compile(json::object text) {
  for (auto& member : text.at("steps").as_object())
    member.value().as_object()["stepInstanceId"] = member.key();
  definition_rules rules;
  auto compiled = compile_definition(text, rules);
  INFO(describe(compiled.problems));
  REQUIRE(compiled.ok());
  return compiled.definition;
}

flow_graph graph_of(std::string_view text) {
  return make_flow_graph(*compile(parse_json(text, "test")->as_object()));
}

flow_graph example(const std::string& name) {
  return make_flow_graph(
      *compile(testing::load_json("flows/examples/" + name + ".json").as_object()));
}

// "a -transition 0 $.x-> b", in order.
std::string edges_of(const flow_graph& graph) {
  std::string text;
  for (const graph_edge& edge : graph.edges) {
    const auto name = [&](std::size_t node) {
      return graph.nodes[node].kind == graph_node_kind::begin ? "()" : graph.nodes[node].id;
    };
    text += name(edge.from) + " " + to_string(edge.kind) + " " + std::to_string(edge.index) + " " +
            edge.label + " " + name(edge.to) + "\n";
  }
  return text;
}

// A fork in a fork, a loop, fallbacks, a retry, a step that nothing leads to.
constexpr std::string_view twisted = R"({"id": "twisted", "startStepInstanceId": "outer", "steps": {
  "outer": {"displayName": "Outer", "stepType": "PARALLEL_FORK_MANAGER", "itemsPath": "$.items",
    "parallelBranches": [{"branchId": "left", "stepInstanceId": "inner"},
                         {"branchId": "right", "stepInstanceId": "work"}],
    "defaultNextStepInstanceId": "again"},
  "inner": {"displayName": "Inner", "stepType": "PARALLEL_FORK_MANAGER", "itemsPath": "$.items",
    "parallelBranches": [{"branchId": "deep", "stepInstanceId": "work"}]},
  "work": {"displayName": "Work", "stepType": "NO_OP",
    "onError": {"retries": {"count": 2, "intervalSeconds": 1}, "fallbackStepInstanceId": "rescue"}},
  "rescue": {"displayName": "Rescue", "stepType": "NO_OP"},
  "again": {"displayName": "Again", "stepType": "NO_OP",
    "transitions": [{"condition": "$.more", "nextStepInstanceId": "outer"},
                    {"condition": "$.n > 1", "nextStepInstanceId": "again"}]},
  "island": {"displayName": "Island", "stepType": "NO_OP"}}})";

std::string big_flow(std::size_t steps) {
  std::string text = R"({"id": "big", "startStepInstanceId": "s0", "steps": {)";
  for (std::size_t i = 0; i < steps; ++i) {
    const auto step = [steps](std::size_t n) { return "\"s" + std::to_string(n % steps) + '"'; };
    text += (i == 0 ? "" : ",") + step(i) + R"(: {"displayName": "S", "stepType": "NO_OP",
      "transitions": [{"condition": "$.a", "nextStepInstanceId": )" +
            step(i * 7919 + 13) + R"(}, {"condition": "$.b", "nextStepInstanceId": )" +
            step(i * 104729 + 7) + R"(}], "defaultNextStepInstanceId": )" + step(i + 1) + '}';
  }
  return text + "}}";
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

// Whether tags close in order and nothing but the five entities and numbers stands behind an &.
bool is_well_formed(const std::string& xml) {
  std::vector<std::string> open;
  for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find('>', at);
    if (end == std::string::npos)
      return false;
    const std::string tag = xml.substr(at + 1, end - at - 1);
    if (tag.find('<') != std::string::npos)
      return false;
    const std::string name = tag.substr(0, tag.find_first_of(" /"));
    if (tag.front() == '/') {
      if (open.empty() || open.back() != tag.substr(1))
        return false;
      open.pop_back();
    } else if (tag.front() != '?' && tag.back() != '/') {
      open.push_back(name);
    }
  }
  for (std::size_t at = xml.find('&'); at != std::string::npos; at = xml.find('&', at + 1)) {
    const std::string name = xml.substr(at + 1, xml.find(';', at) - at - 1);
    if (std::set<std::string>{"amp", "lt", "gt", "quot", "#39"}.count(name) == 0)
      return false;
  }
  return open.empty();
}

} // namespace

TEST_CASE("the graph of a flow has every way by which one step leads to another") {
  CHECK(edges_of(graph_of(twisted)) == "() start 0  outer\n"
                                       "outer default 0  again\n"
                                       "outer branch 0 left inner\n"
                                       "outer branch 1 right work\n"
                                       "again transition 0 $.more outer\n"
                                       "again transition 1 $.n > 1 again\n"
                                       "inner branch 0 deep work\n"
                                       "work fallback 0  rescue\n");
  const flow_graph graph = graph_of(twisted);
  CHECK(graph.nodes.size() == 7);
  CHECK(graph.nodes.back().id == "island");
}

TEST_CASE("a flow with start points may begin at each of them") {
  const std::string edges = edges_of(example("support-mail"));
  INFO(edges);
  CHECK(edges.find("() start 0  monday\n() start 0  mail\n") == 0);
}

TEST_CASE("a flow that a step starts is a node where its id is constant, and one of its own else") {
  CHECK(edges_of(example("relay")) == "() start 0  visit_station\n"
                                      "visit_station transition 0 $.stations.length > 1 hand_over\n"
                                      "visit_station default 0  end\n"
                                      "hand_over default 0  end\n"
                                      "hand_over child 0 starts relay\n");
  CHECK(edges_of(example("order-quote")).find("calls process-order-flow") != std::string::npos);
  const auto child_of = [](const std::string& members) {
    const flow_graph graph =
        graph_of(R"({"id": "x", "startStepInstanceId": "s", "steps": {"s": {"displayName": "S",
          "stepType": "START_FLOW_EXECUTION", "moduleIdentifier": "system/start-flow-execution", )" +
                 members + "}}}");
    return graph.nodes.back().id;
  };
  CHECK(child_of(R"("flowDefinitionId": "a")") == "a");
  CHECK(child_of(R"("flowDefinitionId": "a-{{kind}}")").empty());
  CHECK(child_of(R"("literals": {"flowDefinitionId": "b"})") == "b");
  CHECK(child_of(R"("literals": {"flowDefinitionId": "$.b"})").empty());
  CHECK(child_of(R"("inputMappings": {"flowDefinitionId": "$.b"})").empty());
  CHECK(child_of(R"("customConfig": {"flowDefinitionId": "c"})") == "c");
}

TEST_CASE("a drawing is the same text every time and names every step") {
  for (const char* name :
       {"expense-approval", "order-intake", "order-quote", "process-order", "relay"}) {
    INFO(name);
    const flow_graph graph = example(name);
    for (const auto draw : {to_mermaid, to_dot, to_svg}) {
      const std::string text = draw(graph, nullptr);
      CHECK(text == draw(example(name), nullptr));
      for (const graph_node& node : graph.nodes)
        CHECK(text.find(node.id) != std::string::npos);
    }
    CHECK(is_well_formed(to_svg(graph)));
    CHECK(count_of(to_svg(graph), "marker-end") == graph.edges.size());
    CHECK(count_of(to_dot(graph), " -> ") == graph.edges.size());
  }
}

TEST_CASE("hostile names stay words in every format") {
  const std::string name = "\"]; click n0 <script>alert('1')</script> %%{init: {}}%% & `x` \\";
  flow_graph graph;
  graph.flow_definition_id = name;
  graph.nodes = {{graph_node_kind::begin, "", "", ""},
                 {graph_node_kind::step, name, "T\x01\n\u202Ex", "1. " + name},
                 {graph_node_kind::child, name, "", ""}};
  graph.edges = {{graph_edge_kind::start, 0, 1, 0, ""},
                 {graph_edge_kind::transition, 1, 1, 0, name + " --> n0"},
                 {graph_edge_kind::child, 1, 2, 0, "starts"}};
  const std::string svg = to_svg(graph);
  CHECK(is_well_formed(svg));
  CHECK(svg.find("<script") == std::string::npos);
  const std::string mermaid = to_mermaid(graph);
  CHECK(count_of(mermaid, "\n") == 7); // the title, three nodes, three edges
  for (const char* part : {"<script", "%%", "{", "`", "&", "\\", "'", "\"1."})
    CHECK(mermaid.find(part) == std::string::npos);
  CHECK(count_of(mermaid, "\"") == 2 * (3 + 2)); // the quotes of three nodes and two labels
  const std::string dot = to_dot(graph);
  CHECK(count_of(dot, "\n") == 10);
  CHECK(dot.find("\\\"]; click n0") != std::string::npos);
  CHECK(count_of(dot, "&") == count_of(dot, "&amp;"));
  for (const std::string& text : {svg, mermaid, dot})
    for (const char* part : {"\x01", "\u202E"})
      CHECK(text.find(part) == std::string::npos);
}

TEST_CASE("a name that is no UTF-8 or very long is cut to a line") {
  flow_graph graph;
  graph.nodes = {{graph_node_kind::begin, "", "", ""},
                 {graph_node_kind::step, "a\xFF\xC3", "NO_OP", std::string(100'000, 'x')}};
  for (const std::string& text : {to_mermaid(graph), to_dot(graph), to_svg(graph)}) {
    CHECK(text.size() < 10'000);
    CHECK(text.find("a\uFFFD\uFFFD") != std::string::npos);
    CHECK(text.find("\u2026") != std::string::npos);
  }
}

TEST_CASE("a flow of ten thousand steps full of cycles is drawn whole") {
  const flow_graph graph = graph_of(big_flow(10'000));
  REQUIRE(graph.edges.size() == 30'001);
  const std::string svg = to_svg(graph);
  CHECK(count_of(svg, "marker-end") == graph.edges.size());
  CHECK(count_of(to_mermaid(graph), "\n") == 1 + graph.nodes.size() + graph.edges.size());
  CHECK(count_of(to_dot(graph), " -> ") == graph.edges.size());
}

TEST_CASE("an execution's path marks what it entered, where it failed and what it left out") {
  const flow_graph graph = graph_of(twisted);
  walked_path path;
  path.steps = {"outer", "again", "outer", "again", "again"};
  path.failed_step = "again";
  graph_marks marks = mark_path(graph, path);
  const auto node = [&](std::string_view id) {
    return std::find_if(graph.nodes.begin(), graph.nodes.end(),
                        [&](const graph_node& each) { return each.id == id; }) -
           graph.nodes.begin();
  };
  const auto mark = [&](std::string_view id) {
    return marks.nodes[static_cast<std::size_t>(node(id))];
  };
  CHECK(mark("outer")->count == 2);
  CHECK(mark("again")->count == 3);
  CHECK(mark("again")->failed);
  CHECK_FALSE(mark("work").has_value()); // only a branch leads there
  CHECK(marks.edges[0] == 1u);           // start
  CHECK(marks.edges[1] == 2u);           // outer -> again
  CHECK(marks.edges[4] == 1u);           // again -> outer
  CHECK(marks.edges[5] == 1u);           // again -> again
  CHECK_FALSE(marks.edges[2].has_value());
  CHECK(to_mermaid(graph, &marks).find("failed here") != std::string::npos);
  path.branch_steps = {"work", "work", "rescue"};
  marks = mark_path(graph, path);
  CHECK(mark("work")->count == 2);
  CHECK(mark("inner")->count == 0);
  CHECK(marks.edges[3] == 2u); // outer, branch right
}
