# SPDX-License-Identifier: Apache-2.0
#
# Precompiled headers: what most sources include of the libraries, read by the compiler once for all
# rooms and once more for all tests instead of in each source, which takes a third off the time of a
# build. Headers of this tree are not among them, so that a change compiles what it concerns. Builds
# that ship (preset release) go without, and so do the linters: there each source shows that it
# includes what it uses.
option(MILLRACE_PRECOMPILE "Precompile the headers of the libraries" OFF)

set(MILLRACE_LIBRARY_HEADERS
    <boost/json.hpp>
    <boost/system/result.hpp>
    <algorithm>
    <array>
    <atomic>
    <chrono>
    <condition_variable>
    <cstdint>
    <deque>
    <filesystem>
    <fstream>
    <functional>
    <map>
    <memory>
    <mutex>
    <optional>
    <set>
    <sstream>
    <string>
    <string_view>
    <thread>
    <unordered_map>
    <utility>
    <variant>
    <vector>)

# millrace_precompile(<target> <owner> [header...]): lets a target use what its owner has compiled, or
# compile headers of its own, which are the common ones and those named here.
function(millrace_precompile target owner)
  if(NOT MILLRACE_PRECOMPILE)
    return()
  endif()
  if(target STREQUAL owner OR ARGN)
    target_precompile_headers(${target} PRIVATE ${MILLRACE_LIBRARY_HEADERS} ${ARGN})
  else()
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
  # What ccache needs to tell apart sources that begin with a precompiled header.
  target_compile_options(
    ${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>
                      $<$<CXX_COMPILER_ID:Clang>:-Xclang$<SEMICOLON>-fno-pch-timestamp>)
endfunction()
