#pragma once
#include "nbm/core/communicator.hpp"
#include "nbm/core/device.hpp"

namespace nbm {

// Ranks with a GPU each, whose sums go between the GPUs by NCCL where this build has it: the same bits as through
// `ranks`. `ranks` itself where one of them trains on a CPU, lacks NCCL or shares its GPU with another. Collective.
NBM_EXPORT Communicator device_communicator(const Communicator& ranks, Device device);

}  // namespace nbm
