# The installed package: find_package(nbm) gives nbm::nbm; with COMPONENTS MPI also nbm::mpi.
include(CMakePackageConfigHelpers)

set(NBM_CMAKE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/nbm")
install(TARGETS nbm EXPORT nbm_targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY "${PROJECT_SOURCE_DIR}/cpp/include/nbm" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES "${PROJECT_SOURCE_DIR}/cpp/include/nbm_c.h" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT nbm_targets NAMESPACE nbm:: DESTINATION ${NBM_CMAKE_DIR})
if(TARGET nbm_mpi)
  install(TARGETS nbm_mpi EXPORT nbm_mpi_targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT nbm_mpi_targets NAMESPACE nbm:: DESTINATION ${NBM_CMAKE_DIR})
endif()
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/nbmConfig.cmake.in" "${PROJECT_BINARY_DIR}/nbmConfig.cmake"
  INSTALL_DESTINATION ${NBM_CMAKE_DIR})
write_basic_package_version_file("${PROJECT_BINARY_DIR}/nbmConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/nbmConfig.cmake" "${PROJECT_BINARY_DIR}/nbmConfigVersion.cmake"
  DESTINATION ${NBM_CMAKE_DIR})
