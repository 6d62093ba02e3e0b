// Linked instead of cuda/core/nccl.cpp in a build without NCCL.
#include "core/nccl.hpp"
#include "nbm/core/error.hpp"

namespace nbm::cuda {
namespace {

[[noreturn]] void refuse() {
  throw BackendUnavailable("nccl", "this build of nbm has no NCCL: build with -DNBM_CUDA=ON -DNBM_NCCL=ON.");
}

}  // namespace

bool nccl_built() noexcept { return false; }

std::string nccl_path() noexcept { return {}; }

bool nccl_available() noexcept { return false; }

NcclId make_nccl_id() { refuse(); }

std::shared_ptr<CommunicatorBackend> make_nccl_ranks(const Communicator& /*ranks*/, int /*device*/,
                                                     const NcclId& /*id*/) {
  refuse();
}

}  // namespace nbm::cuda
