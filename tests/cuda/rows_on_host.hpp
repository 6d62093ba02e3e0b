#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.hpp"
#include "nbm/core/backend.hpp"
#include "nbm/core/error.hpp"
#include "nbm/rows/row_sets.hpp"
#include "rows/device_rows.hpp"
#include "sampling/device_sampler.hpp"

// What kernels left in device memory, as the CPU has it.
namespace nbm::testing {

// Tests that need a device, be it one of fibers.
class DeviceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (cuda::device_count() == 0) GTEST_SKIP() << "no GPU";
  }
};

template <class T>
std::vector<T> on_host(const T* device, index_t n) {
  std::vector<T> host(static_cast<std::size_t>(n));
  if (n > 0) {
    cuda::check(cudaMemcpyAsync(host.data(), device, sizeof(T) * host.size(), cudaMemcpyDeviceToHost, nullptr),
                "a copy to the test");
    cuda::check(cudaStreamSynchronize(nullptr), "work on the GPU");
  }
  return host;
}

template <std::size_t n>
void to_host(std::array<std::vector<double>, n>& to, const double* const (&from)[n], index_t count) {
  for (std::size_t i = 0; i < n; ++i) to[i] = on_host(from[i], count);
}

inline DifferenceRows on_host(const cuda::DeviceDifferenceRows& from) {
  const index_t n = on_host(from.count, 1)[0];
  EXPECT_LE(n, from.most);
  DifferenceRows rows;
  rows.step = from.step;
  to_host(rows.x, from.x, n);
  to_host(rows.first, from.first, n);
  to_host(rows.second, from.second, n);
  rows.value = on_host(from.value, n);
  rows.rhs = on_host(from.rhs, n);
  return rows;
}

inline StencilRows on_host(const cuda::DeviceStencilRows& from) {
  const index_t n = on_host(from.count, 1)[0];
  EXPECT_LE(n, from.most);
  StencilRows rows;
  for (std::size_t side = 0; side < kSides; ++side) {
    rows.begin[side] = on_host(from.begin[side], n + 1);
    const index_t entries = rows.begin[side].back();
    EXPECT_LE(entries, from.most_entries);
    to_host(rows.x[side], from.x[side], entries);
    rows.weight[side] = on_host(from.weight[side], entries);
  }
  rows.rhs = on_host(from.rhs, n);
  return rows;
}

inline PointRows on_host(const cuda::DevicePointRows& from) {
  const index_t n = on_host(from.count, 1)[0];
  EXPECT_LE(n, from.most);
  PointTerms terms;
  for (std::size_t side = 0; side < kSides; ++side) {
    terms.value[side] = from.touches[side] && !from.has_differences;
    terms.first[side] = from.touches[side] && from.has_differences;
  }
  PointRows rows(from.group, terms, n);
  rows.step = from.step;
  to_host(rows.x, from.x, n);
  for (std::size_t side = 0; side < kSides; ++side) {
    for (std::size_t q = 0; q < kPointTerms; ++q) {
      if (from.weight[side][q] != nullptr) rows.weight[side][q] = on_host(from.weight[side][q], n);
    }
  }
  rows.rhs = on_host(from.rhs, n);
  return rows;
}

inline RowSet on_host(const cuda::DeviceRows& from) {
  RowSet rows;
  for (std::size_t side = 0; side < kSides; ++side) {
    rows.regular[side] = on_host(from.regular[side]);
  }
  rows.irregular = on_host(from.irregular);
  for (const cuda::DevicePointRows& set : from.points) rows.points.push_back(on_host(set));
  return rows;
}

