# SPDX-License-Identifier: Apache-2.0
#
# Warnings and sanitizers for our own code; never exported.
add_library(millrace_build_options INTERFACE)
target_compile_options(
  millrace_build_options
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
            -Wcast-qual -Wimplicit-fallthrough
            # g++ 12 sees overlaps in "text" + std::string that cannot be (GCC bug 105651).
            $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<BOOL:${MILLRACE_WERROR}>:-Werror>)
if(MILLRACE_SANITIZE)
  add_compile_options(-fsanitize=${MILLRACE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MILLRACE_SANITIZE})
endif()
