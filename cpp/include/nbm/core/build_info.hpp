#pragma once
#include <string>

#include "nbm/core/macros.hpp"

namespace nbm {

struct NBM_EXPORT BuildInfo {
  std::string version;
  std::string compiler;
  std::string build_type;
  bool cuda = false;
  bool cuda_emulated = false;  // its kernels run on the CPU: a build for tests
};

NBM_EXPORT BuildInfo build_info();

}  // namespace nbm
