# SPDX-License-Identifier: Apache-2.0
#
# `cmake --install`: the libraries of all rooms, the public headers, the command and a package, so
# that another project writes find_package(millrace CONFIG REQUIRED) and links millrace::engine.
# The rooms are static libraries: those that engine uses inside are installed for the linker, without
# their headers.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(MILLRACE_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/millrace")

foreach(room IN ITEMS flows steps storage services actors engine)
  if(NOT TARGET millrace_${room})
    continue()
  endif()
  set(headers FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  if(room IN_LIST MILLRACE_INTERNAL_ROOMS)
    set(headers)
  endif()
  install(
    TARGETS millrace_${room}
    EXPORT millrace-targets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" ${headers})
endforeach()
if(TARGET millrace_cli)
  install(TARGETS millrace_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

install(
  EXPORT millrace-targets
  NAMESPACE millrace::
  DESTINATION "${MILLRACE_PACKAGE_DIR}")

configure_package_config_file(
  "${CMAKE_CURRENT_LIST_DIR}/millrace-config.cmake.in"
  "${PROJECT_BINARY_DIR}/package/millrace-config.cmake"
  INSTALL_DESTINATION "${MILLRACE_PACKAGE_DIR}"
  NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may break its users.
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/package/millrace-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(
  FILES "${PROJECT_BINARY_DIR}/package/millrace-config.cmake"
        "${PROJECT_BINARY_DIR}/package/millrace-config-version.cmake"
        "${CMAKE_CURRENT_LIST_DIR}/FindCAF.cmake"
  DESTINATION "${MILLRACE_PACKAGE_DIR}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
