#include "core/launch.hpp"
#include "nbm/rows/point_row.hpp"
#include "nbm/rows/regular_row.hpp"
#include "rows/row_assembly.hpp"

// One thread a row: regular rows, and the point rows of each condition.
namespace nbm::cuda {
namespace {

constexpr int kBlock = 128;

struct BySide {
  ClassView points[kSides];
  DifferenceRowsOut regular[kSides];
  PointRowsOut boundary[kSides];
};

__device__ index_t row_of_thread() { return static_cast<index_t>(blockIdx.x) * blockDim.x + threadIdx.x; }

__device__ Vec3<double> position(const CandidatesView& candidates, index_t at) {
  return {candidates.x[at], candidates.y[at], candidates.z[at]};
}

__device__ void put(double* const (&to)[kDim], index_t row, Vec3<double> v) {
  to[0][row] = v.x;
  to[1][row] = v.y;
  to[2][row] = v.z;
}

__device__ void put(const PointRowsOut& to, index_t row, Vec3<double> x, const PointRow<double>& values) {
  put(to.x, row, x);
  for (int side = 0; side < kSides; ++side) {
    for (int q = 0; q < kPointTerms; ++q) {
      if (to.weight[side][q] != nullptr) to.weight[side][q][row] = values.weight[side][q];
    }
  }
  to.rhs[row] = values.rhs;
}

__global__ void __launch_bounds__(kBlock) regular_rows(RowKernelInput in, BySide sides) {
  const int side = static_cast<int>(blockIdx.y);
  const index_t row = row_of_thread();
  if (row >= *sides.points[side].count) return;
  const ProblemView& problem = *in.problem;
  const Vec3<double> h = in.state->h, x = position(in.candidates, sides.points[side].members[row]);
  double mu[kFaces];
  for (int face = 0; face < kFaces; ++face) {
    mu[face] = checked_value(problem, of_side(FieldId::mu_minus, side), face_center(x, h, face));
  }
  const double k = checked_value(problem, of_side(FieldId::k_minus, side), x);
  const double f = checked_value(problem, of_side(FieldId::f_minus, side), x);
  const RegularRow<double> values = regular_row(mu, k, f, h);
  const DifferenceRowsOut& out = sides.regular[side];
  put(out.x, row, problem.box.normalize(x));
  put(out.first, row, values.first);
  put(out.second, row, values.second);
  out.value[row] = values.value;
  out.rhs[row] = values.rhs;
}

__global__ void __launch_bounds__(kBlock) boundary_rows(RowKernelInput in, BySide sides) {
  const int side = static_cast<int>(blockIdx.y);
  const index_t row = row_of_thread();
  if (row >= *sides.points[side].count) return;
  const Vec3<double> x = position(in.candidates, sides.points[side].members[row]);
  const double g = checked_value(*in.problem, of_side(FieldId::boundary_minus, side), x);
  put(sides.boundary[side], row, in.problem->box.normalize(x), boundary_row(side, g));
}

__global__ void __launch_bounds__(kBlock)
    jump_rows(RowKernelInput in, ClassView points, PointRowsOut value_jump, PointRowsOut flux_jump) {
  const index_t row = row_of_thread();
  if (row >= *points.count) return;
  const ProblemView& problem = *in.problem;
  const index_t at = points.members[row];
  const index_t from = at - in.candidates.offset[static_cast<int>(CandidatePart::interface)];
  const Vec3<double> x = position(in.candidates, at);
  const Vec3<double> normal = {in.candidates.normal[0][from], in.candidates.normal[1][from],
                               in.candidates.normal[2][from]};
  const JumpCondition<double> jump = {
      {checked_value(problem, FieldId::mu_minus, x), checked_value(problem, FieldId::mu_plus, x)},
      checked_value(problem, FieldId::jump_u, x),
      checked_value(problem, FieldId::jump_flux, x),
      0.0,  // rows of laws are made on the host
      0.0};
  const double length = half_of_longest_edge(problem.box.edge());
  const Vec3<double> at_row = problem.box.normalize(x);
  put(value_jump, row, at_row, value_jump_row(jump, normal, in.state->h, length));
  put(flux_jump, row, at_row, flux_jump_row(jump, normal, in.state->h, length));
}

unsigned blocks_for(index_t rows) { return static_cast<unsigned>((rows + kBlock - 1) / kBlock); }

}  // namespace

void launch_regular_rows(const RowKernelInput& in, const ClassView (&cells)[kSides],
                         const DifferenceRowsOut (&out)[kSides], index_t most, cudaStream_t stream) {
  if (most == 0) return;
  const BySide sides{{cells[0], cells[1]}, {out[0], out[1]}, {}};
  NBM_LAUNCH(regular_rows, dim3(blocks_for(most), kSides), kBlock, 0, stream, in, sides);
}

void launch_boundary_rows(const RowKernelInput& in, const ClassView (&points)[kSides],
                          const PointRowsOut (&out)[kSides], index_t most, cudaStream_t stream) {
  if (most == 0) return;
  const BySide sides{{points[0], points[1]}, {}, {out[0], out[1]}};
  NBM_LAUNCH(boundary_rows, dim3(blocks_for(most), kSides), kBlock, 0, stream, in, sides);
}

void launch_jump_rows(const RowKernelInput& in, const ClassView& points, const PointRowsOut& value_jump,
                      const PointRowsOut& flux_jump, index_t most, cudaStream_t stream) {
  if (most == 0) return;
  NBM_LAUNCH(jump_rows, blocks_for(most), kBlock, 0, stream, in, points, value_jump, flux_jump);
}

}  // namespace nbm::cuda
