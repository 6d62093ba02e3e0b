#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "nbm/core/error.hpp"
#include "nbm/problem/expression.hpp"
#include "nbm/problem/symbols.hpp"

namespace nbm {
namespace {

// std:: functions of double beside those of symbols, found by overload resolution.
using namespace nbm::symbols;  // NOLINT

Points random_points(index_t count, double low = -1.0, double high = 1.0) {
  std::mt19937_64 generator(3);
  std::uniform_real_distribution<double> draw(low, high);
  Points points(count);
  for (index_t i = 0; i < count; ++i) points.set(i, {draw(generator), draw(generator), draw(generator)});
  return points;
}

std::vector<double> values_at(const Expression& e, const Points& points) {
  std::vector<double> values(static_cast<std::size_t>(points.size()));
  e.evaluate(points.view(), values);
  return values;
}

// Number of instructions that a Symbol compiles to.
std::int32_t length(const Symbol& s) { return Expression(s).tape().size; }

TEST(Expression, EqualsHandWrittenFunction) {
  const Expression e = exp(x()) * y() - 0.5 + atan2(y(), x()) / (2.0 + sin(z())) + max(x(), y()) * abs(z());
  const Points points = random_points(1000);
  const std::vector<double> values = values_at(e, points);
  for (index_t i = 0; i < points.size(); ++i) {
    const Vec3<double> p = points[i];
    const double truth =
        std::exp(p.x) * p.y - 0.5 + std::atan2(p.y, p.x) / (2.0 + std::sin(p.z)) + std::fmax(p.x, p.y) * std::fabs(p.z);
    // About ten operations, each of a size below 4 and with at most 2 rounding errors.
    ASSERT_NEAR(values[static_cast<std::size_t>(i)], truth, 80 * std::numeric_limits<double>::epsilon());
  }
}

TEST(Expression, SelectsAndCompares) {
  const Expression e = select(less(x(), y()), x() + 10.0, y() - 10.0);
  for (const auto& p : {Vec3<double>{0, 1, 0}, Vec3<double>{1, 0, 0}, Vec3<double>{2, 2, 0}}) {
    Points points;
    points.push_back(p);
    EXPECT_EQ(values_at(e, points)[0], p.x < p.y ? p.x + 10.0 : p.y - 10.0);
  }
}

TEST(Expression, SharesCommonSubexpressions) {
  const Symbol s = sin(x() * y());
  EXPECT_EQ(length(s + sin(y() * x()) * s), 4);  // one product, one sine, s * s, sum
  EXPECT_EQ(length(s), 2);
}

TEST(Expression, FoldsConstantsAndDropsDeadNodes) {
  EXPECT_EQ(length(x() + exp(Symbol(0.0)) * 2.0), 1);
  EXPECT_EQ(length(x() * 1.0), 0);
  EXPECT_EQ(length(select(Symbol(1.0), x(), sin(y()))), 0);
  const Expression dead({{.op = Op::x}, {.op = Op::sin, .a = 0}, {.op = Op::negate, .a = 0}});
  EXPECT_EQ(dead.tape().size, 1);
  EXPECT_EQ(dead.nodes().size(), 2U);
}

TEST(Expression, TurnsSmallPowersIntoProducts) {
  EXPECT_EQ(length(pow(x(), 2.0)), 1);
  EXPECT_EQ(length(pow(x(), 8.0)), 3);
  EXPECT_EQ(length(pow(x(), 1.5)), 2);
  const Points points = random_points(100, 0.5, 2.0);
  for (const double exponent : {2.0, 3.0, 5.0, 16.0, 17.0, -1.0, -4.0, 0.5, 2.5, -1.5, 0.3, 0.0}) {
    const std::vector<double> values = values_at(pow(x(), exponent), points);
    for (index_t i = 0; i < points.size(); ++i) {
      const double truth = std::pow(points[i].x, exponent);
      // x^n by squaring rounds at most 2 log2(n) times, and every error is raised to at most the n-th power: n ulps.
      ASSERT_NEAR(values[static_cast<std::size_t>(i)], truth, 20 * 2.3e-16 * truth) << exponent;
    }
  }
  EXPECT_EQ(Expression(pow(x(), 2.0)).nodes().back().op, Op::power) << "the stored form keeps the power";
}

TEST(Expression, ReusesRegisters) {
  Symbol sum = 0.0;
  for (int i = 1; i <= 200; ++i) sum = sum + sin(x() * static_cast<double>(i));
  EXPECT_LE(Expression(sum).tape().registers, 2);
}

TEST(Expression, NodesRoundTrip) {
  const Expression e = exp(x()) * pow(y(), 3.0) - select(less(x(), 0.25), z(), sqrt(abs(z())));
  const Expression again(e.nodes());
  EXPECT_EQ(e, again);
}

// Nodes as a generator may write them: any operations on any earlier nodes, repeated ones and constants included.
std::vector<ExpressionNode> random_nodes(std::mt19937_64& generator) {
  std::vector<ExpressionNode> nodes{{.op = Op::x}, {.op = Op::y}, {.op = Op::z}};
  const auto draw = [&](std::size_t below) { return static_cast<std::int32_t>(generator() % below); };
  const int count = 1 + draw(60);
  for (int i = 0; i < count; ++i) {
    ExpressionNode node{.op = static_cast<Op>(draw(kOps))};
    if (draw(2) == 0) node.op = draw(2) == 0 ? Op::add : Op::multiply;
    if (node.op == Op::constant) node.value = draw(4) - 1.5;
    std::int32_t* const operands[] = {&node.a, &node.b, &node.c};
    // Half of them close by, so that long chains and shared operands are frequent.
    for (int k = 0; k < arity(node.op); ++k) {
      const std::size_t reach = draw(2) == 0 ? nodes.size() : std::min<std::size_t>(nodes.size(), 4);
      *operands[k] = static_cast<std::int32_t>(nodes.size()) - 1 - draw(reach);
    }
    nodes.push_back(node);
  }
  return nodes;
}

// Bits, because a folded constant may be NaN.
bool same_bits(const std::vector<ExpressionNode>& one, const std::vector<ExpressionNode>& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(), [](const auto& p, const auto& q) {
    return p.op == q.op && p.a == q.a && p.b == q.b && p.c == q.c &&
           std::bit_cast<std::uint64_t>(p.value) == std::bit_cast<std::uint64_t>(q.value);
  });
}

TEST(Expression, NodesAreStableUnderReadBack) {
  std::mt19937_64 generator(11);
  for (int trial = 0; trial < 20000; ++trial) {
    const Expression e(random_nodes(generator));
    ASSERT_TRUE(same_bits(Expression(e.nodes()).nodes(), e.nodes())) << trial;
  }
}

TEST(Expression, OperandOrderOfSumsAndProductsDoesNotMatter) {
  std::mt19937_64 generator(12);
  for (int trial = 0; trial < 5000; ++trial) {
    std::vector<ExpressionNode> nodes = random_nodes(generator);
    const Expression e(nodes);
    for (ExpressionNode& node : nodes) {
      if (node.op == Op::add || node.op == Op::multiply) std::swap(node.a, node.b);
    }
    ASSERT_TRUE(same_bits(Expression(nodes).nodes(), e.nodes())) << trial;
  }
}

TEST(Expression, BatchingDoesNotChangeBits) {
  const Expression e = sin(40.0 * x()) * exp(y()) + log(abs(z())) + tan(1e9 * x());
  const Points points = random_points(301);
  const std::vector<double> together = values_at(e, points);
  for (index_t i = 0; i < points.size(); ++i) {
    double alone = 0.0;
    e.evaluate(points.view().slice(i, 1), {&alone, 1});
    ASSERT_EQ(alone, together[static_cast<std::size_t>(i)]);
  }
  e.evaluate(points.view().slice(0, 0), {});
}

TEST(Expression, OnePointInterpreterAgrees) {
  const Expression e = exp(x()) * y() - sqrt(abs(z())) / (3.0 + x());
  const TapeView tape = e.tape();
  std::vector<double> registers(static_cast<std::size_t>(tape.registers));
  const Points points = random_points(64);
  const std::vector<double> values = values_at(e, points);
  for (index_t i = 0; i < points.size(); ++i) {
    // Not the same bits: the two may contract multiplications and additions differently.
    ASSERT_NEAR(evaluate_tape(tape, points[i], registers.data()), values[static_cast<std::size_t>(i)], 1e-14);
  }
}

TEST(Expression, ResultMayBeCoordinateOrConstant) {
  const Points points = random_points(130);
  EXPECT_EQ(values_at(Expression(y()), points), points.y);
  EXPECT_EQ(values_at(Expression(Symbol(2.5)), points), std::vector<double>(130, 2.5));
}

TEST(Expression, RejectsMalformedNodes) {
  using Nodes = std::vector<ExpressionNode>;
  EXPECT_THROW(Expression(Nodes{}), InvalidArgument);
  EXPECT_THROW(Expression(Nodes{{.op = Op::sin}}), InvalidArgument);
  EXPECT_THROW(Expression(Nodes{{.op = Op::sin, .a = 0}}), InvalidArgument);
  EXPECT_THROW(Expression(Nodes{{.op = Op::x}, {.op = Op::sin, .a = 0, .b = 0}}), InvalidArgument);
  EXPECT_THROW(Expression(Nodes{{.op = Op::x}, {.op = Op::add, .a = 0, .b = 5}}), InvalidArgument);
  EXPECT_THROW(Expression(Nodes{{.op = static_cast<Op>(200)}}), InvalidArgument);
  EXPECT_THROW(parse_op("system"), InvalidArgument);
  for (int i = 0; i < kOps; ++i) EXPECT_EQ(parse_op(to_string(static_cast<Op>(i))), static_cast<Op>(i));
}

TEST(Expression, LongChainsNeedNoStack) {
  std::vector<ExpressionNode> nodes{{.op = Op::x}};
  for (std::int32_t i = 0; i < 200000; ++i) nodes.push_back({.op = Op::sin, .a = i});
  EXPECT_EQ(Expression(nodes).tape().registers, 1);
}

}  // namespace
}  // namespace nbm
