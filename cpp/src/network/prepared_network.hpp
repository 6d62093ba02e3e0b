#pragma once
#include <span>
#include <vector>

#include "nbm/network/siren.hpp"
#include "nbm/network/siren_point.hpp"

namespace nbm {

// One network's parameters in the precision of a kernel, with the constants of the difference form.
template <class S>
class PreparedNetwork {
 public:
  PreparedNetwork(const Siren& siren, std::span<const double> parameters, Vec3<double> step = {})
      : width_(siren.hidden), parameters_(parameters.begin(), parameters.end()) {
    view_.parameters = parameters_.data();
    view_.width = width_.data();
    view_.depth = static_cast<int>(width_.size());
    view_.omega = static_cast<S>(siren.omega);
    for (int k = 0; k < kDim; ++k) view_.step[k] = static_cast<S>(step[k]);
    first_steps_.resize(static_cast<std::size_t>(width_[0]) * 2 * kDim);
    for (int i = 0; i < width_[0]; ++i) first_layer_steps(view_, i, first_steps_.data() + i * 2 * kDim);
    view_.first_steps = first_steps_.data();
  }
  PreparedNetwork(const PreparedNetwork&) = delete;
  PreparedNetwork& operator=(const PreparedNetwork&) = delete;

  const SirenView<S>& view() const { return view_; }

 private:
  std::vector<int> width_;
  std::vector<S> parameters_, first_steps_;
  SirenView<S> view_;
};

}  // namespace nbm
