#pragma once
#include <cstdint>
#include <vector>

#include "nbm/core/points.hpp"
#include "nbm/core/thread_pool.hpp"
#include "nbm/problem/box.hpp"
#include "nbm/problem/field.hpp"

namespace nbm {

// Values of a level set on a team of threads. Throws InvalidField naming it where one is not finite.
class LevelSetValues {
 public:
  LevelSetValues(const Field& field, const char* name, ThreadPool& pool) : field_(field), name_(name), pool_(pool) {}
  std::vector<double> operator()(const Points& points) const;

 private:
  const Field& field_;
  const char* name_;
  ThreadPool& pool_;
};

struct OntoSurface {
  Points points;                  // on the zeros of the level set; those that did not meet it, as they were
  std::vector<std::uint8_t> met;  // which did
  Points ways;                    // unit vectors along which they went
};

// Points near the zeros of a level set, moved there along its gradient, by at most `reach` and within the box; those on
// walls move within these. Along a line each, unlike nearest_on_interface(): neighbours stay neighbours.
OntoSurface move_onto_surface(const LevelSetValues& level_set, const Points& points, const Box& box, double reach);

}  // namespace nbm
