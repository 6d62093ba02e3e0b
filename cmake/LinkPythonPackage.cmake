# Links the Python sources and the built extension into one folder, so that the package runs without installation.
file(MAKE_DIRECTORY "${package}")
file(GLOB sources "${source}/*.py" "${source}/py.typed")
foreach(file IN LISTS sources extension stub)
  get_filename_component(name "${file}" NAME)
  file(CREATE_LINK "${file}" "${package}/${name}" SYMBOLIC)
endforeach()
