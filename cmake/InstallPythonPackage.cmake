# What goes into the wheel beside the Python sources, below site-packages/nbm: the extension, its type stub, and the
# C++ package (lib, include, lib/cmake/nbm) that NbmInstall.cmake installs.
install(TARGETS _core LIBRARY DESTINATION .)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/_core.pyi" DESTINATION .)
set_target_properties(_core PROPERTIES INSTALL_RPATH "$ORIGIN/${CMAKE_INSTALL_LIBDIR}")
