#pragma once
#include <gtest/gtest.h>

#include "core/stream.hpp"
#include "nbm/core/backend.hpp"
#include "rows/uploaded_rows.hpp"
#include "training/device_least_squares.hpp"
#include "training/device_loss.hpp"
#include "training/row_fixture.hpp"

namespace nbm::testing {

// On a machine without a GPU the tests against one are left out.
#define NBM_NEEDS_DEVICE() \
  if (nbm::cuda::device_count() == 0) GTEST_SKIP() << "no GPU"

// Loss, gradient and Gauss-Newton steps of rows through the device, with the signatures of nbm/training/loss.hpp and
// training/least_squares.hpp.
class OnDevice {
 public:
  OnDevice(const Siren& siren, const RowSet& rows, Precision precision)
      : siren_(siren), loss_(siren, precision, stream_), least_squares_(siren, stream_) {
    rows_.upload(rows, stream_);
  }

  GroupSums loss_sums(const std::vector<double>& parameters) { return run(parameters, {}, nullptr); }

  GroupSums add_loss_gradient(const std::vector<double>& parameters, const PerGroup<double>& factors,
                              std::vector<double>& gradient) {
    return run(parameters, factors, &gradient);
  }

  GroupSums linearize(const std::vector<double>& parameters, const PerGroup<double>& factors, LinearSystem system,
                      std::vector<double>& gradient) {
    parameters_.upload(parameters, stream_);
    GroupSums sums;
    sums.squares =
        least_squares_.linearize(rows_.rows(), rows_.counts(), parameters_.data(), factors, system, gradient);
    return sums;
  }
  cuda::DeviceLeastSquares& least_squares() { return least_squares_; }

 private:
  GroupSums run(const std::vector<double>& parameters, const PerGroup<double>& factors, std::vector<double>* gradient) {
    parameters_.upload(parameters, stream_);
    factors_.upload(factors, stream_);
    squares_.resize(kRowGroups);
    if (gradient != nullptr) gradient_.upload(*gradient, stream_);
    loss_.enqueue(rows_.rows(), parameters_.data(), factors_.data(), squares_.data(),
                  gradient == nullptr ? nullptr : gradient_.data());
    if (gradient != nullptr) gradient_.download(*gradient, stream_);
    return sums();
  }
  GroupSums sums() {
    GroupSums sums;
    squares_.download(sums.squares, stream_);
    stream_.wait();
    return sums;
  }

  Siren siren_;
  cuda::Stream stream_;
  cuda::UploadedRows rows_;
  cuda::DeviceLoss loss_;
  cuda::DeviceLeastSquares least_squares_;
  cuda::DeviceBuffer<double> parameters_, factors_, squares_, gradient_;
};

inline double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double v : values) most = std::max(most, std::fabs(v));
  return most;
}

}  // namespace nbm::testing
