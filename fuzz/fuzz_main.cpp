// SPDX-License-Identifier: Apache-2.0
//
// One target as libFuzzer wants it. An exception ends the program, and the fuzzer keeps the input.
#include "targets.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  millrace::fuzz::MILLRACE_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
