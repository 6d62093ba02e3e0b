#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "nbm/core/points.hpp"

namespace nbm {

// Operations of an expression. The names (to_string) are the ones in model files.
enum class Op : std::uint8_t {
  constant, x, y, z,
  negate, abs, sign, sqrt, exp, log, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh,
  add, subtract, multiply, divide, power, atan2, minimum, maximum, less,
  select,
};

// One operation on earlier nodes: a, b, c are indices of operands (-1 where unused); value is a constant's.
// less: 1 where a < b, else 0. select: b where a != 0, else c.
struct ExpressionNode {
  Op op = Op::constant;
  std::int32_t a = -1, b = -1, c = -1;
  double value = 0.0;

  friend bool operator==(const ExpressionNode&, const ExpressionNode&) = default;
};

NBM_EXPORT std::string to_string(Op op);
NBM_EXPORT Op parse_op(const std::string& name);

}  // namespace nbm
