#pragma once
#include <array>

#include "core/device_buffer.hpp"
#include "nbm/core/communicator.hpp"
#include "nbm/sampling/interface_sampler.hpp"
#include "nbm/sampling/low_discrepancy.hpp"
#include "nbm/sampling/permutation.hpp"
#include "nbm/sampling/sampler.hpp"
#include "problem/device_problem.hpp"
#include "sampling/compaction.hpp"

namespace nbm::cuda {

// Candidates of a draw, by where they come from: kernels work on one such part each.
enum class CandidatePart : int { regular, irregular, boundary, interface, grid };
constexpr int kCandidateParts = 5;
using CandidateRoom = std::array<index_t, kCandidateParts>;

// What tells one draw from another, in device memory.
struct DrawState {
  Vec3<double> h;
  index_t begin[kCandidateParts];  // the first global number of each part
  index_t count[kCandidateParts];
  bool by_side;  // regular candidates all count, on the side of their centre
  ScrambledSobol regular, irregular, interface, face[kBoxFaces];
  index_t face_begin[kBoxFaces + 1];
  Permutation order;  // of the nodes of the grid
  index_t nodes;      // of the grid, along an axis
};

// The triangles of the interface in device memory.
struct TrianglesView {
  const InterfaceSampler::Triangle* triangle;
  const double* cumulative_share;
  index_t size;
  InterfaceSearch search;
};

// All candidates, part behind part.
struct CandidatesView {
  double* x;
  double* y;
  double* z;
  PointClass* kind;
  double* normal[kDim];                 // of the part `interface`, from its first candidate
  index_t offset[kCandidateParts + 1];  // where each part begins
};

// Points of one class: members[i] is where the i-th of *count is found among the candidates.
struct ClassView {
  const std::uint32_t* members;
  const index_t* count;
};

// Draws points on the device, in the order of the CPU's Sampler and GridBatches.
class DeviceSampler {
 public:
  // sampler: has the triangles of the interface and the density of the points; null: for draws from a grid.
  DeviceSampler(const DeviceProblem& problem, const Sampler* sampler, cudaStream_t stream);

  // Copies the state of a draw; true if the room for candidates has changed, and pointers with it. least: room that
  // there must be in any case.
  bool prepare(const DrawState& state, cudaStream_t stream, const CandidateRoom& least = {});
  // Makes and sorts the candidates. In the order of the stream; the same launches until prepare() returns true.
  void enqueue(cudaStream_t stream);

  const DrawState* state() const { return state_.data(); }
  const CandidatesView& candidates() const { return candidates_; }
  ClassView of(PointClass kind) const { return {sorted_.members(kind), sorted_.counts() + static_cast<int>(kind)}; }
  const index_t* counts() const { return sorted_.counts(); }
  // The most points of a class that a draw of this size can have.
  index_t most(PointClass kind) const;

 private:
  index_t room_of(CandidatePart part) const { return room_[static_cast<std::size_t>(part)]; }

  const DeviceProblem& problem_;
  DeviceBuffer<InterfaceSampler::Triangle> triangles_;
  DeviceBuffer<double> cumulative_share_;
  DeviceBuffer<double> density_[kDim];
  TrianglesView triangles_view_{};
  DensityView density_view_{};
  DeviceBuffer<DrawState> state_;
  CandidateRoom room_{};
  DeviceBuffer<double> coordinates_, normals_;
  DeviceBuffer<PointClass> kind_;
  CandidatesView candidates_{};
  Compaction sorted_;
};

// The state of a draw of Sampler::draw or, by_side, of Sampler::draw_by_side and draw_interface.
DrawState fresh_draw(const Sampler& sampler, std::uint64_t seed, bool by_side, index_t draw, Vec3<double> cell_size,
                     ThreadPool& pool, int rank, int ranks);
// The state of a draw of GridBatches::draw.
DrawState grid_draw(index_t nodes, index_t batch, std::uint64_t seed, index_t draw, Vec3<double> cell_size, int rank,
                    int ranks);

}  // namespace nbm::cuda
