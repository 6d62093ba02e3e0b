#pragma once

// The shape of the kernels in which each warp works for itself.
namespace nbm::cuda {

constexpr int kLanes = 32;  // threads of a warp
constexpr int kBlockThreads = 128;
constexpr int kBlockWarps = kBlockThreads / kLanes;

}  // namespace nbm::cuda
