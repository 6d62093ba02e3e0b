#pragma once
#include <array>
#include <vector>

#include "nbm/problem/problem.hpp"
#include "nbm/rows/wall_faces.hpp"

namespace nbm {

// One coefficient's positions in a block of cells, evaluated in one batch.
class SampleBatch {
 public:
  SampleBatch(const Field& field, const char* name, bool positive, index_t most);

  void push(Vec3<double> position, double& value) {
    x_[count_] = position.x;
    y_[count_] = position.y;
    z_[count_] = position.z;
    target_[count_++] = &value;
  }
  // Evaluates what was pushed, writes the values where they belong, and empties the batch.
  void evaluate();

 private:
  const Field& field_;
  const char* name_;
  bool positive_;
  std::size_t count_ = 0;
  std::vector<double> x_, y_, z_, value_;
  std::vector<double*> target_;
};

// Assembles irregular rows for a few cells at a time, so that coefficients are evaluated in batches and everything
// between geometry and row stays in the cache. One block serves one thread.
class IrregularBlock {
 public:
  static constexpr index_t kCapacity = 32;

  IrregularBlock(const Problem& problem, Vec3<double> h);

  // Puts the block on these cells (at most kCapacity) and evaluates the level set around them.
  void place(PointsView cells);
  // The same with values of the level set that the caller has: fill the cells returned (x, phi, corner).
  std::vector<IrregularCell>& place_empty(index_t count);
  // Says that a cell lies at walls whose flux is given (bits of its faces); its corners are those of its part in the
  // box.
  void put_at_walls(index_t cell, unsigned walls) { walls_[static_cast<std::size_t>(cell)] = walls; }
  // Also asks for the ghost value at the centre of every cell, needed by its row or not.
  void require_center_ghosts() { center_ghosts_ = true; }
  // Geometry, coefficients and rows of the cells placed.
  void assemble();

  index_t size() const { return count_; }
  const IrregularCell& operator[](index_t i) const { return cells_[static_cast<std::size_t>(i)]; }
  IrregularCell& cell(index_t i) { return cells_[static_cast<std::size_t>(i)]; }
  unsigned walls(index_t i) const { return walls_[static_cast<std::size_t>(i)]; }
  const StarCoefficients& star(index_t i) const { return stars_[static_cast<std::size_t>(i)]; }
  // What the data bring into a cell: its sources, and the fluxes given on the interface and on walls.
  double supply(index_t i) const { return star(i).rhs; }

 private:
  void find_geometry(IrregularCell& cell, unsigned walls) const;
  void evaluate_walls();
  void make_row(std::size_t cell);

  const Problem& problem_;
  Vec3<double> h_;
  index_t count_ = 0;
  bool center_ghosts_ = false;
  std::vector<IrregularCell> cells_;
  std::vector<unsigned> walls_;  // of each cell
  std::vector<WallSamples> wall_samples_;
  std::vector<StarCoefficients> stars_;
  Points nodes_;
  std::vector<double> phi_;
  std::vector<SampleBatch> batches_;  // by Coefficient
};

}  // namespace nbm
