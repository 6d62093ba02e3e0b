#pragma once
#include <string>

#include "nbm/core/macros.hpp"

namespace nbm {

// Where training and evaluation run: the CPU, or one CUDA device by its index.
struct NBM_EXPORT Device {
  enum class Kind { cpu, cuda };

  Kind kind = Kind::cpu;
  int index = 0;

  static Device cpu() { return {}; }
  static Device cuda(int device_index = 0) { return {Kind::cuda, device_index}; }
  // A usable GPU if this build and this machine have one, else the CPU. Ranks of one node, numbered by
  // Communicator::local_rank, take its GPUs in turn.
  static Device automatic(int local_rank = 0);
  // "auto", "cpu", "cuda" (as automatic takes them) or "cuda:1"; InvalidArgument for anything else.
  static Device parse(const std::string& text, int local_rank = 0);
  // The GPU of a rank where there are `devices`; the first where there are none, which then says so.
  static Device cuda_of_rank(int local_rank, int devices) { return cuda(devices > 0 ? local_rank % devices : 0); }

  std::string name() const;
  friend bool operator==(const Device&, const Device&) = default;
};

}  // namespace nbm
