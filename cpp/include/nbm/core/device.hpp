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
  // The first usable GPU if this build and this machine have one, else the CPU.
  static Device automatic();
  // "auto", "cpu", "cuda" or "cuda:1"; InvalidArgument for anything else.
  static Device parse(const std::string& text);

  std::string name() const;
  friend bool operator==(const Device&, const Device&) = default;
};

}  // namespace nbm
