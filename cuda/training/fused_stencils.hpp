#pragma once
#include "training/jacobian_kernels.hpp"
#include "training/row_kernels.hpp"

// Irregular rows of small networks of known shape: values, residuals and derivatives in one kernel, a block a row. Its
// threads are first the entries of the row; then half of its warps share the entries of each side, and the lanes are
// the neurons, whose derivatives stay in registers over all rows. Rows of the Jacobian: a warp for each side of a row.
namespace nbm::cuda {

// Whether there is a kernel for this shape.
bool has_fused_stencils(const Siren& siren);

// As launch_stencil_rows, for such a network, but with sums [side][warps / kSides][parameters]. The workspace is not
// used, nor are values of entries kept.
void launch_fused_stencils(const Launch& launch, const Siren& siren, const NetworkPair<double>& nets,
                           const DeviceStencilRows& rows, const WarpMemory<double>& memory);

// As launch_stencil_jacobian, for such a network. panel.warps: one for each side of a row, or fewer. The workspace is
// not used.
void launch_fused_stencil_jacobian(const Siren& siren, const NetworkPair<double>& nets, const DeviceStencilRows& rows,
                                   const JacobianPanel& panel);

}  // namespace nbm::cuda
