#pragma once
#include "nbm/network/expansion_view.hpp"
#include "solution/cuda_solution.hpp"

namespace nbm::cuda {

// What an expansion adds at every point, by box coordinates; the gradient may be null.
struct ExpansionSums {
  double* value = nullptr;
  double* gradient[kDim] = {};
};

// Sums of a branch at the points of `arrays`. side: that of every point, as launch_level_set() writes it; read for the
// own branch alone.
void launch_expansion(const ExpansionView& expansion, const SolutionArrays& arrays, Branch branch,
                      const std::int8_t* side, const ExpansionSums& sums, cudaStream_t stream);

}  // namespace nbm::cuda
