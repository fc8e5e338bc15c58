// SPDX-License-Identifier: Apache-2.0
#include "arguments.hpp"

namespace millrace::bench {
namespace {

constexpr std::string_view json_with_file = "--json=";

} // namespace

arguments parse_arguments(const std::vector<std::string>& words) {
  arguments read;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--quick") {
      read.quick = true;
    } else if (word == "--help" || word == "-h") {
      read.help = true;
    } else if (word.starts_with(json_with_file)) {
      read.json = word.substr(json_with_file.size());
    } else if (word == "--json") {
      const bool has_file = i + 1 < words.size() && !words[i + 1].starts_with('-');
      read.json = has_file ? words[++i] : std::string();
    } else {
      read.rest.push_back(word);
    }
  }
  return read;
}

std::string usage(std::string_view topic, std::string_view rest) {
  std::string text = "Usage: millrace_bench_" + std::string(topic) +
                     " [--quick] [--json [FILE]] [ARGS...]\n\n"
                     "  --quick        fewer and shorter repetitions: whether it works, not how "
                     "fast it is\n"
                     "  --json [FILE]  the results as one line of JSON, in FILE or on standard "
                     "output;\n"
                     "                 in the latter case all else goes to standard error\n"
                     "  ARGS           ";
  text += rest;
  text += "\n\nThe exit status does not depend on what was measured.\n";
  return text;
}

} // namespace millrace::bench
