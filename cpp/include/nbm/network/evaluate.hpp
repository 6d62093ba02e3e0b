#pragma once
#include <array>
#include <span>
#include <string>

#include "nbm/core/points.hpp"
#include "nbm/core/thread_pool.hpp"
#include "nbm/network/siren.hpp"

namespace nbm {

// Arithmetic of the network. Parameters, points and results are double precision in either case.
enum class Precision { float32, float64 };
NBM_EXPORT Precision parse_precision(const std::string& name);

// values[i] = network at points i (network coordinates). parameters: Siren::parameter_count() of one network.
NBM_EXPORT void evaluate_network(const Siren& siren, std::span<const double> parameters, PointsView points,
                                 std::span<double> values, Precision precision, ThreadPool& pool);

// Also the gradient by network coordinates: gradient[axis][i].
NBM_EXPORT void evaluate_network_gradient(const Siren& siren, std::span<const double> parameters, PointsView points,
                                          std::span<double> values, std::array<std::span<double>, kDim> gradient,
                                          Precision precision, ThreadPool& pool);

// Where the differences of a network go: values and, an axis, half differences (u(x + h e) - u(x - h e)) / 2 and second
// differences u(x + h e) - 2 u(x) + u(x - h e), one entry a point.
struct NetworkDifferences {
  std::span<double> values;
  std::array<std::span<double>, kDim> first, second;
};
// Differences over `step` (network coordinates), exact to round-off however small it is (docs/method.md, section 5).
NBM_EXPORT void evaluate_network_differences(const Siren& siren, std::span<const double> parameters, PointsView points,
                                             Vec3<double> step, const NetworkDifferences& differences,
                                             ThreadPool& pool);

}  // namespace nbm
