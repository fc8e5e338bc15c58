// SPDX-License-Identifier: Apache-2.0
#include "tree.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>

namespace house {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view folders[] = {"flows", "steps", "storage", "actors", "engine",  "cli",
                                        "cmake", "tests", "fuzz",    "bench",  "examples"};
constexpr std::string_view single_files[] = {"CMakeLists.txt", "dev", ".ci/run"};

bool is_ours(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".cpp" || extension == ".hpp" || extension == ".cmake" ||
         extension == ".in" || extension == ".sh" || path.filename() == "CMakeLists.txt";
}

source_file read_file(const fs::path& root, const fs::path& path) {
  source_file file;
  file.path = fs::relative(path, root).generic_string();
  std::ifstream stream(path);
  for (std::string line; std::getline(stream, line);)
    file.lines.push_back(std::move(line));
  return file;
}

std::vector<source_file> read_tree() {
  const fs::path root = MILLRACE_SOURCE_DIR;
  std::vector<source_file> found;
  for (const std::string_view folder : folders) {
    if (!fs::exists(root / folder))
      continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder))
      if (entry.is_regular_file() && is_ours(entry.path()))
        found.push_back(read_file(root, entry.path()));
  }
  for (const std::string_view single : single_files)
    found.push_back(read_file(root, root / single));
  std::sort(found.begin(), found.end(),
            [](const source_file& a, const source_file& b) { return a.path < b.path; });
  return found;
}

} // namespace

const std::vector<source_file>& files() {
  static const std::vector<source_file> tree = read_tree();
  return tree;
}

bool is_cpp(const source_file& file) {
  return file.path.ends_with(".cpp") || file.path.ends_with(".hpp");
}

std::string room_of(std::string_view path) {
  const std::string_view top = path.substr(0, path.find('/'));
  const auto room = std::find(std::begin(rooms), std::end(rooms), top);
  return room == std::end(rooms) ? std::string{} : std::string{*room};
}

std::size_t order_of(std::string_view room) {
  return static_cast<std::size_t>(std::find(std::begin(rooms), std::end(rooms), room) -
                                  std::begin(rooms));
}

std::vector<std::string> includes_of(const source_file& file) {
  static const std::regex include_line(R"re(^\s*#\s*include\s*[<"]([^>"]+)[>"])re");
  std::vector<std::string> names;
  std::smatch match;
  for (const std::string& line : file.lines)
    if (std::regex_search(line, match, include_line))
      names.push_back(match[1].str());
  return names;
}

std::string code_of(const std::string& line) {
  return line.substr(0, line.find("//"));
}

const std::map<std::string, std::vector<const source_file*>>& public_headers() {
  static const auto headers = [] {
    std::map<std::string, std::vector<const source_file*>> by_name;
    for (const source_file& file : files()) {
      const std::string folder = room_of(file.path) + "/include/";
      if (is_cpp(file) && !room_of(file.path).empty() && file.path.starts_with(folder))
        by_name[file.path.substr(folder.size())].push_back(&file);
    }
    return by_name;
  }();
  return headers;
}

std::set<const source_file*> reachable_from_public_headers(std::string_view room) {
  std::set<const source_file*> reached;
  std::vector<const source_file*> open;
  for (const auto& [name, owners] : public_headers())
    for (const source_file* owner : owners)
      if (room_of(owner->path) == room)
        open.push_back(owner);
  while (!open.empty()) {
    const source_file* file = open.back();
    open.pop_back();
    if (!reached.insert(file).second)
      continue;
    for (const std::string& name : includes_of(*file))
      if (const auto known = public_headers().find(name); known != public_headers().end())
        open.insert(open.end(), known->second.begin(), known->second.end());
  }
  return reached;
}

} // namespace house
