# SPDX-License-Identifier: Apache-2.0
#
# The memory allocator of programs (docs/decisions). The libraries use whatever the program that
# links them has.
set(MILLRACE_ALLOCATOR "jemalloc" CACHE STRING "Allocator of the programs: jemalloc or system")
set_property(CACHE MILLRACE_ALLOCATOR PROPERTY STRINGS jemalloc system)

if(MILLRACE_ALLOCATOR STREQUAL "jemalloc" AND NOT MILLRACE_SANITIZE)
  find_library(MILLRACE_JEMALLOC_LIBRARY jemalloc)
  if(NOT MILLRACE_JEMALLOC_LIBRARY)
    message(STATUS "No jemalloc (libjemalloc-dev): the programs use the system's allocator")
  endif()
endif()

# Gives an executable the allocator that was chosen and found.
function(millrace_use_allocator target)
  if(MILLRACE_JEMALLOC_LIBRARY AND MILLRACE_ALLOCATOR STREQUAL "jemalloc" AND NOT MILLRACE_SANITIZE)
    # Nothing calls it by name, so the linker would leave it out where it drops what is not needed.
    target_link_libraries(
      ${target} PRIVATE -Wl,--push-state,--no-as-needed ${MILLRACE_JEMALLOC_LIBRARY}
                        -Wl,--pop-state)
  endif()
endfunction()
