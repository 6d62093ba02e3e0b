#include <string>

#include "core/blas.hpp"
#include "core/nccl.hpp"
#include "core/stream.hpp"
#include "nbm/core/backend.hpp"
#include "nbm/core/error.hpp"

namespace nbm::cuda {
namespace {

struct Devices {
  int count = 0;
  cudaError_t status = cudaSuccess;
};

// Where there is no driver, cudaGetDeviceCount fails; the error is taken away, so that no later call reports it.
Devices find_devices() noexcept {
  Devices found;
  found.status = cudaGetDeviceCount(&found.count);
  if (found.status != cudaSuccess) {
    found.count = 0;
    static_cast<void>(cudaGetLastError());
  }
  return found;
}

}  // namespace

int device_count() noexcept { return find_devices().count; }

bool built() noexcept { return true; }

bool emulated() noexcept { return kEmulated; }

std::vector<CudaLibrary> libraries() noexcept {
  std::vector<CudaLibrary> all = Blas::libraries();
  if (nccl_built()) all.push_back({"nccl", nccl_path()});
  return all;
}

void require_device(int index) {
  const Devices found = find_devices();
  if (index >= 0 && index < found.count) return;
  const std::string asked = "device 'cuda:" + std::to_string(index) + "' was asked for, but ";
  if (found.status == cudaErrorInsufficientDriver) {
    throw BackendUnavailable("cuda", asked + "there is no NVIDIA driver, or one older than CUDA " +
                                         std::to_string(CUDART_VERSION / 1000) +
                                         " needs: install a newer driver, or "
                                         "use device='cpu'.");
  }
  if (found.count == 0) {
    throw BackendUnavailable("cuda", asked + "no GPU can be used here (" + cudaGetErrorString(found.status) +
                                         "): check nvidia-smi and CUDA_VISIBLE_DEVICES, or use device='cpu'.");
  }
  throw BackendUnavailable(
      "cuda", asked + "there are " + std::to_string(found.count) + " GPUs, counted from 0: use a smaller index.");
}

std::int64_t free_memory(int index) {
  require_device(index);
  const DeviceGuard guard(index);
  std::size_t free = 0, total = 0;
  check(cudaMemGetInfo(&free, &total), "asking for the memory of the GPU");
  return static_cast<std::int64_t>(free);
}

}  // namespace nbm::cuda
