#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "core/json.hpp"
#include "fixtures.hpp"
#include "nbm/core/error.hpp"
#include "nbm/core/tensor_file.hpp"
#include "nbm/problem/grid_field.hpp"

namespace {

using namespace nbm;
using test::kOblong;
using test::make_solution;

class ModelFile : public testing::Test {
 protected:
  ~ModelFile() override { std::filesystem::remove(path_); }

  // The file after a change to its JSON description.
  template <class Change>
  void rewrite(Change&& change) const {
    TensorFile file = TensorFile::read(path_);
    Json::Object json = Json::parse(file.metadata.at("nbm")).object("nbm");
    change(json, file);
    file.metadata["nbm"] = Json(json).dump();
    file.write(path_);
  }

  void expect_same_values(const Solution& a, const Solution& b) const {
    ThreadPool pool(1);
    const Points points = test::scattered(kOblong, 500);
    std::vector<double> from_a(500), from_b(500);
    a.evaluate(points.view(), from_a, pool);
    b.evaluate(points.view(), from_b, pool);
    EXPECT_EQ(from_a, from_b);
  }

  const std::string path_ = testing::TempDir() + "nbm_model_" +
                            testing::UnitTest::GetInstance()->current_test_info()->name() + ".safetensors";
};

TEST_F(ModelFile, RoundTripIsBitExact) {
  const Solution solution = make_solution(test::sphere(0.7), {.hidden = {9, 4, 6}, .omega = 2.5, .gamma = 1.25});
  solution.save(path_);
  const Solution again = Solution::load(path_);
  EXPECT_EQ(again.parameters(), solution.parameters());
  EXPECT_EQ(again.siren(), solution.siren());
  EXPECT_EQ(again.box(), solution.box());
  EXPECT_EQ(again.info(), solution.info());
  EXPECT_EQ(again.level_set().expression()->nodes(), solution.level_set().expression()->nodes());
  expect_same_values(again, solution);
}

TEST_F(ModelFile, KeepsACorrectionInAFormatOfItsOwn) {
  const Solution networks = make_solution(test::sphere(0.7)), solution = networks.corrected(test::make_correction());
  networks.save(path_);
  EXPECT_EQ(Json::parse(TensorFile::read(path_).metadata.at("nbm")).at("format").integer("format"), 1);
  EXPECT_EQ(Solution::load(path_).correction(), nullptr);
  solution.save(path_);
  EXPECT_EQ(Json::parse(TensorFile::read(path_).metadata.at("nbm")).at("format").integer("format"), 2);
  const Solution again = Solution::load(path_);
  ASSERT_NE(again.correction(), nullptr);
  expect_same_values(again, solution);
  expect_same_values(again.networks(), networks);
  rewrite([](Json::Object&, TensorFile& file) { file.tensors.erase("correction.plus"); });
  EXPECT_THROW(Solution::load(path_), FileError);
  rewrite([](Json::Object&, TensorFile& file) { file.tensors.erase("correction.minus"); });
  EXPECT_THROW(Solution::load(path_), FileError);
}

TEST_F(ModelFile, KeepsAGriddedLevelSet) {
  std::vector<double> values;
  for (int i = 0; i < 4 * 5 * 6; ++i) values.push_back(std::sin(1.7 * i) + 0.1);
  const Solution solution = make_solution(GridField(kOblong, {4, 5, 6}, values, Interpolation::quadratic_eno));
  solution.save(path_);
  const Solution again = Solution::load(path_);
  ASSERT_NE(again.level_set().grid(), nullptr);
  EXPECT_EQ(again.level_set().grid()->interpolation(), Interpolation::quadratic_eno);
  expect_same_values(again, solution);
}

TEST_F(ModelFile, KeepsAConstantLevelSet) {
  make_solution(0.1).save(path_);
  EXPECT_EQ(*Solution::load(path_).level_set().constant(), 0.1);
}

TEST_F(ModelFile, AHostFunctionMustBeGivenAgain) {
  const Field plane(FieldCallback([](PointsView points, std::span<double> values) {
    for (index_t i = 0; i < points.size; ++i) values[static_cast<std::size_t>(i)] = points.x[i];
  }));
  const Solution solution = make_solution(plane);
  solution.save(path_);
  EXPECT_THROW(Solution::load(path_), FileError);
  expect_same_values(Solution::load(path_, plane), solution);
}

TEST_F(ModelFile, HoldsOneTensorAWeightMatrixAndBias) {
  const Solution solution = make_solution(1.0);
  solution.save(path_);
  const TensorFile file = TensorFile::read(path_);
  EXPECT_EQ(file.tensors.size(), 12U);
  EXPECT_EQ(file.tensors.at("minus.hidden.0.weight").shape, (std::vector<index_t>{7, 3}));
  EXPECT_EQ(file.tensors.at("plus.hidden.1.bias").shape, (std::vector<index_t>{5}));
  EXPECT_EQ(file.tensors.at("plus.output.bias").values[0], solution.parameters().back());
}

TEST_F(ModelFile, DamagedDescriptionsAreFileErrors) {
  const Solution solution = make_solution(test::sphere(0.7));
  const auto expect_error = [&](const char* what, auto change) {
    solution.save(path_);
    rewrite(change);
    EXPECT_THROW(Solution::load(path_), FileError) << what;
  };
  using Object = Json::Object;
  expect_error("newer format", [](Object& json, TensorFile&) { json["format"] = 2; });
  expect_error("no network", [](Object& json, TensorFile&) { json.erase("siren"); });
  expect_error("no layers", [](Object& json, TensorFile&) {
    json["siren"] = Object{{"hidden", Json::Array{}}, {"omega", 1}, {"gamma", 1}};
  });
  expect_error("huge layer", [](Object& json, TensorFile&) {
    json["siren"] = Object{{"hidden", Json::Array{1e15}}, {"omega", 1}, {"gamma", 1}};
  });
  expect_error("other layers than the tensors", [](Object& json, TensorFile&) {
    json["siren"] = Object{{"hidden", Json::Array{7, 6}}, {"omega", 1}, {"gamma", 1}};
  });
  expect_error("flat box", [](Object& json, TensorFile&) {
    json["box"] = Object{{"lower", Json::Array{0, 0, 0}}, {"upper", Json::Array{1, 0, 1}}};
  });
  expect_error("unknown operation", [](Object& json, TensorFile&) {
    json["level_set"] = Object{{"kind", "expression"}, {"nodes", Json::Array{Json::Array{"system"}}}};
  });
  expect_error("operand ahead", [](Object& json, TensorFile&) {
    json["level_set"] = Object{{"kind", "expression"}, {"nodes", Json::Array{Json::Array{"sin", 3}}}};
  });
  expect_error("unknown kind", [](Object& json, TensorFile&) { json["level_set"] = Object{{"kind", "pickle"}}; });
  expect_error("grid without values", [](Object& json, TensorFile&) {
    json["level_set"] = Object{{"kind", "grid"}, {"box", json["box"]}, {"interpolation", "cubic"}};
  });
  expect_error("missing tensor", [](Object&, TensorFile& file) { file.tensors.erase("plus.output.bias"); });
  expect_error("NaN", [](Object&, TensorFile& file) { file.tensors["plus.output.bias"].values[0] = std::nan(""); });
}

TEST_F(ModelFile, AnotherSafetensorsFileIsNoModel) {
  TensorFile file;
  file.tensors["weights"] = Tensor::vector({1.0});
  file.write(path_);
  EXPECT_THROW(Solution::load(path_), FileError);
  file.metadata["nbm"] = "{";
  file.write(path_);
  EXPECT_THROW(Solution::load(path_), FileError);
}

}  // namespace
