#pragma once
#include <string>

#include "nbm/core/macros.hpp"

namespace nbm {

struct NBM_EXPORT BuildInfo {
  std::string version;
  std::string compiler;
  std::string build_type;
  bool cuda = false;
};

NBM_EXPORT BuildInfo build_info();

}  // namespace nbm
