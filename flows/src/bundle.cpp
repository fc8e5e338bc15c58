// SPDX-License-Identifier: Apache-2.0
//
// Takes a flow source apart. What is inside a flow is compile_definition's business; here only the
// shapes around it are checked.
#include "definition_checks.hpp"
#include "shape.hpp"

#include <millrace/bundle.hpp>

#include <set>
#include <utility>

namespace millrace::flows {

namespace {

using definitions::child;
using definitions::object_reader;

constexpr std::string_view supported_format_version = "1.0";

/// Reads one document into a flow_source.
class source_reader {
public:
  explicit source_reader(std::string_view source) : source_(source) {}

  void read(const json::value& document) {
    if (const json::array* flows = document.if_array()) {
      read_flows(*flows, "");
    } else if (!document.is_object()) {
      refuse_document(document);
    } else if (document.get_object().contains("formatVersion")) {
      read_bundle(document.get_object());
    } else {
      read_flow(document, "");
    }
  }

  [[nodiscard]] flow_source take() && {
    result_.problems = std::move(problems_.items());
    return std::move(result_);
  }

private:
  void refuse_document(const json::value& document) {
    problems_.error("", "this is no flow: expected an object with id, steps and "
                        "startStepInstanceId, or an export bundle with formatVersion, but it is " +
                            shape::describe(document));
  }

  void read_flows(const json::array& flows, const std::string& pointer) {
    if (flows.empty() && pointer.empty()) {
      problems_.warning(pointer, "this array holds no flows; add one");
    }
    for (std::size_t i = 0; i < flows.size(); ++i) {
      read_flow(flows[i], child(pointer, i));
    }
  }

  void read_flow(const json::value& value, const std::string& pointer) {
    if (!value.is_object() || (!value.get_object().contains("steps") &&
                               !value.get_object().contains("startStepInstanceId"))) {
      refuse_flow(value, pointer);
      return;
    }
    object_reader reader(value.get_object(), pointer, problems_);
    flow_record record;
    record.definition = value.get_object();
    // Importing a flow into Allma makes the variables written in it those of the flow record.
    if (const json::value* variables = reader.find("flowVariables");
        variables != nullptr && variables->is_object()) {
      record.flow_variables = variables->get_object();
    }
    const json::value* published = reader.find("isPublished");
    record.is_published = published == nullptr || *published == true;
    record.source = source_;
    record.pointer = pointer;
    note_twice(reader);
    result_.flows.push_back(std::move(record));
  }

  void refuse_flow(const json::value& value, const std::string& pointer) {
    if (pointer.empty()) {
      refuse_document(value);
      return;
    }
    problems_.error(pointer, "this is no flow: expected an object with id, steps and "
                             "startStepInstanceId, but it is " +
                                 shape::describe(value));
  }

  /// One document must not hold one version of a flow twice: nobody could tell which one counts.
  void note_twice(object_reader& reader) {
    const json::value* id = reader.find("id");
    const json::value* version = reader.find("version");
    const auto number = version == nullptr ? 1 : shape::whole_number(*version).value_or(0);
    if (id == nullptr || !id->is_string() || number < 1) {
      return;
    }
    if (!seen_.emplace(std::string(id->get_string()), number).second) {
      reader.error("id", "version " + std::to_string(number) + " of flow " +
                             shape::quoted(id->get_string()) +
                             " stands in this source twice; remove one or give it another version");
    }
  }

  void read_bundle(const json::object& bundle) {
    object_reader reader(bundle, "", problems_);
    const json::value& version = *reader.find("formatVersion");
    if (!version.is_string() || version.get_string() != supported_format_version) {
      reader.error("formatVersion", "this bundle's format version is " + shape::describe(version) +
                                        ", but only \"1.0\" can be read; export it again in that "
                                        "format");
      return;
    }
    check_export_time(reader);
    if (const json::array* flows = reader.array("flows")) {
      read_flows(*flows, "/flows");
    }
    read_section(reader, "stepDefinitions",
                 [this](object_reader& entry) { read_step_definition(entry); });
    read_section(reader, "agents", [this](object_reader& entry) { read_agent(entry); });
    read_section(reader, "promptTemplates",
                 [](object_reader& entry) { static_cast<void>(entry.required_text("id")); });
    read_section(reader, "mcpConnections", [](object_reader& entry) { read_connection(entry); });
    keep_rest(bundle);
    reader.warn_misspelled({"formatVersion", "exportedAt", "flows", "stepDefinitions", "agents",
                            "promptTemplates", "mcpConnections"});
  }

