#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nbm/core/points.hpp"
#include "nbm/problem/expression_op.hpp"

namespace nbm {

// One operation on earlier nodes: a, b, c are indices of operands (-1 where unused); value is a constant's.
struct ExpressionNode {
  Op op = Op::constant;
  std::int32_t a = -1, b = -1, c = -1;
  double value = 0.0;

  friend bool operator==(const ExpressionNode&, const ExpressionNode&) = default;
};

NBM_EXPORT std::string to_string(Op op);
NBM_EXPORT Op parse_op(const std::string& name);

// A function of the point, compiled: equal subexpressions are computed once, constants folded, powers with small
// integer or half-integer exponents turned into multiplications and square roots. Immutable; copies share the tape.
class NBM_EXPORT Expression {
 public:
  // `nodes` in an order in which operands precede their users; the last is the result.
  // Throws InvalidArgument otherwise, or where a node's operands do not fit its operation.
  explicit Expression(const std::vector<ExpressionNode>& nodes);

  // The expression again, without repeated, constant or unused nodes: what model files store.
  const std::vector<ExpressionNode>& nodes() const;
  TapeView tape() const;
  // values[i] at point i; the same bits for a point however points are batched.
  void evaluate(PointsView points, std::span<double> values) const;

  friend bool operator==(const Expression& a, const Expression& b) { return a.nodes() == b.nodes(); }

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace nbm
