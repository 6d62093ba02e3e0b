# What goes into the wheel beside the Python sources: the extension, its type stub, and the C++ package under nbm/.
install(TARGETS _core LIBRARY DESTINATION nbm)
install(FILES "${PROJECT_BINARY_DIR}/python/bindings/_core.pyi" DESTINATION nbm)
set_target_properties(_core PROPERTIES INSTALL_RPATH "$ORIGIN/${CMAKE_INSTALL_LIBDIR}")
