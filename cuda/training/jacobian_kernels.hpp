#pragma once
#include "network/device_networks.hpp"
#include "rows/device_rows.hpp"
#include "training/damped_diagonal.hpp"

// Jacobians of rows by the networks' parameters in double precision (training/jacobian_kernels.hpp on the CPU), by
// columns: the derivative of row i by parameter p goes to jacobian[(p - held) * rows + i - begin], that by the plus
// network's in rows of both to column p - held + plus_offset; everything times `scale`. Other columns are left alone.
namespace nbm::cuda {

struct JacobianPanel {
  double* jacobian;
  index_t rows;  // distance of columns
  int held;      // first parameters of a network, which have no columns
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
// Of rows of one network the parameters of that network alone.
void launch_point_jacobian(const NetworkPair<double>& nets, const DevicePointRows& rows, const JacobianPanel& panel);
// `trained`: parameters of one network that have columns.
void launch_stencil_jacobian(const NetworkPair<double>& nets, const DeviceStencilRows& rows, int trained,
                             const JacobianPanel& panel);
// squares[0] = sum of residuals^2 / factor over the panel.
void launch_panel_squares(const JacobianPanel& panel, double factor, double* squares);
// Damps the diagonal of matrix [n][n]; solution = -vector.
void launch_damp(double* matrix, const double* vector, DampedDiagonal diagonal, double* solution, index_t n,
                 cudaStream_t stream);
// What became of a damped system. candidate[p] = parameters[p] + step[p] for the 2 * `count` parameters, those of each
// network but the `held` first ones, whose step is 0, behind `padded` numbers of `step`; times norms[p] of the same
// layout unless null; without `parameters` the step alone. *failed_number = *failed.
struct CandidateParts {
  const double *step, *norms, *parameters;
  const int* failed;
  index_t count, held, padded;
};
void launch_candidate(const CandidateParts& parts, double* candidate, double* failed_number, cudaStream_t stream);
// Divides each of `count` columns of `rows` numbers by its norm, and keeps 1 / norm; a column of zeros stays, with 0.
void launch_scale_columns(double* columns, index_t rows, index_t count, double* inverse_norms, cudaStream_t stream);

}  // namespace nbm::cuda
