#include <algorithm>

#include "core/launch.hpp"
#include "core/warp.hpp"
#include "sampling/device_sampler.hpp"

namespace nbm::cuda {
namespace {

constexpr int kBlock = 128;

__device__ void put(const CandidatesView& candidates, index_t at, Vec3<double> point, PointClass kind) {
  candidates.x[at] = point.x;
  candidates.y[at] = point.y;
  candidates.z[at] = point.z;
  candidates.kind[at] = kind;
}

// The level set at a position of the cell at x, such that its sign decides.
__device__ double classifying_level_set(const ProblemView& problem, Vec3<double> x, Vec3<double> h, int position) {
  const double smallest_h = h.x < h.y ? (h.x < h.z ? h.x : h.z) : (h.y < h.z ? h.y : h.z);
  const double phi = checked_value(problem, FieldId::level_set, classify_position(x, h, position));
  return position < kCellCorners ? corner_level_set(phi, smallest_h) : phi;
}

__device__ CellKind kind_at(const ProblemView& problem, Vec3<double> x, Vec3<double> h) {
  int minus = 0;
  for (int position = 0; position < kClassifyPositions; ++position) {
    minus += classifying_level_set(problem, x, h, position) < 0.0;
  }
  return kind_of_count(minus);
}

__device__ PointClass of_side(PointClass minus, Side side) {
  return static_cast<PointClass>(static_cast<int>(minus) + index_of(side));
}

__device__ Side side_at(const ProblemView& problem, Vec3<double> x) {
  return side_of(checked_value(problem, FieldId::level_set, x));
}

// What a kernel that makes one part of the candidates works on: candidate i of the draw is number `number` of the part,
// at `at` of the arrays. A part has room for more candidates than a draw may have: the others are dropped.
struct Place {
  index_t number, at;
  bool used;
};

__device__ index_t thread_number() { return static_cast<index_t>(blockIdx.x) * blockDim.x + threadIdx.x; }

__device__ Place place_of(const DrawState& state, const CandidatesView& candidates, CandidatePart part, index_t i) {
  const int p = static_cast<int>(part);
  const index_t at = candidates.offset[p] + i;
  if (at >= candidates.offset[p + 1]) return {0, 0, false};
  if (i >= state.count[p]) {
    candidates.kind[at] = PointClass::dropped;
    return {0, 0, false};
  }
  return {state.begin[p] + i, at, true};
}

__global__ void __launch_bounds__(kBlock)
    make_regular(const ProblemView* problem, DensityView density, const DrawState* state, CandidatesView candidates) {
  const Place place = place_of(*state, candidates, CandidatePart::regular, thread_number());
  if (!place.used) return;
  const Box& box = problem->box;
  const Vec3<double> edge = box.edge();
  Vec3<double> u, x;
  for (int axis = 0; axis < kDim; ++axis) u[axis] = low_discrepancy(state->regular, place.number, axis);
  if (density.even()) {
    for (int axis = 0; axis < kDim; ++axis) {
      x[axis] = cell_center(box.lower[axis], edge[axis], state->h[axis], u[axis]);
    }
  } else {
    x = dense_center(box, edge, state->h, at_density(density, u));
  }
  PointClass kind = PointClass::dropped;
  if (state->by_side) {
    kind = of_side(PointClass::regular_minus, side_at(*problem, x));
  } else {
    const CellKind cell = kind_at(*problem, x, state->h);
    if (cell != CellKind::irregular) {
      kind = cell == CellKind::regular_minus ? PointClass::regular_minus : PointClass::regular_plus;
    }
  }
  put(candidates, place.at, x, kind);
}

// Number `number` of a draw of points on the interface; whether it arrives there.
__device__ bool interface_point(const ProblemView& problem, const TrianglesView& triangles, const ScrambledSobol& sobol,
                                index_t number, Vec3<double>& at, Vec3<double>& normal) {
  const double all = triangles.cumulative_share[triangles.size - 1];
  const index_t found =
      first_above(triangles.cumulative_share, triangles.size, low_discrepancy(sobol, number, 0) * all);
  const auto* corners = reinterpret_cast<const Vec3<double>*>(triangles.triangle + found);
  at = triangle_point(corners, low_discrepancy(sobol, number, 1), low_discrepancy(sobol, number, 2));
  const FieldView& level_set = problem.field[static_cast<int>(FieldId::level_set)];
  const double reach = triangles.search.difference_step();
  Travel state = Travel::moving;
  for (int step = 0; step <= kNewtonSteps && state == Travel::moving; ++step) {
    Vec3<double> gradient;
    for (int axis = 0; axis < kDim; ++axis) {
      Vec3<double> ahead = at, behind = at;
      ahead[axis] += reach;
      behind[axis] -= reach;
      gradient[axis] =
          central_slope(field_value(level_set, ahead), field_value(level_set, behind), ahead[axis], behind[axis]);
    }
    state = newton_step(triangles.search, field_value(level_set, at), gradient, at, normal);
  }
  return state == Travel::arrived;
}

__global__ void __launch_bounds__(kBlock) make_irregular(const ProblemView* problem, TrianglesView triangles,
                                                         const DrawState* state, CandidatesView candidates) {
  const Place place = place_of(*state, candidates, CandidatePart::irregular, thread_number());
  if (!place.used) return;
  Vec3<double> x, normal;
  PointClass kind = PointClass::dropped;
  if (interface_point(*problem, triangles, state->irregular, place.number, x, normal)) {
    x = beside_interface(x, normal, state->h, low_discrepancy(state->irregular, place.number, kOffsetDim));
    if (stays_inside(problem->box, x, state->h, kIrregularReach) &&
        kind_at(*problem, x, state->h) == CellKind::irregular) {
      kind = PointClass::irregular;
    }
  }
  put(candidates, place.at, x, kind);
}

__global__ void __launch_bounds__(kBlock) make_interface(const ProblemView* problem, TrianglesView triangles,
                                                         const DrawState* state, CandidatesView candidates) {
  const Place place = place_of(*state, candidates, CandidatePart::interface, thread_number());
  if (!place.used) return;
  Vec3<double> x, normal;
  const bool arrived = interface_point(*problem, triangles, state->interface, place.number, x, normal);
  const index_t i = place.at - candidates.offset[static_cast<int>(CandidatePart::interface)];
  for (int axis = 0; axis < kDim; ++axis) candidates.normal[axis][i] = normal[axis];
  put(candidates, place.at, x, arrived ? PointClass::interface : PointClass::dropped);
}

__global__ void __launch_bounds__(kBlock)
    make_boundary(const ProblemView* problem, const DrawState* state, CandidatesView candidates) {
  const Place place = place_of(*state, candidates, CandidatePart::boundary, thread_number());
  if (!place.used) return;
  int face = 0;
  while (face + 1 < kBoxFaces && place.number >= state->face_begin[face + 1]) ++face;
  const index_t n = place.number - state->face_begin[face];
  const ScrambledSobol& sobol = state->face[face];
  const Vec3<double> x = face_point(problem->box, face, low_discrepancy(sobol, n, 0), low_discrepancy(sobol, n, 1));
  put(candidates, place.at, x, of_side(PointClass::boundary_minus, side_at(*problem, x)));
}

// Threads of a node, each with one position at which the level set tells the kind of its cell.
constexpr int kNodeThreads = 16;
static_assert(kClassifyPositions <= kNodeThreads && kLanes % kNodeThreads == 0);

__global__ void __launch_bounds__(kBlock)
    make_grid(const ProblemView* problem, const DrawState* state, CandidatesView candidates) {
  const Place place = place_of(*state, candidates, CandidatePart::grid, thread_number() / kNodeThreads);
  const int position = static_cast<int>(threadIdx.x) % kNodeThreads;
  const Box& box = problem->box;
  Vec3<double> x{};
  bool face = false, minus = false;
  if (place.used) {
    x = grid_node(box, state->nodes, permuted(state->order, place.number));
    face = on_face(box, x);
    if (face) {
      minus = position == 0 && side_at(*problem, x) == Side::minus;
    } else {
      minus = position < kClassifyPositions && classifying_level_set(*problem, x, state->h, position) < 0.0;
    }
  }
  const unsigned of_warp = __ballot_sync(~0U, minus);
  if (!place.used || position != 0) return;
  const int first = lane_index();
  const int count = __popc(of_warp >> first & ((1U << kNodeThreads) - 1U));
  PointClass kind = PointClass::dropped;
  if (face) {
    kind = of_side(PointClass::boundary_minus, count > 0 ? Side::minus : Side::plus);
  } else {
    const CellKind cell = kind_of_count(count);
    // The first classes are the kinds of cells.
    if (stays_inside(box, x, state->h, reach_of(cell))) kind = static_cast<PointClass>(cell);
  }
  put(candidates, place.at, x, kind);
}
static_assert(static_cast<int>(PointClass::regular_minus) == static_cast<int>(CellKind::regular_minus) &&
              static_cast<int>(PointClass::regular_plus) == static_cast<int>(CellKind::regular_plus) &&
              static_cast<int>(PointClass::irregular) == static_cast<int>(CellKind::irregular));

}  // namespace

DeviceSampler::DeviceSampler(const DeviceProblem& problem, const Sampler* sampler, cudaStream_t stream)
    : problem_(problem) {
  if (sampler != nullptr && sampler->has_interface()) {
    const InterfaceSampler& interface = sampler->interface();
    triangles_.upload(interface.triangles(), stream);
    cumulative_share_.upload(interface.cumulative_share(), stream);
    triangles_view_ = {triangles_.data(), cumulative_share_.data(), interface.triangle_count(), interface.search()};
  }
  if (sampler != nullptr && !sampler->density().even()) {
    density_view_ = sampler->density().view();
    for (int axis = 0; axis < kDim; ++axis) density_[axis].upload(sampler->density().table(axis), stream);
    density_view_.x = density_[0].data();
    density_view_.y = density_[1].data();
    density_view_.z = density_[2].data();
  }
  state_.resize(1);
}

bool DeviceSampler::prepare(const DrawState& state, cudaStream_t stream, const CandidateRoom& least) {
  state_.upload({&state, 1}, stream);
  const CandidateRoom before = room_;
  for (std::size_t part = 0; part < kCandidateParts; ++part) {
    room_[part] = std::max({room_[part], state.count[part], least[part]});
  }
  const bool grown = sorted_.counts() == nullptr || room_ != before;
  if (!grown) return false;
  for (int part = 0; part < kCandidateParts; ++part) {
    candidates_.offset[part + 1] = candidates_.offset[part] + room_of(static_cast<CandidatePart>(part));
  }
  const index_t all = candidates_.offset[kCandidateParts], normals = room_of(CandidatePart::interface);
  sorted_.resize(all);
  double* coordinates = coordinates_.resize(kDim * all);
  candidates_.x = coordinates;
  candidates_.y = coordinates + all;
  candidates_.z = coordinates + 2 * all;
  candidates_.kind = kind_.resize(all);
  normals_.resize(kDim * normals);
  for (int axis = 0; axis < kDim; ++axis) candidates_.normal[axis] = normals_.data() + axis * normals;
  return true;
}

void DeviceSampler::enqueue(cudaStream_t stream) {
  const auto blocks = [&](CandidatePart part, index_t threads = 1) {
    return static_cast<unsigned>((threads * room_of(part) + kBlock - 1) / kBlock);
  };
  const ProblemView* problem = problem_.view();
  const DrawState* state = state_.data();
  const CandidatesView candidates = candidates_;
  const TrianglesView triangles = triangles_view_;
  if (const unsigned n = blocks(CandidatePart::regular)) {
    NBM_LAUNCH(make_regular, n, kBlock, 0, stream, problem, density_view_, state, candidates);
  }
  if (const unsigned n = blocks(CandidatePart::irregular)) {
    NBM_LAUNCH(make_irregular, n, kBlock, 0, stream, problem, triangles, state, candidates);
  }
  if (const unsigned n = blocks(CandidatePart::boundary)) {
    NBM_LAUNCH(make_boundary, n, kBlock, 0, stream, problem, state, candidates);
  }
  if (const unsigned n = blocks(CandidatePart::interface)) {
    NBM_LAUNCH(make_interface, n, kBlock, 0, stream, problem, triangles, state, candidates);
  }
  if (const unsigned n = blocks(CandidatePart::grid, kNodeThreads)) {
    NBM_LAUNCH(make_grid, n, kBlock, 0, stream, problem, state, candidates);
  }
  sorted_.run(candidates_.kind, stream);
}

index_t DeviceSampler::most(PointClass kind) const {
  switch (kind) {
    case PointClass::regular_minus:
    case PointClass::regular_plus: return room_of(CandidatePart::regular) + room_of(CandidatePart::grid);
    case PointClass::irregular: return room_of(CandidatePart::irregular) + room_of(CandidatePart::grid);
    case PointClass::boundary_minus:
    case PointClass::boundary_plus: return room_of(CandidatePart::boundary) + room_of(CandidatePart::grid);
    case PointClass::interface: return room_of(CandidatePart::interface);
    case PointClass::dropped: break;
  }
  return 0;
}

}  // namespace nbm::cuda
