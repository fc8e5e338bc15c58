// SPDX-License-Identifier: Apache-2.0
//
// One target as libFuzzer wants it. An exception ends the program, and the fuzzer keeps the input.
// So does an input that takes too much time of the processor: unlike the fuzzer's own -timeout,
// that says the same on a machine that has other things to do.
#include "targets.hpp"

#include <cstddef>
#include <cstdint>
#include <ctime>

namespace {

constexpr std::clock_t seconds_max = 10;

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::clock_t begin = std::clock();
  millrace::fuzz::MILLRACE_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  if (std::clock() - begin > seconds_max * CLOCKS_PER_SEC)
    throw millrace::fuzz::broken_promise("an input takes more than 10 s of processor time");
  return 0;
}
