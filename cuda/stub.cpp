// Linked instead of the CUDA backend in a build without it.
#include "core/cuda_memory.hpp"
#include "nbm/core/backend.hpp"
#include "nbm/core/error.hpp"
#include "solution/cuda_solution.hpp"
#include "training/cuda_training.hpp"

namespace nbm::cuda {

int device_count() noexcept { return 0; }

bool built() noexcept { return false; }

bool emulated() noexcept { return false; }

void require_device(int /*index*/) {
  throw BackendUnavailable("cuda",
                           "device 'cuda' was asked for, but this build of nbm has no CUDA backend: use device='cpu', "
                           "or build with -DNBM_CUDA=ON on a machine with the CUDA toolkit.");
}

std::int64_t free_memory(int index) {
  require_device(index);
  return 0;
}

std::vector<CudaLibrary> libraries() noexcept { return {}; }

void search_packages_in(std::vector<std::string> /*folders*/) {}

// What follows is not reached: callers ask require_device first.
void* allocate(int device, std::size_t /*bytes*/) {
  require_device(device);
  return nullptr;
}

void release(int /*device*/, void* /*memory*/) noexcept {}

void* allocate_from_pool(int device, std::size_t /*bytes*/, void* /*stream*/) {
  require_device(device);
  return nullptr;
}

void release_to_pool(int /*device*/, void* /*memory*/, std::span<void* const> /*events*/, bool /*wait*/) noexcept {}

void* record_event(int device, void* /*stream*/) {
  require_device(device);
  return nullptr;
}

void copy_from_host(int device, void* /*to*/, const void* /*from*/, std::size_t /*bytes*/, void* /*stream*/) {
  require_device(device);
}

void copy_to_host(int device, void* /*to*/, const void* /*from*/, std::size_t /*bytes*/, void* /*stream*/) {
  require_device(device);
}

void order_streams(int device, void* /*earlier*/, void* /*later*/) { require_device(device); }

void wait_for_stream(int device, void* /*stream*/) { require_device(device); }

std::unique_ptr<TrainingBackend> make_training_backend(const Problem& /*problem*/, const TrainingOptions& /*options*/,
                                                       int device, int /*rank*/, int /*ranks*/) {
  require_device(device);
  return nullptr;
}

std::unique_ptr<const SolutionEvaluator> make_solution_evaluator(const Solution& /*solution*/, int device) {
  require_device(device);
  return nullptr;
}

// Without the backend all memory is the host's.
int device_of(const void* /*pointer*/) { return -1; }

}  // namespace nbm::cuda
