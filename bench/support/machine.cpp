// SPDX-License-Identifier: Apache-2.0
#include "machine.hpp"

#include <boost/version.hpp>

#include <algorithm>
#include <fstream>
#include <string_view>
#include <thread>

namespace millrace::bench {
namespace {

/// What stands behind `separator` in the first line of `file` that starts with `name`.
std::string field(const char* file, std::string_view name, char separator) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const std::size_t at = line.find(separator);
    if (!line.starts_with(name) || at == std::string::npos)
      continue;
    const std::size_t begin = line.find_first_not_of(" \t\"", at + 1);
    const std::size_t end = line.find_last_not_of(" \t\"");
    return begin == std::string::npos ? std::string() : line.substr(begin, end - begin + 1);
  }
  return {};
}

std::string compiler() {
#ifdef __clang__
  return __VERSION__; // names itself
#else
  return "GCC " __VERSION__;
#endif
}

} // namespace

machine_facts this_machine() {
  machine_facts facts;
  facts.processor = field("/proc/cpuinfo", "model name", ':');
  facts.cores = std::thread::hardware_concurrency();
  facts.system = field("/etc/os-release", "PRETTY_NAME", '=');
  facts.compiler = compiler();
  facts.build_type = MILLRACE_BUILD_TYPE;
  facts.boost = BOOST_LIB_VERSION; // "1_81"
  std::replace(facts.boost.begin(), facts.boost.end(), '_', '.');
  return facts;
}

std::string to_text(const machine_facts& facts) {
  return facts.processor + ", " + std::to_string(facts.cores) + " cores; " + facts.system + "; " +
         facts.compiler + ", " + facts.build_type + "; Boost " + facts.boost;
}

json::object to_json(const machine_facts& facts) {
  return {{"processor", facts.processor}, {"cores", facts.cores},          {"system", facts.system},
          {"compiler", facts.compiler},   {"buildType", facts.build_type}, {"boost", facts.boost}};
}

} // namespace millrace::bench
