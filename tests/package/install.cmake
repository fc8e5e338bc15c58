# SPDX-License-Identifier: Apache-2.0
#
# Installs BUILD into an empty STAGE, then checks what a package must not hold: a header (under
# INCLUDES) of a room that embedding programs do not use, or one that mentions CAF or SQLite.
file(REMOVE_RECURSE "${STAGE}")
execute_process(COMMAND ${CMAKE_COMMAND} --install "${BUILD}" --prefix "${STAGE}"
                COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)

file(GLOB_RECURSE headers "${INCLUDES}/*.hpp")
if(NOT headers)
  message(FATAL_ERROR "Nothing was installed under ${INCLUDES}.")
endif()
foreach(header IN LISTS headers)
  file(STRINGS "${header}" leaks REGEX "#include *[<\"](caf/|sqlite3)")
  if(leaks)
    message(FATAL_ERROR "${header} shows what it must hide: ${leaks}")
  endif()
endforeach()
