#pragma once
#include "network/device_networks.hpp"
#include "rows/device_rows.hpp"

// Jacobians of rows by the networks' parameters in double precision (training/jacobian_kernels.hpp on the CPU), by
// columns: the derivative of row i by parameter p goes to jacobian[p * rows + i - begin], that by the plus network's in
// rows of both to parameter p + plus_offset; everything times `scale`. Other columns are left alone.
namespace nbm::cuda {

struct JacobianPanel {
  double* jacobian;
  index_t rows;  // distance of columns
  int plus_offset;
  double* residuals;
  double scale;
  index_t begin, end;  // rows of the set that go to the panel
  double* workspace;   // [warp][numbers][lane]
  index_t workspace_size;
  unsigned warps;  // a multiple of kBlockWarps
  cudaStream_t stream;
};

void launch_difference_jacobian(const SirenView<double>& net, const DeviceDifferenceRows& rows,
                                const JacobianPanel& panel);
void launch_value_jacobian(const SirenView<double>& net, const DeviceValueRows& rows, const JacobianPanel& panel);
void launch_jump_jacobian(const NetworkPair<double>& nets, const DeviceJumpRows& rows, const JacobianPanel& panel);
// `parameters`: of one network.
void launch_stencil_jacobian(const NetworkPair<double>& nets, const DeviceStencilRows& rows, int parameters,
                             const JacobianPanel& panel);
// squares[0] += sum of residuals^2 / factor over the panel.
void launch_panel_squares(const JacobianPanel& panel, double factor, double* squares);
// The diagonal of matrix [n][n]: times (1 + damping) where positive, 1 elsewhere; solution = -vector.
void launch_damp(double* matrix, const double* vector, double damping, double* solution, index_t n,
                 cudaStream_t stream);

}  // namespace nbm::cuda
