# What goes into the wheel beside the Python sources, below site-packages/nbm: the extension, its type stub, and the
# C++ package (lib, include, lib/cmake/nbm) that NbmInstall.cmake installs.
install(TARGETS _core LIBRARY DESTINATION .)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/_core.pyi" DESTINATION .)
set_target_properties(_core PROPERTIES INSTALL_RPATH "$ORIGIN/${CMAKE_INSTALL_LIBDIR}")
if(TARGET _mpi)
  install(TARGETS _mpi LIBRARY DESTINATION .)
  # <environment>/lib/python3.x/site-packages/nbm: MPI's wheels put libmpi into <environment>/lib.
  set_target_properties(_mpi PROPERTIES INSTALL_RPATH
    "$ORIGIN/${CMAKE_INSTALL_LIBDIR};$ORIGIN/../../..")
endif()
