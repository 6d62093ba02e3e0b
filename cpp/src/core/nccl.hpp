#pragma once
#include <array>
#include <memory>
#include <string>

#include "nbm/core/communicator.hpp"

// Messages between GPUs: cuda/core/nccl.cpp, or cuda/nccl_stub.cpp in a build without NCCL.
namespace nbm::cuda {

// The name of a group of ranks.
using NcclId = std::array<char, 128>;

NBM_EXPORT bool nccl_built() noexcept;
// Where NCCL is on this machine; empty if it is not, or not in this build. Never throws.
NBM_EXPORT std::string nccl_path() noexcept;
// Whether NCCL is in this build and found on this machine. Never throws.
NBM_EXPORT bool nccl_available() noexcept;
// A new name, made by one of the ranks. Throws Error, BackendUnavailable.
NBM_EXPORT NcclId make_nccl_id();
// Ranks whose sums of doubles go between the GPUs as long as they fit into the memory for it; all else goes through
// `ranks`. Collective; throws Error on all ranks, such as when two of them have one GPU.
NBM_EXPORT std::shared_ptr<CommunicatorBackend> make_nccl_ranks(const Communicator& ranks, int device,
                                                                const NcclId& id);

}  // namespace nbm::cuda
