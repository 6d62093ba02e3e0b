# The CUDA backend: NBM_CUDA is ON, OFF, AUTO, which builds it where both the toolkit and a GPU are, or EMULATE, which
# runs its kernels on the CPU. Sets NBM_CUDA_BUILT: whether nvcc builds it.
set(NBM_CUDA AUTO CACHE STRING
  "Build the CUDA backend: ON, OFF, AUTO (where nvcc and an NVIDIA GPU are found), EMULATE (on the CPU, for tests)")
set_property(CACHE NBM_CUDA PROPERTY STRINGS AUTO ON OFF EMULATE)
set(NBM_CUDA_BUILT OFF)
# NCCL, with the CUDA backend: its header at build time; the library is looked for when ranks with GPUs train.
set(NBM_NCCL AUTO CACHE STRING "Messages between GPUs by NCCL: ON, OFF, or AUTO (where its header is found)")
set_property(CACHE NBM_NCCL PROPERTY STRINGS AUTO ON OFF)
set(NBM_NCCL_BUILT OFF)
# cuBLAS and cuSOLVER, for Gauss-Newton: headers at build time, which some toolkits leave to a package of their own; the
# libraries are looked for when a Gauss-Newton step is taken.
set(NBM_CUBLAS AUTO CACHE STRING "Gauss-Newton on a GPU by cuBLAS and cuSOLVER: ON, OFF, or AUTO (where their headers are)")
set_property(CACHE NBM_CUBLAS PROPERTY STRINGS AUTO ON OFF)
set(NBM_CUBLAS_BUILT OFF)
if(NBM_NCCL STREQUAL "ON" AND NBM_CUDA STREQUAL "OFF")
  message(FATAL_ERROR "NBM_NCCL=ON needs the CUDA backend: configure with -DNBM_CUDA=ON as well.")
endif()

if(NBM_CUDA STREQUAL "EMULATE" AND SKBUILD)
  message(FATAL_ERROR "NBM_CUDA=EMULATE is for tests in a build folder: an installed package has a GPU, or none.")
endif()
if(NBM_CUDA MATCHES "^(OFF|EMULATE)$" OR (NBM_CUDA STREQUAL "AUTO" AND NOT EXISTS /dev/nvidiactl))
  return()
endif()

# Before the language is enabled: the compiler's own default is one old architecture.
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 80-real 86-real 89-real 90-real 100-real 120)
endif()
if(NOT DEFINED CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX} AND EXISTS /usr/local/cuda/bin/nvcc)
  set(CMAKE_CUDA_COMPILER /usr/local/cuda/bin/nvcc)
endif()
include(CheckLanguage)
check_language(CUDA)
if(CMAKE_CUDA_COMPILER AND CMAKE_VERSION VERSION_GREATER_EQUAL 3.25.2)
  enable_language(CUDA)
  find_package(CUDAToolkit 12.4 REQUIRED)
  set(NBM_CUDA_BUILT ON)
  find_path(NBM_NCCL_INCLUDE_DIR nccl.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  if(NBM_NCCL_INCLUDE_DIR AND NOT NBM_NCCL STREQUAL "OFF")
    set(NBM_NCCL_BUILT ON)
  elseif(NBM_NCCL STREQUAL "ON")
    message(FATAL_ERROR "NBM_NCCL=ON, but nccl.h was not found: install NCCL (libnccl-dev), set NBM_NCCL_INCLUDE_DIR to "
      "its folder, or configure with -DNBM_NCCL=OFF.")
  endif()
  find_path(NBM_CUBLAS_INCLUDE_DIR cusolverDn.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  if(EXISTS "${NBM_CUBLAS_INCLUDE_DIR}/cublas_v2.h" AND NOT NBM_CUBLAS STREQUAL "OFF")
    set(NBM_CUBLAS_BUILT ON)
  elseif(NBM_CUBLAS STREQUAL "ON")
    message(FATAL_ERROR "NBM_CUBLAS=ON, but cublas_v2.h and cusolverDn.h were not found: install the cuBLAS and cuSOLVER "
      "development packages, set NBM_CUBLAS_INCLUDE_DIR to their folder, or configure with -DNBM_CUBLAS=OFF.")
  elseif(NOT NBM_CUBLAS STREQUAL "OFF")
    message(NOTICE "Gauss-Newton on a GPU is left out: cublas_v2.h and cusolverDn.h were not found "
      "(NBM_CUBLAS_INCLUDE_DIR).")
  endif()
elseif(NBM_CUDA STREQUAL "ON")
  message(FATAL_ERROR "NBM_CUDA=ON needs nvcc (CUDA toolkit 12.4 or newer; set CUDACXX to its path) and CMake 3.25.2 or "
    "newer (this is ${CMAKE_VERSION}): install them, or configure with -DNBM_CUDA=OFF.")
else()
  message(NOTICE "The CUDA backend is left out: nvcc (found: ${CMAKE_CUDA_COMPILER}) and CMake 3.25.2 are needed.")
endif()
