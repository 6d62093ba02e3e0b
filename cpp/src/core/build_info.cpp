#include "nbm/core/build_info.hpp"

#include "nbm/core/backend.hpp"

namespace nbm {

BuildInfo build_info() {
#if defined(__clang__)
  const std::string compiler = "clang " __clang_version__;
#else
  const std::string compiler = "gcc " __VERSION__;
#endif
  return {NBM_VERSION, compiler, NBM_BUILD_TYPE, cuda::built(), cuda::emulated()};
}

}  // namespace nbm
