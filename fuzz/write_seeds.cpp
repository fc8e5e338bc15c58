// SPDX-License-Identifier: Apache-2.0
//
// millrace_fuzz_seeds FOLDER: writes the seeds of every target to FOLDER/<target>/.
#include "seeds.hpp"
#include "targets.hpp"

#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace {

void write_seeds(const std::filesystem::path& folder, std::string_view name) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::size_t number = 0;
  for (const std::string& seed : millrace::fuzz::seeds_of(name)) {
    std::ofstream file(folder / std::to_string(++number), std::ios::binary);
    if (!file.write(seed.data(), static_cast<std::streamsize>(seed.size())).flush())
      throw std::runtime_error(folder.string() + " cannot be written");
  }
  std::cout << name << ": " << number << " seeds\n";
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "Usage: millrace_fuzz_seeds FOLDER\n";
    return 2;
  }
  try {
    for (const millrace::fuzz::target& each : millrace::fuzz::targets)
      write_seeds(std::filesystem::path(argv[1]) / each.name, each.name);
  } catch (const std::exception& failure) {
    std::cerr << "millrace_fuzz_seeds: " << failure.what() << '\n';
    return 1;
  }
  return 0;
}
