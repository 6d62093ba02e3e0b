#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <utility>

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
  OnDevice(const Siren& siren, const RowSet& rows, Precision precision,
           index_t panel_bytes = cuda::DeviceLeastSquares::kPanelBytes)
      : siren_(siren), loss_(siren, precision, stream_), least_squares_(siren, stream_, panel_bytes) {
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
    squares_.resize(kMostGroups);
    std::vector<double> more(gradient != nullptr ? gradient->size() : 0);
    gradient_.resize(static_cast<index_t>(more.size()));
    loss_.enqueue(rows_.rows(), parameters_.data(), factors_.data(), squares_.data(),
                  gradient == nullptr ? nullptr : gradient_.data());
    gradient_.download(more, stream_);
    const GroupSums found = sums();
    for (std::size_t i = 0; i < more.size(); ++i) (*gradient)[i] += more[i];
    return found;
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

// `relative` to the largest number of the host.
inline void expect_same(const std::vector<double>& device, const std::vector<double>& host, double relative) {
  ASSERT_EQ(device.size(), host.size());
  double largest = 0;
  for (const double v : host) largest = std::max(largest, std::fabs(v));
  for (std::size_t i = 0; i < host.size(); ++i) ASSERT_NEAR(device[i], host[i], relative * largest) << "entry " << i;
}

inline void expect_same(const GroupSums& device, const GroupSums& host, double relative) {
  for (std::size_t g = 0; g < kMostGroups; ++g) {
    EXPECT_NEAR(device.squares[g], host.squares[g], relative * host.squares[g]) << "group " << g;
  }
}

}  // namespace nbm::testing

namespace nbm {

// In the names of tests.
inline void PrintTo(const Siren& siren, std::ostream* out) {
  const char* before = "";
  for (const int width : siren.hidden) *out << std::exchange(before, "-") << width;
}

}  // namespace nbm
