#pragma once
#include <memory>
#include <span>

#include "core/blas.hpp"
#include "nbm/training/backend.hpp"
#include "training/row_kernels.hpp"

namespace nbm::cuda {

// The linearized residuals of a Gauss-Newton step in device memory: training/least_squares.hpp on the CPU. Work is in
// the order of one stream, on the device that is current.
//
// The normal equations are added up from panels of rows, so that the Jacobian is never there as a whole: for n
// parameters of both networks the memory is that of the panels and twice 8 n^2 bytes, for the matrix and its factor.
class DeviceLeastSquares {
 public:
  static constexpr index_t kPanelBytes = index_t{64} << 20;  // of each of the panels that are filled side by side

  DeviceLeastSquares(const Siren& siren, cudaStream_t stream, index_t panel_bytes = kPanelBytes);
  ~DeviceLeastSquares();

  // As TrainingBackend::linearize on rows in device memory, `counts` of them; parameters [2 count] in device memory,
  // gradient [2 count] on the host. Returns the squares.
  PerGroup<double> linearize(const DeviceRows& rows, const DeviceRowCounts& counts, const double* parameters,
                             const PerGroup<double>& factors, LinearSystem system, std::span<double> gradient);
  void append_normal_equations(std::vector<double>& message) const;
  void take_normal_equations(std::span<const double> message);
  bool solve_damped(double damping, std::span<double> step);
  // The same on the device, without waiting: outcome[0] is not 0 if the system cannot be solved, behind it is the
  // candidate [2 count], parameters + step, or the step alone without `parameters`.
  void enqueue_damped(double damping, const double* parameters, double* outcome);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nbm::cuda
