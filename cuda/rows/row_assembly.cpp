#include "rows/row_assembly.hpp"

#include <algorithm>

#include "core/scan.hpp"

namespace nbm::cuda {
namespace {

// Hands out consecutive parts of an array.
class Cut {
 public:
  Cut(double* memory, index_t length) : next_(memory), length_(length) {}
  double* one() {
    double* part = next_;
    next_ += length_;
    return part;
  }
  void axes(double* (&part)[kDim]) {
    for (double*& p : part) p = one();
  }

 private:
  double* next_;
  index_t length_;
};

constexpr int kDifferenceArrays = 3 * kDim + 2;  // x, first, second, value, rhs

template <std::size_t n>
void share(const double* (&to)[n], double* const (&from)[n]) {
  std::copy(from, from + n, to);
}

// The rows of a condition have values only, or differences only.
bool has_term(const DevicePointRows& rows, int side, int term) {
  return rows.touches[side] && (term > 0) == rows.has_differences;
}

DevicePointRows without_rows(int group, bool minus, bool plus, bool has_differences) {
  DevicePointRows rows{};
  rows.group = group;
  rows.touches[0] = minus;
  rows.touches[1] = plus;
  rows.has_differences = has_differences;
  return rows;
}

}  // namespace

RowAssembly::RowAssembly(const Problem& problem, const DeviceProblem& device_problem, ValueScale values)
    : problem_(device_problem), box_(problem.box), values_(values), branches_(2) {
  rows_.points = {without_rows(kBoundaryGroup, true, false, false), without_rows(kBoundaryGroup, false, true, false),
                  without_rows(kValueJumpGroup, true, true, false), without_rows(kFluxJumpGroup, true, true, true)};
}

DeviceRowCounts RowAssembly::counts_of(const PointCounts& points) {
  return {{points.regular[0], points.regular[1]},
          points.irregular,
          {points.boundary[0], points.boundary[1], points.interface, points.interface}};
}

bool RowAssembly::prepare(const PointCounts& most, const DeviceSampler& points, Vec3<double> cell_size) {
  const Vec3<double> step = box_.normalize_lengths(cell_size);
  rows_.regular[0].step = rows_.regular[1].step = rows_.points[flux_jump].step = step;
  const bool fits = most.regular[0] <= most_.regular[0] && most.regular[1] <= most_.regular[1] &&
                    most.irregular <= most_.irregular && most.boundary[0] <= most_.boundary[0] &&
                    most.boundary[1] <= most_.boundary[1] && most.interface <= most_.interface;
  const bool placed = rows_.irregular.count == points.counts() + static_cast<int>(PointClass::irregular);
  if (fits && placed) return false;
  for (int side = 0; side < kSides; ++side) {
    most_.regular[side] = std::max(most_.regular[side], most.regular[side]);
    most_.boundary[side] = std::max(most_.boundary[side], most.boundary[side]);
  }
  most_.irregular = std::max(most_.irregular, most.irregular);
  most_.interface = std::max(most_.interface, most.interface);
  make_room(points);
  return true;
}

void RowAssembly::make_room(const DeviceSampler& points) {
  for (int side = 0; side < kSides; ++side) {
    make_difference_room(side, points.counts() + static_cast<int>(PointClass::regular_minus) + side);
    make_point_room(static_cast<PointSet>(boundary_minus + side), most_.boundary[side],
                    points.counts() + static_cast<int>(PointClass::boundary_minus) + side);
  }
  make_stencil_room(points.counts() + static_cast<int>(PointClass::irregular));
  for (const PointSet set : {value_jump, flux_jump}) {
    make_point_room(set, most_.interface, points.counts() + static_cast<int>(PointClass::interface));
  }
}

void RowAssembly::make_difference_room(int side, const index_t* count) {
  const index_t most = most_.regular[side];
  Cut cut(regular_memory_[side].resize(kDifferenceArrays * most), most);
  DifferenceRowsOut& out = regular_[side];
  cut.axes(out.x);
  cut.axes(out.first);
  cut.axes(out.second);
  out.value = cut.one();
  out.rhs = cut.one();
  DeviceDifferenceRows& rows = rows_.regular[side];
  share(rows.x, out.x);
  share(rows.first, out.first);
  share(rows.second, out.second);
  rows.value = out.value;
  rows.rhs = out.rhs;
  rows.count = count;
  rows.most = most;
}

void RowAssembly::make_point_room(PointSet set, index_t most, const index_t* count) {
  DevicePointRows& rows = rows_.points[set];
  PointRowsOut& out = points_[set];
  int arrays = kDim + 1;  // x, rhs
  for (int side = 0; side < kSides; ++side) {
    for (int q = 0; q < kPointTerms; ++q) arrays += has_term(rows, side, q) ? 1 : 0;
  }
  Cut cut(point_memory_[set].resize(arrays * most), most);
  cut.axes(out.x);
  share(rows.x, out.x);
  for (int side = 0; side < kSides; ++side) {
    for (int q = 0; q < kPointTerms; ++q) {
      rows.weight[side][q] = out.weight[side][q] = has_term(rows, side, q) ? cut.one() : nullptr;
    }
  }
  rows.rhs = out.rhs = cut.one();
  rows.count = count;
  rows.most = most;
}

void RowAssembly::make_stencil_room(const index_t* count) {
  const index_t most = most_.irregular, entries = most * kStencilNodes;
  double* memory = irregular_memory_.resize(kSides * (kDim + 1) * entries + most);
  Cut cut(memory, entries);
  index_t* begin = entry_begin_.resize(kSides * (most + 1));
  const index_t chunk = std::min(most, kIrregularChunk);
  cells_.resize(chunk);
  entry_count_.resize(kSides * chunk);
  DeviceStencilRows& rows = rows_.irregular;
  for (int side = 0; side < kSides; ++side) {
    rows.begin[side] = irregular_.begin[side] = begin + side * (most + 1);
    cut.axes(irregular_.x[side]);
    share(rows.x[side], irregular_.x[side]);
    rows.weight[side] = irregular_.weight[side] = cut.one();
  }
  rows.rhs = irregular_.rhs = cut.one();
  rows.count = count;
  rows.most = most;
  rows.most_entries = entries;
}

void RowAssembly::enqueue(const DeviceSampler& points, cudaStream_t stream) {
  const RowKernelInput in{problem_.view(), points.state(), points.candidates()};
  const ClassView regular[kSides] = {points.of(PointClass::regular_minus), points.of(PointClass::regular_plus)};
  launch_regular_rows(in, regular, regular_, std::max(most_.regular[0], most_.regular[1]), branches_.fork(0, stream));
  const ClassView boundary[kSides] = {points.of(PointClass::boundary_minus), points.of(PointClass::boundary_plus)};
  const PointRowsOut on_boundary[kSides] = {points_[boundary_minus], points_[boundary_plus]};
  const cudaStream_t beside = branches_.fork(1, stream);
  launch_boundary_rows(in, boundary, on_boundary, std::max(most_.boundary[0], most_.boundary[1]), beside);
  launch_jump_rows(in, points.of(PointClass::interface), points_[value_jump], points_[flux_jump], most_.interface,
                   beside);
  enqueue_irregular(points, stream);
  branches_.join(stream);
  if (values_.changes()) enqueue_scaling(stream);
}

void RowAssembly::enqueue_scaling(cudaStream_t stream) {
  for (int side = 0; side < kSides; ++side) {
    launch_scale_difference_rows(regular_[side], rows_.regular[side].count, most_.regular[side], side, values_, stream);
  }
  launch_scale_stencil_rows(irregular_, rows_.irregular.count, most_.irregular, values_, stream);
  for (int set = 0; set < point_sets; ++set) {
    const DevicePointRows& rows = rows_.points[static_cast<std::size_t>(set)];
    launch_scale_point_rows(points_[set], rows.count, rows.most, values_, stream);
  }
}

void RowAssembly::enqueue_irregular(const DeviceSampler& points, cudaStream_t stream) {
  const RowKernelInput in{problem_.view(), points.state(), points.candidates()};
  const index_t most = most_.irregular, room = std::min(most, kIrregularChunk);
  index_t first = 0;
  do {  // once also without room for rows: the sums must be there
    const IrregularChunk chunk{points.of(PointClass::irregular), first, most, cells_.data(), entry_count_.data(), room};
    if (most > 0) launch_irregular_cells(in, chunk, stream);
    exclusive_scan({entry_count_.data(), room, entry_begin_.data(), most + 1, nullptr}, kSides, first,
                   std::min(room, most - first), chunk.points.count, stream);
    if (most > 0) launch_irregular_rows(in, chunk, irregular_, stream);
    first += kIrregularChunk;
  } while (first < most);
}

}  // namespace nbm::cuda
