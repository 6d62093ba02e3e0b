# Sources of the CUDA backend, relative to this folder. The same files are compiled by nvcc for the GPU and by the host
# compiler for the tests on the CPU (tests/cuda).
set(NBM_CUDA_SOURCES
  core/device.cpp
  core/error.cpp
  core/scan.cu
  core/sum_parts.cu
  network/device_networks.cu
  network/evaluate.cu
  problem/device_problem.cpp
  rows/irregular_rows.cu
  rows/regular_rows.cu
  rows/row_assembly.cpp
  rows/uploaded_rows.cpp
  sampling/compaction.cu
  sampling/device_sampler.cu
  sampling/draw_state.cpp
  training/cuda_backend.cpp
  training/device_loss.cpp
  training/fused_rows.cu
  training/jacobian_kernels.cu
  training/row_kernels.cu
  training/row_maker.cpp
)
