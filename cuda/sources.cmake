# Sources of the CUDA backend, relative to this folder. The same files are compiled by nvcc for the GPU and by the host
# compiler for the tests on the CPU (tests/cuda).
set(NBM_CUDA_SOURCES
  core/device.cpp
  core/error.cpp
)
