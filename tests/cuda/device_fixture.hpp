#pragma once
#include <gtest/gtest.h>

#include "core/stream.hpp"
#include "nbm/core/backend.hpp"
#include "rows/uploaded_rows.hpp"
#include "training/device_loss.hpp"
#include "training/row_fixture.hpp"

namespace nbm::testing {

// On a machine without a GPU the tests against one are left out.
#define NBM_NEEDS_DEVICE() \
  if (nbm::cuda::device_count() == 0) GTEST_SKIP() << "no GPU"

// Loss, gradient and normal equations of rows through the device, with the signatures of nbm/training/loss.hpp.
class OnDevice {
 public:
  OnDevice(const Siren& siren, const RowSet& rows, Precision precision)
      : siren_(siren), loss_(siren, precision, stream_) {
    rows_.upload(rows, stream_);
  }

  GroupSums loss_sums(const std::vector<double>& parameters) { return run(parameters, {}, nullptr); }

  GroupSums add_loss_gradient(const std::vector<double>& parameters, const PerGroup<double>& factors,
                              std::vector<double>& gradient) {
    return run(parameters, factors, &gradient);
  }

  GroupSums normal_equations(const std::vector<double>& parameters, const PerGroup<double>& factors,
                             std::vector<double>& matrix, std::vector<double>& vector) {
    parameters_.upload(parameters, stream_);
    device_matrix_.upload(matrix, stream_);
    device_vector_.upload(vector, stream_);
    squares_.resize(kRowGroups);
    squares_.zero(stream_);
    loss_.add_normal_equations(rows_.rows(), rows_.counts(), parameters_.data(), factors, device_matrix_.data(),
                               device_vector_.data(), squares_.data());
    device_matrix_.download(matrix, stream_);
    device_vector_.download(vector, stream_);
    return sums();
  }

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
  cuda::DeviceBuffer<double> parameters_, factors_, squares_, gradient_, device_matrix_, device_vector_;
};

inline double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double v : values) most = std::max(most, std::fabs(v));
  return most;
}

}  // namespace nbm::testing
