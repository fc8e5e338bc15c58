// SPDX-License-Identifier: Apache-2.0
//
// Flow sources from files and folders, and checking them without an engine.
#include "catalog.hpp"
#include "text_file.hpp"

#include <millrace/flow_test.hpp>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace millrace {
namespace {

namespace fs = std::filesystem;

result<flow_document> read_document(const fs::path& path) {
  auto text = read_text_file(path);
  if (!text)
    return text.error();
  auto parsed = parse_json(*text, path.string());
  if (!parsed)
    return parsed.error();
  return flow_document{std::move(*parsed), path.string()};
}

// Tests of flows stand beside the flows, and are none.
bool is_flow_source(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.ends_with(".json") && !name.ends_with(simulation::test_file_ending);
}

result<std::vector<fs::path>> json_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(folder, failure))
    if (entry.is_regular_file(failure) && is_flow_source(entry.path()))
      files.push_back(entry.path());
  if (failure)
    return error{errc::not_found,
                 "The folder " + folder.string() + " cannot be read: " + failure.message() + "."};
  if (files.empty())
    return error{errc::invalid_argument, "The folder " + folder.string() +
                                             " holds no *.json file; name a folder of flows."};
  std::sort(files.begin(), files.end());
  return files;
}

std::string line_of(const source_problem& each) {
  const bool is_error = each.what.severity == flows::problem::severity_type::error;
  std::string line = each.source;
  if (!each.flow_definition_id.empty())
    line += ", flow \"" + each.flow_definition_id + "\"";
  line += is_error ? ": error" : ": warning";
  if (!each.what.pointer.empty())
    line += " at " + each.what.pointer;
  return line + ": " + each.what.message;
}

} // namespace

result<std::string> read_text_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return error{errc::not_found, "The file " + path.string() + " cannot be opened: " +
                                      std::generic_category().message(errno) + "."};
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad())
    return error{errc::not_found, "The file " + path.string() + " cannot be read."};
  return std::move(text).str();
}

bool source_report::has_errors() const {
  return std::any_of(problems.begin(), problems.end(), [](const source_problem& each) {
    return each.what.severity == flows::problem::severity_type::error;
  });
}

std::string source_report::describe() const {
  std::string text;
  for (const auto severity :
       {flows::problem::severity_type::error, flows::problem::severity_type::warning}) {
    for (const source_problem& each : problems) {
      if (each.what.severity != severity)
        continue;
      if (!text.empty())
        text += '\n';
      text += line_of(each);
    }
  }
  return text;
}

result<std::vector<flow_document>> read_flow_documents(const std::string& path) {
  std::error_code failure;
  const auto status = fs::status(path, failure);
  if (!fs::exists(status))
    return error{errc::not_found,
                 "There is no file or folder " + path + "; name a flow file or a folder of them."};
  std::vector<fs::path> files{path};
  if (fs::is_directory(status)) {
    auto found = json_files(path);
    if (!found)
      return found.error();
    files = std::move(*found);
  }
  std::vector<flow_document> documents;
  for (const fs::path& file : files) {
    auto document = read_document(file);
    if (!document)
      return document.error();
    documents.push_back(std::move(*document));
  }
  return documents;
}

source_report check_flows(const std::vector<flow_document>& documents,
                          const steps::registry& steps) {
  return catalog(steps).read(documents).report;
}

} // namespace millrace
