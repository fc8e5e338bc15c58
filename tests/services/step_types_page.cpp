// SPDX-License-Identifier: Apache-2.0
//
// Makes docs/step-types.md from the registry and the table of fields: every step type and system
// module of the flow language with what stands in for it here.
//
//     millrace_step_types_page --check    fails when the page is not what they say
//     millrace_step_types_page --write    writes it
#include <millrace/definition.hpp>
#include <millrace/services.hpp>

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

namespace {

using namespace millrace;

constexpr const char* page_path = MILLRACE_SOURCE_DIR "/docs/step-types.md";

constexpr std::string_view head = R"(# Step types

Every step type and system module of the flow language, and what runs it here where Allma has a service
of AWS. This page is made from the registry and the table of fields; `./dev step-types` writes it again.

How names get their local things is said in `millrace.json` ([schema](schemas/millrace.schema.json)) or in
`engine_options::services`; without either everything has a default beside the database.

)";

std::string code(std::string_view text) {
  return text.empty() ? std::string() : "`" + std::string(text) + "`";
}

std::string row(const steps::registry& registry, const steps::identifier& each) {
  std::string_view stands_in = registry.stands_in(each.name);
  if (stands_in.empty())
    stands_in = registry.find_step_type(each.name) || each.name == "DATA_LOAD" ||
                        each.name == "DATA_SAVE" || each.name == "DATA_TRANSFORMATION" ||
                        each.name == "CUSTOM_LOGIC"
                    ? "the module that the step names"
                    : "nothing yet: the step fails";
  return "| " + code(each.name) + " | " +
         (each.step_type.empty() ? "" : code(each.step_type) + " | ") + std::string(stands_in) +
         " |\n";
}

std::string tables(const steps::registry& registry) {
  std::string types = "## Step types\n\n| step type | what runs it |\n|---|---|\n";
  std::string modules =
      "\n## System modules\n\n| module | step type | what runs it |\n|---|---|---|\n";
  for (const steps::identifier& each : steps::identifiers())
    (each.step_type.empty() ? types : modules) += row(registry, each);
  return types + modules;
}

std::string fields() {
  std::string page =
      "\n## Members of a step\n\nBeside those that all steps have. What is evaluated a "
      "handler finds in `step_request::fields`\nunder its own name; the rest it reads "
      "from the step.\n\n| step type | member | written as | needed | evaluated "
      "|\n|---|---|---|---|---|\n";
  for (const flows::field_description& each : flows::field_descriptions()) {
    const std::string place = each.place.empty() ? "" : std::string(each.place) + ".";
    page += "| " + code(each.step_type) + " | " + code(place + std::string(each.name)) + " | " +
            std::string(each.written_as) + " | " + (each.is_needed ? "yes" : "") + " | " +
            (each.is_evaluated ? "yes" : "") + " |\n";
  }
  return page;
}

std::string make_page() {
  auto registry = steps::registry::with_system_modules();
  services::local_services::make({}, "").value()->add_to(registry);
  return std::string(head) + tables(registry) + fields();
}

} // namespace

int main(int count, char** words) {
  const std::string_view wanted = count == 2 ? words[1] : "";
  const std::string page = make_page();
  if (wanted == "--write") {
    std::ofstream out(page_path, std::ios::binary);
    out << page;
    return out.flush() ? 0 : 1;
  }
  if (wanted != "--check") {
    std::cerr << "Usage: millrace_step_types_page --check|--write\n";
    return 2;
  }
  std::ifstream in(page_path, std::ios::binary);
  const std::string written{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (written == page)
    return 0;
  std::cerr << page_path << " is not what the registry says; run ./dev step-types\n";
  return 1;
}
