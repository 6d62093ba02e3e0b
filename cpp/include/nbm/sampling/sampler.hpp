#pragma once
#include <array>
#include <cstdint>
#include <memory>

#include "nbm/core/communicator.hpp"
#include "nbm/core/points.hpp"
#include "nbm/core/thread_pool.hpp"
#include "nbm/problem/problem.hpp"
#include "nbm/sampling/interface_sampler.hpp"
#include "nbm/sampling/placement.hpp"
#include "nbm/sampling/point_density.hpp"

namespace nbm {

// How many points of each kind a draw has over all ranks: exact for the boundary, nearly so for the others.
struct NBM_EXPORT SampleCounts {
  index_t regular = 4096;
  index_t irregular = 2048;
  index_t boundary = 1024;

  // Throws InvalidArgument unless every count is in [0, 2^27).
  void validate() const;
};

// Points of one draw that this process holds. Arrays by side have the minus side first.
struct NBM_EXPORT SampleSet {
  std::array<Points, kSides> regular;   // centres of regular cells, by the side they lie on
  Points irregular;                     // centres of irregular cells
  std::array<Points, kSides> boundary;  // points on the faces of the box

  void append(const SampleSet& other);
};

// The coordinate of ScrambledSobol that moves an irregular candidate off the interface.
constexpr int kOffsetDim = kInterfaceDims;
// The number of a scrambling for the points of one face of the box.
constexpr index_t boundary_draw(index_t draw, int face) { return draw * kBoxFaces + face; }

// Shares of the candidates that are kept at a cell size.
struct Acceptance {
  double regular = 1.0;
  double irregular = 1.0;
};

// The points of docs/method.md, section 10, each a function of (seed, draw, its global number, cell size) alone: the
// shares of the ranks joined in rank order are the set of one rank, with the same bits for any number of threads.
//  * regular: uniform over the box less half a cell at each face, so that the cell lies in the box, or by the density
//    that `shares` asks for; irregular ones are dropped. The stencil x +- h reaches up to h/2 out of the box, where the
//    level set and the network are evaluated.
//  * irregular: uniform on the interface, moved along the normal by U(-1.2, 1.2) times the longest cell edge; dropped
//    unless irregular and with x +- 2h in the box.
//  * boundary: uniform on the faces of the box, on each in proportion to its area.
// So that about the requested numbers remain, more candidates are made, by acceptance() (20 times as many at most).
class NBM_EXPORT Sampler {
 public:
  // Throws InvalidArgument for counts and shares, InvalidField where the level set is not finite.
  Sampler(const Problem& problem, SampleCounts counts, std::uint64_t seed, ThreadPool& pool, PointShares shares = {});
  ~Sampler();
  Sampler(Sampler&&) noexcept;
  Sampler& operator=(Sampler&&) noexcept;

  // False when the level set has one sign: no irregular points then.
  bool has_interface() const;
  const InterfaceSampler& interface() const;
  const PointDensity& density() const;
  const SampleCounts& counts() const;

  // The share of `rank` in the set number `draw`. The cell size may change from draw to draw.
  SampleSet draw(index_t draw, Vec3<double> cell_size, ThreadPool& pool, int rank = 0, int ranks = 1) const;
  // The same for the direct-jump discretization: every cell counts as regular, on the side of its centre.
  SampleSet draw_by_side(index_t draw, Vec3<double> cell_size, ThreadPool& pool, int rank = 0, int ranks = 1) const;
  // The share of `rank` in `count` points on the interface (some may be missing, see InterfaceSampler).
  InterfacePoints draw_interface(index_t draw, index_t count, ThreadPool& pool, int rank = 0, int ranks = 1) const;

  // The numbers of the candidates that `rank` makes and sorts out in draw(), and those of its boundary points.
  struct Candidates {
    IndexRange regular, irregular, boundary;
  };
  Candidates candidates(Vec3<double> cell_size, ThreadPool& pool, int rank = 0, int ranks = 1) const;
  // Where the boundary points of each face begin, and where they end.
  std::array<index_t, kBoxFaces + 1> face_begin() const;

  // Measured on the first 4096 candidates, the same on every rank; remembered for each cell size.
  Acceptance acceptance(Vec3<double> cell_size, ThreadPool& pool) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nbm
