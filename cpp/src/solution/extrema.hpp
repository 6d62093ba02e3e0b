#pragma once
#include "nbm/solution/quadrature.hpp"
#include "solution/looks.hpp"

// Where u is largest, or smallest (sign -1): the best of many points, then a climb from there.
namespace nbm {

struct Summit {
  double u;
  Vec3<double> place;
};

// The best of the points of the quadrature in a side, on its walls, its corners of the box and the interface; none
// where there is nothing of the side.
std::optional<Summit> highest(const Looks& looks, const Quadrature& quadrature, Side side, double sign,
                              ThreadPool& pool);
// From `start`, within the closure of the side, of the 26 neighbours at some distance the best is gone to; where there
// is none, the distance is halved. Neighbours beyond the interface are moved back onto it.
Summit climb(const Looks& looks, Looks::By by, const Quadrature& quadrature, Side side, Vec3<double> start, double sign,
             ThreadPool& pool);

}  // namespace nbm