  void check_export_time(object_reader& reader) {
    const json::value* time = reader.find("exportedAt");
    if (time == nullptr) {
      problems_.warning("", "exportedAt is missing, without which Allma refuses to import the "
                            "bundle; add a UTC time stamp");
    } else if (!time->is_string() || !shape::is_utc_timestamp(time->get_string())) {
      reader.warning("exportedAt", "Allma refuses to import the bundle unless exportedAt is a UTC "
                                   "time stamp such as \"2024-01-31T12:00:00.000Z\"");
    }
  }

  template <class Read>
  void read_section(object_reader& bundle, std::string_view section, Read read) {
    const json::array* entries = bundle.array(section);
    const std::string pointer = bundle.pointer(section);
    for (std::size_t i = 0; entries != nullptr && i < entries->size(); ++i) {
      const json::value& entry = (*entries)[i];
      if (!entry.is_object()) {
        problems_.error(child(pointer, i), "every entry of " + std::string(section) +
                                               " must be an object with an id, but this is " +
                                               shape::describe(entry));
        continue;
      }
      object_reader reader(entry.get_object(), child(pointer, i), problems_);
      read(reader);
    }
  }

  void read_step_definition(object_reader& reader) {
    const bool named = reader.required_text("id").has_value();
    static_cast<void>(reader.required_text("name"));
    static_cast<void>(reader.required_text("stepType"));
    static_cast<void>(reader.whole_number("version", 1));
    if (named) {
      result_.step_definitions.push_back(reader.source());
    }
  }

  void read_agent(object_reader& reader) {
    const bool named = reader.required_text("id").has_value();
    static_cast<void>(reader.required_text("name"));
    const bool enabled = reader.boolean("enabled").value_or(true);
    const std::vector<std::string> flows = reader.texts("flowIds");
    static_cast<void>(reader.object("flowVariables"));
    if (!enabled) {
      reader.warning("enabled", "this agent is disabled: its variables reach none of its flows, "
                                "and no schedule or mail starts those that only it owns");
    }
    if (!named) {
      return;
    }
    json::object agent = reader.source();
    if (!agent.contains("flows")) {
      agent["flows"] = json::array(flows.begin(), flows.end());
    }
    result_.agents.push_back(std::move(agent));
  }

  // Source: reference core-types mcp/connections.
  static void read_connection(object_reader& reader) {
    static_cast<void>(reader.required_text("id"));
    static_cast<void>(reader.required_text("name"));
    const auto url = reader.required_text("serverUrl");
    if (url && !shape::is_url(*url)) {
      reader.refuse("serverUrl", "a URL such as \"https://mcp.example/mcp\"");
    }
    const json::object* authentication = reader.object("authentication");
    if (authentication == nullptr) {
      if (!reader.has("authentication")) {
        reader.refuse("authentication", "{\"type\": \"NONE\"}, or a type with a secretArn");
      }
      return;
    }
    object_reader inner = reader.inside("authentication");
    const auto type = inner.choice("type", {"NONE", "BEARER_TOKEN", "API_KEY"});
    if (!inner.has("type")) {
      inner.refuse("type", "NONE, BEARER_TOKEN or API_KEY");
    }
    if (type && *type != "NONE") {
      static_cast<void>(inner.required_text("secretArn"));
      static_cast<void>(inner.required_text("secretJsonKey"));
    }
  }

  void keep_rest(const json::object& bundle) {
    static const std::set<std::string_view> read{"formatVersion", "exportedAt", "flows",
                                                 "stepDefinitions", "agents"};
    for (const auto& member : bundle) {
      if (read.count(member.key()) == 0) {
        result_.other.insert(member);
      }
    }
  }

  std::string_view source_;
  flow_source result_;
  definitions::problem_list problems_;
  std::set<std::pair<std::string, std::int64_t>> seen_;
};

} // namespace

flow_source read_flow_source(const json::value& document, std::string_view source) {
  source_reader reader(source);
  reader.read(document);
  return std::move(reader).take();
}

} // namespace millrace::flows
