#pragma once
#include "network/device_networks.hpp"
#include "problem/field_view.hpp"
#include "solution/cuda_solution.hpp"
#include "solution/device_correction.hpp"
#include "solution/expansion_sums.hpp"

namespace nbm::cuda {

// What a kernel sees of a solution.
template <class T>
struct SolutionView {
  Box box;
  FieldView level_set;
  NetworkPair<T> networks;
  FieldFault* fault = nullptr;  // where a level set that is not finite is reported; may be null
  CorrectionView correction;
  ExpansionSums expansion;  // at the points of the launch; without values where there is none
};

// How a launch over some points runs, and what memory it needs.
struct SolutionLaunch {
  unsigned blocks;
  int numbers;        // of the workspace of a point
  index_t workspace;  // numbers of the workspace of the launch; may be 0
};
SolutionLaunch plan_networks(const Siren& siren, index_t points, bool gradient, std::size_t bytes_of_number);

// Level set and side of every point, where they are asked for.
void launch_level_set(const FieldView& level_set, FieldFault* fault, const SolutionArrays& arrays, cudaStream_t stream);
// Values and gradient, where they are asked for.
template <class T>
void launch_networks(const SolutionView<T>& solution, const SolutionArrays& arrays, Branch branch,
                     const SolutionLaunch& launch, T* workspace, cudaStream_t stream);

}  // namespace nbm::cuda
