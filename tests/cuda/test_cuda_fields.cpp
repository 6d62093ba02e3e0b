#include <functional>

#include "problems.hpp"
#include "rows_on_host.hpp"
#include "training/host_rows.hpp"
#include "training/row_maker.hpp"

namespace nbm::cuda {
namespace {

using DeviceFields = testing::DeviceTest;

using testing::expect_close;
using testing::on_host;
using namespace nbm::symbols;

const Vec3<double> kCell{0.1, 0.1, 0.1};

TrainingOptions regular_only() {
  TrainingOptions options;
  options.sampling.counts = {400, 0, 0};
  options.threads = 1;
  return options;
}

// A problem whose regular rows have f on the right side, divided by the diagonal 6 / h^2.
Problem problem_with(const Field& f) {
  Problem problem;
  problem.plus.f = f;
  return problem;
}

// A tolerance in units of the largest value: `tolerance` 3 ulp of a function (core/math.hpp) on either side.
void expect_same_values(const Field& f, const std::string& what) {
  SCOPED_TRACE(what);
  ThreadPool pool(1);
  const HostRowMaker cpu(problem_with(f), regular_only(), 0, 1, pool);
  DeviceRowMaker device(problem_with(f), regular_only(), 0, 1, nullptr);
  ASSERT_TRUE(device.on_device());
  RowSet wanted;
  cpu.assemble(0, kCell, wanted);
  ASSERT_EQ(wanted.regular[1].size(), 400);
  const RowSet rows = on_host(device.assemble(0, kCell));
  device.counts();
  double scale = 0.0;
  for (const double value : wanted.regular[1].rhs) scale = std::max(scale, std::abs(value));
  for (std::size_t i = 0; i < 400; ++i) ASSERT_NEAR(rows.regular[1].rhs[i], wanted.regular[1].rhs[i], 1e-14 * scale);
}

TEST_F(DeviceFields, EveryOperationOfAnExpression) {
  const Symbol u = symbols::x() - 0.3 * symbols::y(), v = 1.7 + symbols::z() * symbols::y(), w = 0.45 * u;
  const std::vector<std::pair<std::string, Symbol>> expressions = {{"negate", -u},
                                                                   {"abs", abs(u)},
                                                                   {"sign", sign(u)},
                                                                   {"sqrt", sqrt(v)},
                                                                   {"exp", exp(u)},
                                                                   {"log", log(v)},
                                                                   {"sin", sin(9.0 * u)},
                                                                   {"cos", cos(9.0 * u)},
                                                                   {"tan", tan(u)},
                                                                   {"asin", asin(w)},
                                                                   {"acos", acos(w)},
                                                                   {"atan", atan(u)},
                                                                   {"sinh", sinh(u)},
                                                                   {"cosh", cosh(u)},
                                                                   {"tanh", tanh(u)},
                                                                   {"add", u + v},
                                                                   {"subtract", u - v},
                                                                   {"multiply", u * v},
                                                                   {"divide", u / v},
                                                                   {"power", pow(v, u)},
                                                                   {"atan2", atan2(u, v)},
                                                                   {"minimum", min(u, v)},
                                                                   {"maximum", max(u, v)},
                                                                   {"less", less(u, w)},
                                                                   {"select", select(less(u, 0.0), v, w)}};
  for (const auto& [name, expression] : expressions) expect_same_values(Field(Expression(expression)), name);
}

TEST_F(DeviceFields, ConstantsAndGrids) {
  expect_same_values(2.5, "constant");
  for (const Interpolation method : {Interpolation::linear, Interpolation::cubic, Interpolation::quadratic_eno}) {
    expect_same_values(Field(testing::gridded_sphere(method)), to_string(method));
  }
}

// What the device cannot evaluate is assembled on the host: the same bits.
void expect_host_rows(const Problem& problem) {
  TrainingOptions options = regular_only();
  options.sampling.counts = {99, 41, 23};
  for (const Discretization discretization : {Discretization::bochkov_gibou, Discretization::direct_jump}) {
    options.discretization = discretization;
    ThreadPool pool(1);
    const HostRowMaker cpu(problem, options, 0, 2, pool);
    DeviceRowMaker device(problem, options, 0, 2, nullptr);
    EXPECT_FALSE(device.on_device());
    RowSet wanted;
    for (const index_t draw : {0, 1}) {
      cpu.assemble(draw, kCell, wanted);
      expect_close(on_host(device.assemble(draw, kCell)), wanted, 0.0);
      EXPECT_EQ(device.counts().irregular, wanted.irregular.size());
    }
  }
}

TEST_F(DeviceFields, HostCallbacksAreAssembledOnTheHost) {
  Problem problem = testing::sphere_problem();
  problem.plus.f = Field(FieldCallback([](PointsView points, std::span<double> values) {
    for (index_t i = 0; i < points.size; ++i) values[static_cast<std::size_t>(i)] = points.x[i] * points.y[i];
  }));
  expect_host_rows(problem);
}

TEST_F(DeviceFields, LongExpressionsAreAssembledOnTheHost) {
  Symbol sum = 0.0, product = 1.0;
  std::vector<Symbol> terms;
  for (int i = 1; i <= 80; ++i) terms.push_back(sin(symbols::x() * i));
  for (const Symbol& term : terms) sum = sum + term;
  for (const Symbol& term : terms) product = product * (1.0 + 0.1 * term);
  const Expression expression(sum + product);
  ASSERT_GT(expression.tape().registers, kMostRegisters);
  Problem problem = testing::sphere_problem();
  problem.plus.f = Field(expression);
  EXPECT_FALSE(device_capable(problem));
  EXPECT_THROW(DeviceProblem(problem, nullptr), InvalidArgument);
  expect_host_rows(problem);
}

void expect_fault(const Problem& problem, const std::string& name) {
  TrainingOptions options = regular_only();
  options.sampling.counts = {400, 200, 100};
  DeviceRowMaker device(problem, options, 0, 1, nullptr);
  device.assemble(0, kCell);
  try {
    device.counts();
    FAIL() << "no error for " << name;
  } catch (const InvalidField& error) {
    EXPECT_EQ(error.field, name);
    EXPECT_TRUE(std::isnan(error.value) || error.value <= 0.0) << error.value;
  }
}

TEST_F(DeviceFields, UnusableValuesAreNamed) {
  const Symbol hole = sqrt(symbols::x() - 0.2);
  const Problem good = testing::sphere_problem();
  const std::vector<std::pair<std::string, std::function<void(Problem&)>>> broken = {
      {names_of(Side::plus).k, [&](Problem& p) { p.plus.k = Field(Expression(hole)); }},
      {names_of(Side::minus).f, [&](Problem& p) { p.minus.f = Field(Expression(hole)); }},
      {names_of(Side::plus).mu, [&](Problem& p) { p.plus.mu = Field(Expression(symbols::x() - 0.3)); }},
      {names_of(Side::plus).boundary, [&](Problem& p) { p.plus.boundary = Field(Expression(hole)); }},
      {"jump_u", [&](Problem& p) { p.jump_u = Field(Expression(hole)); }},
      {"jump_flux", [&](Problem& p) { p.jump_flux = Field(Expression(hole)); }}};
  for (const auto& [name, change] : broken) {
    Problem problem = good;
    change(problem);
    expect_fault(problem, name);
  }
}

}  // namespace
}  // namespace nbm::cuda
