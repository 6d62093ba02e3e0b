#pragma once
#include "core/branches.hpp"
#include "core/device_buffer.hpp"
#include "nbm/rows/irregular_row.hpp"
#include "nbm/rows/value_scale.hpp"
#include "problem/device_problem.hpp"
#include "rows/device_rows.hpp"
#include "sampling/device_sampler.hpp"

namespace nbm::cuda {

// Where kernels write a set of rows: the pointers of device_rows.hpp, without const.
struct DifferenceRowsOut {
  double* x[kDim];
  double* value;
  double* first[kDim];
  double* second[kDim];
  double* rhs;
};
struct PointRowsOut {
  double* x[kDim];
  double* weight[kSides][kPointTerms];  // null: the rows do not have the term
  double* rhs;
};
struct StencilRowsOut {
  index_t* begin[kSides];
  double* x[kSides][kDim];
  double* weight[kSides];
  double* rhs;
};

// Assembles rows at the points of a sampler, in device memory of its own.
class RowAssembly {
 public:
  // values: the units of u that the rows are for.
  RowAssembly(const Problem& problem, const DeviceProblem& device_problem, ValueScale values = {});

  // Room for so many rows of each kind, and the cell size for what the host knows of the rows. True if pointers or room
  // have changed.
  bool prepare(const PointCounts& most, const DeviceSampler& points, Vec3<double> cell_size);
  // In the order of the stream, behind points.enqueue(); the same launches for a cell size until prepare() returns
  // true.
  void enqueue(const DeviceSampler& points, cudaStream_t stream);

  const DeviceRows& rows() const { return rows_; }
  // Of the rows at so many points.
  static DeviceRowCounts counts_of(const PointCounts& points);
  // Bytes of an irregular row if all of its nodes lie on one side.
  static constexpr index_t kIrregularRowBytes = kSides * kStencilNodes * (kDim + 1) * index_t{sizeof(double)};

 private:
  void make_room(const DeviceSampler& points);
  void make_difference_room(int side, const index_t* count);
  // The sets of point rows: on the boundary from either side, then the two jump conditions.
  enum PointSet { boundary_minus, boundary_plus, value_jump, flux_jump, point_sets };
  void make_point_room(PointSet set, index_t most, const index_t* count);
  void make_stencil_room(const index_t* count);
  void enqueue_irregular(const DeviceSampler& points, cudaStream_t stream);
  void enqueue_scaling(cudaStream_t stream);

  const DeviceProblem& problem_;
  Box box_;
  ValueScale values_;
  Branches branches_;  // for regular and point rows, beside the irregular ones
  PointCounts most_;
  DeviceBuffer<double> regular_memory_[kSides], irregular_memory_, point_memory_[point_sets];
  DeviceBuffer<index_t> entry_begin_;
  DeviceBuffer<std::int32_t> entry_count_;  // of the rows of a chunk
  DeviceBuffer<IrregularCell> cells_;       // of a chunk
  DifferenceRowsOut regular_[kSides]{};
  StencilRowsOut irregular_{};
  PointRowsOut points_[point_sets]{};
  DeviceRows rows_{};
};

// Cells whose irregular rows are made together: bounds the memory between the kernels.
constexpr index_t kIrregularChunk = 16384;

// The launches (regular_rows.cu, irregular_rows.cu); `most` bounds the number of points.
struct RowKernelInput {
  const ProblemView* problem;
  const DrawState* state;
  CandidatesView candidates;
};
void launch_regular_rows(const RowKernelInput& in, const ClassView (&cells)[kSides],
                         const DifferenceRowsOut (&out)[kSides], index_t most, cudaStream_t stream);
void launch_boundary_rows(const RowKernelInput& in, const ClassView (&points)[kSides],
                          const PointRowsOut (&out)[kSides], index_t most, cudaStream_t stream);
void launch_jump_rows(const RowKernelInput& in, const ClassView& points, const PointRowsOut& value_jump,
                      const PointRowsOut& flux_jump, index_t most, cudaStream_t stream);

// Right sides for other units of u (scale_values.cu), in the place of those of the rows.
void launch_scale_difference_rows(const DifferenceRowsOut& rows, const index_t* count, index_t most, int side,
                                  const ValueScale& values, cudaStream_t stream);
void launch_scale_stencil_rows(const StencilRowsOut& rows, const index_t* count, index_t most, const ValueScale& values,
                               cudaStream_t stream);
void launch_scale_point_rows(const PointRowsOut& rows, const index_t* count, index_t most, const ValueScale& values,
                             cudaStream_t stream);

// The rows of points [first, first + kIrregularChunk): those before them must be there.
struct IrregularChunk {
  ClassView points;
  index_t first, most;        // most: points of the whole draw
  IrregularCell* cells;       // [room]
  std::int32_t* entry_count;  // [kSides][room]
  index_t room;               // cells of a chunk: kIrregularChunk, or fewer if there never are so many
};
void launch_irregular_cells(const RowKernelInput& in, const IrregularChunk& chunk, cudaStream_t stream);
void launch_irregular_rows(const RowKernelInput& in, const IrregularChunk& chunk, const StencilRowsOut& out,
                           cudaStream_t stream);

}  // namespace nbm::cuda
