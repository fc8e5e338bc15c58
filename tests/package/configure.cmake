# SPDX-License-Identifier: Apache-2.0
#
# Configures the project SOURCE in BUILD against the package that was installed under STAGE, then
# checks that it found that package: another one on this machine must not pass the test. The program
# is to run as for the first time, without the database of an earlier run.
file(GLOB earlier "${BUILD}/greetings.db*")
if(earlier)
  file(REMOVE ${earlier})
endif()

execute_process(
  COMMAND ${CMAKE_COMMAND} --fresh -S ${SOURCE} -B ${BUILD} -G ${GENERATOR}
          -DCMAKE_PREFIX_PATH=${STAGE} -DCMAKE_CXX_COMPILER=${COMPILER} "-DCMAKE_CXX_FLAGS=${FLAGS}"
          -DCMAKE_BUILD_TYPE=${BUILD_TYPE}
          COMMAND_ERROR_IS_FATAL ANY)

load_cache(${BUILD} READ_WITH_PREFIX found_ millrace_DIR)
cmake_path(IS_PREFIX STAGE "${found_millrace_DIR}" NORMALIZE found_the_wanted_one)
if(NOT found_the_wanted_one)
  message(FATAL_ERROR "Found ${found_millrace_DIR}, not the package under ${STAGE}.")
endif()
