#pragma once
#include "training/kernels.hpp"

// Jacobians of batches of rows by the networks' parameters in double precision, compiled for each SIMD level.
// Row i of the batch goes to jacobian[(i - begin) * stride + ...] and its residual to residuals[i - begin], both times
// `scale`. A network writes parameter_count numbers, `next_network` numbers behind those of the network before it;
// columns in between are left alone.
namespace nbm {

struct JacobianTarget {
  double* jacobian;
  index_t stride;
  index_t next_network;
  double* residuals;
  double scale;
};

struct JacobianKernels {
  int pack_size;
  void (*difference_rows)(const SirenView<double>& net, const DifferenceRowsView& rows, index_t begin, index_t end,
                          const JacobianTarget& target, double* memory);
  void (*point_rows)(const SirenView<double>* nets, const PointRowsView& rows, index_t begin, index_t end,
                     const JacobianTarget& target, double* memory);
  void (*stencil_rows)(const SirenView<double>* nets, const StencilRowsView& rows, index_t begin, index_t end,
                       const JacobianTarget& target, double* memory);
};

// Length of `memory` in units of a pack, for every kernel above.
NBM_HD index_t jacobian_workspace(const SirenView<double>& net) {
  return parameter_count(net) + siren_workspace(net.width, net.depth, kQuantities);
}

NBM_SIMD_TABLE(JacobianKernels, jacobian_kernels);

}  // namespace nbm
