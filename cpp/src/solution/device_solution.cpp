#include "nbm/solution/device_solution.hpp"

#include "nbm/core/backend.hpp"
#include "nbm/core/error.hpp"
#include "solution/cuda_solution.hpp"

namespace nbm {
namespace {

void require_size(const char* name, std::size_t size, index_t points) {
  if (static_cast<index_t>(size) == points) return;
  throw InvalidArgument(
      name, "holds " + std::to_string(size) + " values where there are " + std::to_string(points) + " points");
}

template <class T>
cuda::SolutionArrays erase_type(const DevicePoints<T>& points, const DeviceOutputs<T>& outputs, Precision type) {
  if (points.size < 0) throw InvalidArgument("points", "have the negative size " + std::to_string(points.size));
  const bool gradient = outputs.gradient[0] != nullptr;
  for (const T* component : outputs.gradient) {
    if ((component != nullptr) != gradient) throw InvalidArgument("gradient", "needs all three components, or none");
  }
  return {.type = type,
          .points = {points.x, points.y, points.z},
          .stride = points.stride,
          .size = points.size,
          .values = outputs.values,
          .gradient = {outputs.gradient[0], outputs.gradient[1], outputs.gradient[2]},
          .gradient_stride = outputs.gradient_stride,
          .level_set = outputs.level_set,
          .side = outputs.side};
}

cuda::SolutionArrays host_arrays(PointsView points) {
  return {.points = {points.x, points.y, points.z}, .size = points.size};
}

std::unique_ptr<const cuda::SolutionEvaluator> make_evaluator(const Solution& solution, Device device) {
  if (device.kind != Device::Kind::cuda) {
    throw InvalidArgument("device", "is the CPU, where Solution itself evaluates; expected a GPU such as 'cuda'");
  }
  cuda::require_device(device.index);
  if (!solution.network_map().one_a_side()) {
    throw InvalidArgument("networks", "a solution with a network for each piece is evaluated on the CPU alone");
  }
  return cuda::make_solution_evaluator(solution, device.index);
}

}  // namespace

DeviceSolution::DeviceSolution(const Solution& solution, Device device)
    : device_(device), evaluator_(make_evaluator(solution, device)) {}
DeviceSolution::~DeviceSolution() = default;
DeviceSolution::DeviceSolution(DeviceSolution&&) noexcept = default;
DeviceSolution& DeviceSolution::operator=(DeviceSolution&&) noexcept = default;

void DeviceSolution::evaluate(const DevicePoints<float>& points, const DeviceOutputs<float>& outputs, Branch branch,
                              Precision precision, void* stream) const {
  evaluator_->enqueue(erase_type(points, outputs, Precision::float32), branch, precision, stream);
}

void DeviceSolution::evaluate(const DevicePoints<double>& points, const DeviceOutputs<double>& outputs, Branch branch,
                              Precision precision, void* stream) const {
  evaluator_->enqueue(erase_type(points, outputs, Precision::float64), branch, precision, stream);
}

void DeviceSolution::evaluate(PointsView points, std::span<double> values, Branch branch, Precision precision) const {
  require_size("values", values.size(), points.size);
  cuda::SolutionArrays arrays = host_arrays(points);
  arrays.values = values.data();
  evaluator_->run(arrays, branch, precision);
}

void DeviceSolution::evaluate_gradient(PointsView points, std::span<double> values, Solution::Gradient gradient,
                                       Branch branch, Precision precision) const {
  require_size("values", values.size(), points.size);
  cuda::SolutionArrays arrays = host_arrays(points);
  arrays.values = values.data();
  for (std::size_t k = 0; k < kDim; ++k) {
    require_size("gradient", gradient[k].size(), points.size);
    arrays.gradient[k] = gradient[k].data();
  }
  evaluator_->run(arrays, branch, precision);
}

void DeviceSolution::evaluate_level_set(PointsView points, std::span<double> values) const {
  require_size("values", values.size(), points.size);
  cuda::SolutionArrays arrays = host_arrays(points);
  arrays.level_set = values.data();
  evaluator_->run(arrays, Branch::own, Precision::float64);
}

}  // namespace nbm
