#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace nbm::testing {

// A path of this process alone: tests run side by side, the same one too, for several SIMD levels.
inline std::string temporary_file(const std::string& name) {
  const std::string own = "nbm_" + std::to_string(::getpid()) + "_" + name;
  return (std::filesystem::path(::testing::TempDir()) / own).string();
}

}  // namespace nbm::testing