// The points of a class, in order.
inline Points on_host(const cuda::DeviceSampler& sampler, cuda::PointClass kind) {
  const cuda::ClassView view = sampler.of(kind);
  const std::vector<std::uint32_t> members = on_host(view.members, on_host(view.count, 1)[0]);
  const cuda::CandidatesView& candidates = sampler.candidates();
  const index_t all = candidates.offset[cuda::kCandidateParts];
  const std::vector<double> x = on_host(candidates.x, all), y = on_host(candidates.y, all),
                            z = on_host(candidates.z, all);
  Points points;
  for (const std::uint32_t at : members) points.push_back({x[at], y[at], z[at]});
  return points;
}

// Both lists are equal to `tolerance` times the largest number of the second, at least 1.
inline void expect_close(const std::vector<double>& device, const std::vector<double>& cpu, double tolerance,
                         const char* what) {
  ASSERT_EQ(device.size(), cpu.size()) << what;
  double scale = 1.0;
  for (const double value : cpu) scale = std::max(scale, std::abs(value));
  for (std::size_t i = 0; i < cpu.size(); ++i) ASSERT_NEAR(device[i], cpu[i], tolerance * scale) << what << " " << i;
}

template <std::size_t n>
void expect_close(const std::array<std::vector<double>, n>& device, const std::array<std::vector<double>, n>& cpu,
                  double tolerance, const char* what) {
  for (std::size_t i = 0; i < n; ++i) expect_close(device[i], cpu[i], tolerance, what);
}

inline void expect_close(const Points& device, const Points& cpu, double tolerance, const char* what) {
  expect_close(device.x, cpu.x, tolerance, what);
  expect_close(device.y, cpu.y, tolerance, what);
  expect_close(device.z, cpu.z, tolerance, what);
}

inline void expect_close(const DifferenceRows& device, const DifferenceRows& cpu, double tolerance) {
  EXPECT_EQ(device.step, cpu.step);
  expect_close(device.x, cpu.x, tolerance, "regular x");
  expect_close(device.first, cpu.first, tolerance, "regular first");
  expect_close(device.second, cpu.second, tolerance, "regular second");
  expect_close(device.value, cpu.value, tolerance, "regular value");
  expect_close(device.rhs, cpu.rhs, tolerance, "regular rhs");
}

inline void expect_close(const StencilRows& device, const StencilRows& cpu, double tolerance) {
  EXPECT_EQ(device.begin, cpu.begin);
  ASSERT_EQ(device.networks(), cpu.networks());
  for (std::size_t s = 0; s < cpu.networks(); ++s) {
    expect_close(device.x[s], cpu.x[s], tolerance, s == 0 ? "irregular x-" : "irregular x+");
    expect_close(device.weight[s], cpu.weight[s], tolerance, "irregular weight");
  }
  expect_close(device.rhs, cpu.rhs, tolerance, "irregular rhs");
}

inline void expect_close(const PointRows& device, const PointRows& cpu, double tolerance) {
  EXPECT_EQ(device.group, cpu.group);
  EXPECT_EQ(device.step, cpu.step);
  expect_close(device.x, cpu.x, tolerance, "point x");
  for (std::size_t side = 0; side < kSides; ++side) {
    expect_close(device.weight[side], cpu.weight[side], tolerance, "point weight");
  }
  expect_close(device.rhs, cpu.rhs, tolerance, "point rhs");
}

// Sets without rows do not count.
inline void expect_close(std::vector<PointRows> device, std::vector<PointRows> cpu, double tolerance) {
  for (auto* sets : {&device, &cpu}) {
    std::erase_if(*sets, [](const PointRows& set) { return set.size() == 0; });
  }
  ASSERT_EQ(device.size(), cpu.size());
  for (std::size_t s = 0; s < cpu.size(); ++s) expect_close(device[s], cpu[s], tolerance);
}

inline void expect_close(const RowSet& device, const RowSet& cpu, double tolerance) {
  for (std::size_t side = 0; side < kSides; ++side) {
    expect_close(device.regular[side], cpu.regular[side], tolerance);
  }
  expect_close(device.irregular, cpu.irregular, tolerance);
  expect_close(device.points, cpu.points, tolerance);
}

}  // namespace nbm::testing
