# Sources of a stage, and the hot ones among them that are compiled once for each instruction set.

function(nbm_add_sources)
  list(TRANSFORM ARGN PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  target_sources(nbm PRIVATE ${ARGN})
endfunction()

# Each file is compiled for every level of nbm::SimdLevel, in a namespace of its own. Such a file must use only
# NBM_HD functions and plain loops: an inline function of the standard library compiled here could be chosen by the
# linker for the whole program and then fail on an older processor (tests/tools/check_simd_symbols.py looks for that).
function(nbm_add_simd_sources)
  list(TRANSFORM ARGN PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    nbm_add_simd_level(baseline 16 "-march=x86-64-v2" ${ARGN})
    nbm_add_simd_level(avx2 32 "-march=x86-64-v3" ${ARGN})
    nbm_add_simd_level(avx512 64 "-march=x86-64-v4;-mprefer-vector-width=512" ${ARGN})
  else()
    nbm_add_simd_level(baseline 16 "" ${ARGN})
  endif()
endfunction()

function(nbm_add_simd_level level bytes flags)
  get_filename_component(stage "${CMAKE_CURRENT_SOURCE_DIR}" NAME)
  set(name nbm_simd_${stage}_${level})
  add_library(${name} OBJECT ${ARGN})
  nbm_common_settings(${name})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/cpp/include" "${PROJECT_SOURCE_DIR}/cpp/src")
  target_compile_definitions(${name} PRIVATE NBM_SIMD_NAMESPACE=simd_${level} NBM_SIMD_BYTES=${bytes})
  if(flags)
    target_compile_definitions(${name} PRIVATE NBM_SIMD_X86)
  endif()
  target_compile_options(${name} PRIVATE ${flags} -fno-math-errno -fno-trapping-math -fno-exceptions -Wno-psabi)
  # Optimised in every build type: at -O0 the kernels are too slow to test. With sanitizers -O2 takes minutes a file.
  if(NBM_SANITIZE)
    target_compile_options(${name} PRIVATE -O1)
  elseif(CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_options(${name} PRIVATE -O2)
  endif()
  target_sources(nbm PRIVATE $<TARGET_OBJECTS:${name}>)
endfunction()

# In a folder of the kernels on the CPU or of their tests: NBM_SANITIZE_KERNELS is NBM_SANITIZE there. The library beside
# them is the ordinary one, which ccache has.
macro(nbm_sanitize_kernels)
  if(NBM_SANITIZE_KERNELS)
    set(NBM_SANITIZE "${NBM_SANITIZE_KERNELS}")
    set(NBM_WERROR ON)
    add_compile_options(-O1 -g1 -UNDEBUG)
  endif()
endmacro()

function(nbm_common_settings target)
  set_target_properties(${target} PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wno-unknown-pragmas
    -Wno-restrict)  # g++ 12 warns of its own std::string (GCC bug 105329)
  if(NBM_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(NBM_SANITIZE)
    # Sanitized code makes g++ see uninitialized variables where there are none.
    target_compile_options(${target} PRIVATE -fsanitize=${NBM_SANITIZE} -fno-omit-frame-pointer
      -Wno-maybe-uninitialized)
    target_link_options(${target} PUBLIC -fsanitize=${NBM_SANITIZE})
  endif()
endfunction()
