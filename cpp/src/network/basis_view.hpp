#pragma once
#include <vector>

#include "nbm/network/expansion.hpp"
#include "network/expansion_kernels.hpp"

namespace nbm {

// A basis at points in the coordinates of the expansion. The basis must outlive it.
class NBM_EXPORT PreparedBasis {
 public:
  explicit PreparedBasis(const PieceBasis& basis);
  PreparedBasis(const PreparedBasis&) = delete;
  PreparedBasis& operator=(const PreparedBasis&) = delete;
  PreparedBasis(PreparedBasis&&) = default;

  const BasisView& view() const { return view_; }
  // As in ExpansionKernels.
  void row(Vec3<double> x, const RowWeights& weights, double* row) const {
    kernels_.row(view_, {x.x, x.y, x.z}, weights, row);
  }
  void sum(const double* coefficients, PointsView x, int derivatives, Jet<double>* jets) const {
    kernels_.sum(view_, coefficients, x, derivatives, jets);
  }

 private:
  std::vector<SourceGroup> groups_;
  BasisView view_{};
  const ExpansionKernels& kernels_;
};

}  // namespace nbm
