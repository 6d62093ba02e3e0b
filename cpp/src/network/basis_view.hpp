#pragma once
#include <vector>

#include "nbm/network/expansion.hpp"
#include "network/expansion_kernels.hpp"

namespace nbm {

// The view of a basis, which must outlive it.
class PreparedBasis {
 public:
  explicit PreparedBasis(const PieceBasis& basis);
  PreparedBasis(const PreparedBasis&) = delete;
  PreparedBasis& operator=(const PreparedBasis&) = delete;
  PreparedBasis(PreparedBasis&&) = default;

  const BasisView& view() const { return view_; }

 private:
  std::vector<SourceGroup> groups_;
  BasisView view_{};
};

}  // namespace nbm
