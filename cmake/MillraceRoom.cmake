# SPDX-License-Identifier: Apache-2.0
#
# One static library per room, one test program per room. A room's public headers are in
# <room>/include/millrace, its private headers and sources in <room>/src.

# Rooms whose public headers are for the rooms after them and not for embedding programs: they are
# built and checked like the others' and not installed.
set(MILLRACE_INTERNAL_ROOMS storage actors)

# millrace_room(<room> HEADERS h... SOURCES s... PUBLIC target... PRIVATE target...)
function(millrace_room room)
  cmake_parse_arguments(arg "" "" "HEADERS;SOURCES;PUBLIC;PRIVATE" ${ARGN})
  set(target millrace_${room})
  add_library(${target} STATIC)
  add_library(millrace::${room} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${room})
  target_sources(${target} PRIVATE ${arg_SOURCES})
  if(room IN_LIST MILLRACE_INTERNAL_ROOMS)
    # A target of their own, because CMake installs the public headers of a target or not at all.
    add_library(${target}_headers INTERFACE)
    target_sources(${target}_headers INTERFACE FILE_SET HEADERS BASE_DIRS include
                                               FILES ${arg_HEADERS})
    target_link_libraries(${target}_headers INTERFACE ${arg_PUBLIC})
    target_compile_features(${target}_headers INTERFACE cxx_std_20)
    target_link_libraries(${target} PUBLIC $<BUILD_INTERFACE:${target}_headers>)
  else()
    target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${arg_HEADERS})
  endif()
  target_include_directories(${target} PRIVATE src)
  target_link_libraries(
    ${target}
    PUBLIC ${arg_PUBLIC}
    PRIVATE ${arg_PRIVATE} $<BUILD_INTERFACE:millrace_build_options>)
  target_compile_features(${target} PUBLIC cxx_std_20)
  millrace_join_sources(${target})
endfunction()

# millrace_catch_tests(<target> <prefix>): one CTest test per Catch2 test case, named prefix/case. A
# case that checks nothing fails, and so does a run that finds no case of that name; one that says why
# it is skipped counts as skipped.
function(millrace_catch_tests target prefix)
  catch_discover_tests(
    ${target}
    TEST_PREFIX "${prefix}/"
    EXTRA_ARGS --warn NoAssertions
    PROPERTIES LABELS ${prefix} FAIL_REGULAR_EXPRESSION "No test(s ran| cases matched)"
               SKIP_REGULAR_EXPRESSION "This case is skipped: ")
endfunction()

# millrace_torture(<target> <tag>...): one CTest test per tag, of the cases that have it, under the label
# and the configuration `torture`: `ctest -C torture -L torture`. Its cases are in the suite as well;
# there they do a small part of what MILLRACE_TORTURE=full asks for (tests/support/torture.hpp).
function(millrace_torture target)
  foreach(tag IN LISTS ARGN)
    set(name torture/${target}/${tag})
    add_test(NAME ${name} CONFIGURATIONS torture COMMAND ${target} "[torture][${tag}]")
    set_tests_properties(${name} PROPERTIES LABELS torture TIMEOUT 1800 FAIL_REGULAR_EXPRESSION
                                            "No test(s ran| cases matched)")
  endforeach()
endfunction()

# millrace_room_tests(<room> SOURCES s... LINKS target...): a Catch2 program, one CTest test per case.
function(millrace_room_tests room)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  set(target millrace_${room}_tests)
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE ${arg_LINKS} millrace_test_support millrace_build_options)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/${room}/src)
  millrace_precompile(${target} millrace_test_support)
  millrace_catch_tests(${target} ${room})
endfunction()
