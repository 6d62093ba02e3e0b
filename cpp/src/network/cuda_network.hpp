#pragma once
#include "nbm/network/evaluate.hpp"

namespace nbm::cuda {

// Of evaluate.hpp, on one GPU (cuda/network); sizes are those that it has checked, and gradient may be null. Throws
// BackendUnavailable where the backend is not built (cuda/stub.cpp).
NBM_EXPORT void evaluate_network(const Siren& siren, std::span<const double> parameters, PointsView points,
                                 double* values, const std::array<std::span<double>, kDim>* gradient,
                                 Precision precision, int device);

}  // namespace nbm::cuda
