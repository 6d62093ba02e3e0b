#pragma once
#include <optional>
#include <string>
#include <vector>

#include "nbm/core/points.hpp"
#include "nbm/problem/problem.hpp"
#include "nbm/rows/row_sets.hpp"
#include "nbm/rows/value_scale.hpp"

namespace nbm {

// Values of the solution, or of its derivatives along directions, that are known at points: a group of rows
// (docs/method.md, section 8).
struct NBM_EXPORT Observations {
  std::string name = "data";          // of the group: letters, digits, '_' and '-'
  Points points;                      // [n], box coordinates, in the box
  std::vector<double> values;         // [n], units of u; along directions units of u over length
  std::vector<double> sigma = {1.0};  // [n] or one for all: standard deviations, in units of the values
  Points directions;                  // empty: values of u; else [n], and the values are direction . grad u
  std::optional<Side> side;           // whose network they concern; none: that of the side on which each point lies
  index_t per_draw = 0;               // points of a draw, each once before any comes again; 0: all
  double weight = 1.0;                // lambda of the group (docs/method.md, section 10)

  index_t size() const { return points.size(); }
  // Throws InvalidArgument, naming the member.
  void validate(const Box& box) const;
};

// The rows of observations, a draw at a time. The shares of the ranks joined in rank order are the rows of one rank.
class NBM_EXPORT ObservationRows {
 public:
  // Throws InvalidArgument, InvalidField where the level set is not finite.
  // values: the units of u that the rows are for; residuals stay those of u over sigma, which have no units.
  ObservationRows(const Problem& problem, const Observations& observations, int group, std::uint64_t seed,
                  const ValueScale& values = {});

  // Appends the share of `rank` in draw number `draw`: a set a side, of group `group` and with differences over h.
  void append(index_t draw, Vec3<double> h, int rank, int ranks, std::vector<PointRows>& sets) const;
  // The most rows of a side that a draw can have.
  index_t most(Side side) const;
  int group() const { return group_; }

 private:
  // The numbers of the share's observations, by side.
  std::array<std::vector<std::size_t>, kSides> members(index_t draw, int rank, int ranks) const;
  PointRow<double> row(std::size_t number, int side, Vec3<double> h) const;

  Box box_;
  Observations data_;
  int group_;
  std::uint64_t seed_;
  ValueScale values_;
  std::vector<Side> sides_;  // of each observation
};

}  // namespace nbm
