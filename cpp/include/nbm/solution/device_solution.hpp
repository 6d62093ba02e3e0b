#pragma once
#include <memory>

#include "nbm/core/device.hpp"
#include "nbm/solution/solution.hpp"

namespace nbm {

namespace cuda {
class SolutionEvaluator;
}

// Whose value at a point: that of the side on which the point lies, of one network wherever the point lies, or the
// difference plus - minus.
enum class Branch { own = 0, minus = 1, plus = 2, jump = 3 };

// Points in the memory of a GPU, borrowed: point i is (x[i * stride], y[i * stride], z[i * stride]), box coordinates.
template <class T>
struct DevicePoints {
  const T* x = nullptr;
  const T* y = nullptr;
  const T* z = nullptr;
  index_t stride = 1;
  index_t size = 0;

  // From an array [size][3].
  static DevicePoints rows(const T* points, index_t size) { return {points, points + 1, points + 2, kDim, size}; }
};

// Where results go, in the memory of a GPU; whatever is null is not computed.
template <class T>
struct DeviceOutputs {
  T* values = nullptr;     // [size]
  T* gradient[kDim] = {};  // by box coordinates, component k of point i at gradient[k][i * gradient_stride]
  index_t gradient_stride = 1;
  T* level_set = nullptr;       // [size]
  std::int8_t* side = nullptr;  // [size]: 0 minus, 1 plus, -1 where the level set is not finite

  // Also the gradient, as an array [size][3].
  DeviceOutputs& gradient_rows(T* rows) {
    for (int k = 0; k < kDim; ++k) gradient[k] = rows + k;
    gradient_stride = kDim;
    return *this;
  }
};

// A solution (networks, expansion, correction, level set) that lies on one GPU and stays there. A value that can be
// moved; every method may be called from many threads at once. Results are those of Solution to round-off: networks,
// and a correction's values without gradients, are evaluated in the precision that is asked for, the rest in double
// precision.
class NBM_EXPORT DeviceSolution {
 public:
  // Throws InvalidArgument for the CPU, and for a level set that a GPU cannot evaluate (a host function, or a very
  // long expression); BackendUnavailable.
  DeviceSolution(const Solution& solution, Device device);
  ~DeviceSolution();
  DeviceSolution(DeviceSolution&&) noexcept;
  DeviceSolution& operator=(DeviceSolution&&) noexcept;

  Device device() const { return device_; }

  // Memory of the GPU in and out, in the order of the caller's stream; returns at once. Everything borrowed must live
  // until the work is done. Where the level set is not finite the own branch is NaN.
  void evaluate(const DevicePoints<float>& points, const DeviceOutputs<float>& outputs, Branch branch = Branch::own,
                Precision precision = Precision::float32, void* stream = nullptr) const;
  void evaluate(const DevicePoints<double>& points, const DeviceOutputs<double>& outputs, Branch branch = Branch::own,
                Precision precision = Precision::float64, void* stream = nullptr) const;

  // Memory of the host in and out; done on return. As the functions of Solution. InvalidField where the level set is
  // needed and not finite.
  void evaluate(PointsView points, std::span<double> values, Branch branch = Branch::own,
                Precision precision = Precision::float64) const;
  void evaluate_gradient(PointsView points, std::span<double> values, Solution::Gradient gradient,
                         Branch branch = Branch::own, Precision precision = Precision::float64) const;
  void evaluate_level_set(PointsView points, std::span<double> values) const;

 private:
  Device device_;
  std::unique_ptr<const cuda::SolutionEvaluator> evaluator_;
};

}  // namespace nbm
