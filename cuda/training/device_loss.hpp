#pragma once
#include <memory>
#include <span>

#include "nbm/training/loss.hpp"
#include "training/row_kernels.hpp"

namespace nbm::cuda {

// The loss of rows in device memory, and its gradient: the functions of nbm/training/loss.hpp.
// Work is in the order of one stream, on the device that is current.
class DeviceLoss {
 public:
  DeviceLoss(const Siren& siren, Precision precision, cudaStream_t stream);
  ~DeviceLoss();

  // Makes room for what the calls below need for these rows; enqueue() allocates nothing then. True if its launches are
  // others than at the last call of reserve().
  bool reserve(const DeviceRows& rows);
  // All in device memory: parameters [2 count], factors [kMostGroups]; overwritten: squares [kMostGroups], gradient
  // [2 count] or null.
  void enqueue(const DeviceRows& rows, const double* parameters, const double* factors, double* squares,
               double* gradient);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The cell size of the rows in difference form, which have but one.
Vec3<double> difference_step(const DeviceRows& rows);

}  // namespace nbm::cuda
