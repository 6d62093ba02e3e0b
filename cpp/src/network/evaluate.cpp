#include "nbm/network/evaluate.hpp"

#include "nbm/core/aligned_buffer.hpp"
#include "nbm/core/error.hpp"
#include "network/kernels.hpp"
#include "network/prepared_network.hpp"

namespace nbm {
namespace {

constexpr index_t kGrain = 2048;  // points in a task: enough to hide its start, few enough to share the work

void check_sizes(const Siren& siren, std::span<const double> parameters, index_t points, std::size_t values) {
  if (static_cast<index_t>(parameters.size()) != siren.parameter_count()) {
    throw InvalidArgument("parameters", "expected " + std::to_string(siren.parameter_count()) +
                                            " numbers for this network, got " + std::to_string(parameters.size()));
  }
  if (static_cast<index_t>(values) != points) {
    throw InvalidArgument("values", "expected one entry for each of the " + std::to_string(points) + " points, got " +
                                        std::to_string(values));
  }
}

template <class S>
void evaluate(const Siren& siren, std::span<const double> parameters, PointsView points, double* values,
              const std::array<std::span<double>, kDim>* gradient, ThreadPool& pool) {
  const PreparedNetwork<S> network(siren, parameters);
  const NetworkKernels<S>& kernels = kernels_for<S>(network_kernels());
  const auto depth = static_cast<int>(siren.hidden.size());
  const index_t workspace = kernels.pack_size * siren_workspace(siren.hidden.data(), depth, kValueColumns);
  const auto tasks = TaskPartition::of(points.size, kGrain, 256);
  pool.run(tasks.tasks, [&](index_t task) {
    AlignedBuffer<S> memory(workspace);
    const index_t first = tasks.begin(task), count = tasks.end(task) - first;
    const double* const x[kDim] = {points.x + first, points.y + first, points.z + first};
    if (gradient == nullptr) {
      kernels.values(network.view(), x, count, values + first, memory.data());
    } else {
      double* const slope[kDim] = {(*gradient)[0].data() + first, (*gradient)[1].data() + first,
                                   (*gradient)[2].data() + first};
      kernels.gradient(network.view(), x, count, values + first, slope, memory.data());
    }
  });
}

}  // namespace

Precision parse_precision(const std::string& name) {
  if (name == "float32") return Precision::float32;
  if (name == "float64") return Precision::float64;
  throw InvalidArgument("precision", "expected 'float32' or 'float64', got '" + name + "'");
}

void evaluate_network(const Siren& siren, std::span<const double> parameters, PointsView points,
                      std::span<double> values, Precision precision, ThreadPool& pool) {
  check_sizes(siren, parameters, points.size, values.size());
  if (precision == Precision::float32) {
    evaluate<float>(siren, parameters, points, values.data(), nullptr, pool);
  } else {
    evaluate<double>(siren, parameters, points, values.data(), nullptr, pool);
  }
}

void evaluate_network_gradient(const Siren& siren, std::span<const double> parameters, PointsView points,
                               std::span<double> values, std::array<std::span<double>, kDim> gradient,
                               Precision precision, ThreadPool& pool) {
  check_sizes(siren, parameters, points.size, values.size());
  for (const auto& component : gradient) check_sizes(siren, parameters, points.size, component.size());
  if (precision == Precision::float32) {
    evaluate<float>(siren, parameters, points, values.data(), &gradient, pool);
  } else {
    evaluate<double>(siren, parameters, points, values.data(), &gradient, pool);
  }
}

void evaluate_network_differences(const Siren& siren, std::span<const double> parameters, PointsView points,
                                  Vec3<double> step, const NetworkDifferences& differences, ThreadPool& pool) {
  check_sizes(siren, parameters, points.size, differences.values.size());
  for (std::size_t k = 0; k < kDim; ++k) {
    check_sizes(siren, parameters, points.size, differences.first[k].size());
    check_sizes(siren, parameters, points.size, differences.second[k].size());
  }
  const PreparedNetwork<double> network(siren, parameters, step);
  const NetworkKernels<double>& kernels = kernels_for<double>(network_kernels());
  const auto depth = static_cast<int>(siren.hidden.size());
  const index_t workspace = kernels.pack_size * siren_workspace(siren.hidden.data(), depth, kQuantities);
  const auto tasks = TaskPartition::of(points.size, kGrain, 256);
  pool.run(tasks.tasks, [&](index_t task) {
    AlignedBuffer<double> memory(workspace);
    const index_t first = tasks.begin(task), count = tasks.end(task) - first;
    const double* const x[kDim] = {points.x + first, points.y + first, points.z + first};
    double* out[kQuantities] = {differences.values.data() + first};
    for (int k = 0; k < kDim; ++k) {
      out[kFirst + k] = differences.first[static_cast<std::size_t>(k)].data() + first;
      out[kSecond + k] = differences.second[static_cast<std::size_t>(k)].data() + first;
    }
    kernels.differences(network.view(), x, count, out, memory.data());
  });
}

}  // namespace nbm
