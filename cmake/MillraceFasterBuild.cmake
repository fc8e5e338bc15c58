# SPDX-License-Identifier: Apache-2.0
#
# Most of a source's compiling is reading the headers of the libraries, the same ones each time. They
# are read once for several sources instead: a room's sources are joined, the tests begin with a
# precompiled header. A build from nothing takes less than half as long; a changed source is compiled
# again with its neighbours. Whoever changes one file all day, and the linters, for which each source
# has to stand for itself, turn it off.
option(MILLRACE_FASTER_BUILD "Join the rooms' sources, precompile headers for the tests" ON)

# millrace_join_sources(<target>): compiles some of its sources at a time as one. Names in unnamed
# namespaces are therefore unique in a room.
function(millrace_join_sources target)
  if(MILLRACE_FASTER_BUILD)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    # g++ takes a source that is included for a header, whose types must not be built of local ones.
    target_compile_options(${target}
                           PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()

# millrace_precompile(<target> <owner> [header...]): lets a target begin with what its owner has
# compiled; the owner itself names the headers.
function(millrace_precompile target owner)
  if(NOT MILLRACE_FASTER_BUILD)
    return()
  endif()
  if(target STREQUAL owner)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  else()
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
  # What ccache needs to tell apart sources that begin with a precompiled header.
  target_compile_options(
    ${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>
                      $<$<CXX_COMPILER_ID:Clang>:-Xclang$<SEMICOLON>-fno-pch-timestamp>)
endfunction()
