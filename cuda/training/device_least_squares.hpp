#pragma once
#include <memory>
#include <span>

#include "core/blas.hpp"
#include "nbm/training/backend.hpp"
#include "training/row_kernels.hpp"

namespace nbm::cuda {

// The linearized residuals of a Gauss-Newton step in device memory: training/least_squares.hpp on the CPU. Work is in
// the order of one stream, on the device that is current.
class DeviceLeastSquares {
 public:
  DeviceLeastSquares(const Siren& siren, cudaStream_t stream);
  ~DeviceLeastSquares();

  // As TrainingBackend::linearize on rows in device memory, `counts` of them; parameters [2 count] in device memory,
  // gradient [2 count] on the host. Returns the squares.
  PerGroup<double> linearize(const DeviceRows& rows, const DeviceRowCounts& counts, const double* parameters,
                             const PerGroup<double>& factors, LinearSystem system, std::span<double> gradient);
  void append_normal_equations(std::vector<double>& message) const;
  void take_normal_equations(std::span<const double> message);
  bool solve_damped(double damping, std::span<double> step);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nbm::cuda
