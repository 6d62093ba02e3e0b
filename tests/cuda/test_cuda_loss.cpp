#include "device_fixture.hpp"

namespace {

using nbm::GroupSums;
using nbm::PerGroup;
using nbm::Precision;
using nbm::RowSet;
using nbm::Siren;
using nbm::testing::both_networks;
using nbm::testing::expect_same;
using nbm::testing::odd_rows;
using nbm::testing::OnDevice;

constexpr PerGroup<double> kFactors = {0.7, 1.3, 0.9, 1.1, 0.4, 0.6, 0.8};

// Sums of some hundred terms, rounded in another order: some hundred units in the last place of the largest.
double tolerance(Precision precision) { return precision == Precision::float64 ? 1e-12 : 2e-5; }

void expect_device_is_host(const Siren& siren, const RowSet& rows, Precision precision) {
  const auto p = both_networks(siren);
  nbm::ThreadPool pool(1);
  std::vector<double> host(p.size(), 0.25), device = host;
  const GroupSums on_host = nbm::add_loss_gradient(siren, p, rows, kFactors, precision, host, pool);
  OnDevice gpu(siren, rows, precision);
  const GroupSums on_device = gpu.add_loss_gradient(p, kFactors, device);
  expect_same(on_device, on_host, tolerance(precision));
  expect_same(gpu.loss_sums(p), on_host, tolerance(precision));
  expect_same(device, host, tolerance(precision));
}

RowSet few_rows() { return nbm::testing::sample_rows(nbm::testing::sphere_problem(), {21, 3, 5}, 2.0 / 16); }

class DeviceLoss : public ::testing::TestWithParam<Siren> {
 protected:
  void SetUp() override { NBM_NEEDS_DEVICE(); }
};

TEST_P(DeviceLoss, IsThatOfTheHost) {
  const nbm::index_t parameters = GetParam().parameter_count();
  const RowSet rows = parameters > 2000 ? few_rows() : odd_rows();
  expect_device_is_host(GetParam(), rows, Precision::float64);
  expect_device_is_host(GetParam(), rows, Precision::float32);
}

TEST_P(DeviceLoss, HasTheSameBitsTwice) {
  const RowSet rows = few_rows();
  const auto p = both_networks(GetParam());
  std::vector<double> first(p.size(), 0.0), second(p.size(), 0.0);
  OnDevice gpu(GetParam(), rows, Precision::float32);
  const auto a = gpu.add_loss_gradient(p, kFactors, first), b = gpu.add_loss_gradient(p, kFactors, second);
  EXPECT_EQ(a.squares, b.squares);
  EXPECT_EQ(first, second);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, DeviceLoss,
    ::testing::Values(Siren{}, Siren{.hidden = {100}}, Siren{.hidden = {1}}, Siren{.hidden = {10}},
                      Siren{.hidden = {32}}, Siren{.hidden = {33}}, Siren{.hidden = {64}}, Siren{.hidden = {104}},
                      Siren{.hidden = {180}}, Siren{.hidden = {256}}, Siren{.hidden = {257}}, Siren{.hidden = {10, 10}},
                      Siren{.hidden = {10, 10, 10}}, Siren{.hidden = {10, 10, 10, 10, 10, 10}},
                      Siren{.hidden = {10, 10, 10, 10, 10, 10, 10}}, Siren{.hidden = {32, 5, 7}, .omega = 4.0},
                      Siren{.hidden = {64, 64}}, Siren{.hidden = {128}}, Siren{.hidden = {256, 3}},
                      Siren{.hidden = {10, 10, 10, 10}}, Siren{.hidden = {9, 8, 7, 6, 5, 4}},
                      Siren{.hidden = {1, 1, 1, 1, 1, 1, 1}}, Siren{.hidden = {10, 10, 10, 10, 10, 10, 10, 10}}));

TEST(DeviceLossRows, MayBeMissing) {
  NBM_NEEDS_DEVICE();
  const Siren siren;
  RowSet none;
  none.irregular.clear();
  expect_device_is_host(siren, none, Precision::float32);
  RowSet plus_only = few_rows();
  plus_only.regular[0].resize(0);
  plus_only.points[0].resize(0);
  plus_only.irregular.clear();
  expect_device_is_host(siren, plus_only, Precision::float64);
  RowSet minus_only = few_rows();
  minus_only.regular[1].resize(0);
  for (std::size_t s = 1; s < minus_only.points.size(); ++s) minus_only.points[s].resize(0);
  expect_device_is_host(siren, minus_only, Precision::float64);
}

// A row where 31 lanes of a warp have none, and one that fills a warp.
TEST(DeviceLossRows, FillWarpsOrNot) {
  NBM_NEEDS_DEVICE();
  for (const int count : {1, 31, 32, 33, 129}) {
    RowSet rows = odd_rows();
    for (auto& side : rows.regular) side.resize(count);
    for (std::size_t s = 0; s < nbm::kSides; ++s) rows.points[s].resize(count / 2);
    expect_device_is_host(Siren{.hidden = {5, 6}}, rows, Precision::float64);
  }
}

// docs/method.md, section 5: rows in difference form keep float32 usable at cells of 2/8192.
TEST(DeviceLossRows, AreExactInSinglePrecisionAtSmallCells) {
  NBM_NEEDS_DEVICE();
  const RowSet rows = nbm::testing::sample_rows(nbm::testing::sphere_problem(), {301, 3, 5}, 2.0 / 8192);
  for (const Siren& siren : {Siren{}, Siren{.hidden = {100}}}) {
    const auto p = both_networks(siren);
    OnDevice single(siren, rows, Precision::float32), twice(siren, rows, Precision::float64);
    const double a = single.loss_sums(p).squares[0], b = twice.loss_sums(p).squares[0];
    EXPECT_NEAR(a, b, 1e-5 * b);
  }
}

}  // namespace
