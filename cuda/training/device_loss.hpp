#pragma once
#include <memory>
#include <span>

#include "core/blas.hpp"
#include "nbm/training/loss.hpp"
#include "training/row_kernels.hpp"

namespace nbm::cuda {

// The loss of rows in device memory, its gradient and its normal equations: the functions of nbm/training/loss.hpp.
// Work is in the order of one stream, on the device that is current.
class DeviceLoss {
 public:
  DeviceLoss(const Siren& siren, Precision precision, cudaStream_t stream);
  ~DeviceLoss();

  // Makes room for what the calls below need for these rows; enqueue() allocates nothing then. True if its launches are
  // others than at the last call of reserve().
  bool reserve(const DeviceRows& rows);
  // All in device memory: parameters [2 count], factors [kRowGroups], squares [kRowGroups] (overwritten), gradient
  // [2 count] (added to) or null.
  void enqueue(const DeviceRows& rows, const double* parameters, const double* factors, double* squares,
               double* gradient);
  // matrix [n][n], vector [n], squares [kRowGroups]: device memory that is added to; `counts` says how many rows there
  // are.
  void add_normal_equations(const DeviceRows& rows, const DeviceRowCounts& counts, const double* parameters,
                            const PerGroup<double>& factors, double* matrix, double* vector, double* squares);
  // By the matrix and vector in device memory; the matrix is lost. False unless positive definite.
  bool solve_damped(double* matrix, const double* vector, double damping, double* solution, index_t n);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The cell size of the rows in difference form, which have but one.
Vec3<double> difference_step(const DeviceRows& rows);

}  // namespace nbm::cuda
