#pragma once
#include <cstdint>

#include "nbm/core/math.hpp"
#include "nbm/core/types.hpp"

// What an operation of an expression does to one point: the only place that says so. The CPU runs these functions on
// vectors of points (expression_simd.cpp), constant folding and the GPU on numbers.
namespace nbm {

// Operations of an expression. The names (to_string) are the ones in model files.
// less: 1 where a < b, else 0. select: b where a != 0, else c.
enum class Op : std::uint8_t {
  constant,
  x,
  y,
  z,
  negate,
  abs,
  sign,
  sqrt,
  exp,
  log,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  tanh,
  add,
  subtract,
  multiply,
  divide,
  power,
  atan2,
  minimum,
  maximum,
  less,
  select,
};
constexpr int kOps = static_cast<int>(Op::select) + 1;

// Number of operands.
NBM_HD constexpr int arity(Op op) {
  if (op <= Op::z) return 0;
  if (op <= Op::tanh) return 1;
  return op <= Op::less ? 2 : 3;
}

// V: double, or a vector of double (core/math.hpp). NaN in an operand that is used gives NaN, except in less (0).
template <Op op, class V>
NBM_HD V apply(V a, V b, V c) {
  using detail::broadcast;
  (void)b;
  (void)c;
  if constexpr (op == Op::negate) {
    return -a;
  } else if constexpr (op == Op::abs) {
    return detail::magnitude(a);
  } else if constexpr (op == Op::sign) {
    return a > 0.0 ? broadcast<V>(1.0) : (a < 0.0 ? broadcast<V>(-1.0) : a);
  } else if constexpr (op == Op::sqrt) {
    return square_root(a);
  } else if constexpr (op == Op::exp) {
    return fast_exp(a);
  } else if constexpr (op == Op::log) {
    return fast_log(a);
  } else if constexpr (op == Op::sin) {
    return fast_sin(a);
  } else if constexpr (op == Op::cos) {
    return fast_cos(a);
  } else if constexpr (op == Op::tan) {
    return fast_tan(a);
  } else if constexpr (op == Op::asin) {
    return fast_asin(a);
  } else if constexpr (op == Op::acos) {
    return fast_acos(a);
  } else if constexpr (op == Op::atan) {
    return fast_atan(a);
  } else if constexpr (op == Op::sinh) {
    return fast_sinh(a);
  } else if constexpr (op == Op::cosh) {
    return fast_cosh(a);
  } else if constexpr (op == Op::tanh) {
    return fast_tanh(a);
  } else if constexpr (op == Op::add) {
    return a + b;
  } else if constexpr (op == Op::subtract) {
    return a - b;
  } else if constexpr (op == Op::multiply) {
    return a * b;
  } else if constexpr (op == Op::divide) {
    return a / b;
  } else if constexpr (op == Op::power) {
    return power_of(a, b);
  } else if constexpr (op == Op::atan2) {
    return fast_atan2(a, b);
  } else if constexpr (op == Op::minimum) {
    return b < a ? b : (b == b ? a : b);
  } else if constexpr (op == Op::maximum) {
    return a < b ? b : (b == b ? a : b);
  } else if constexpr (op == Op::less) {
    return a < b ? broadcast<V>(1.0) : broadcast<V>(0.0);
  } else {
    static_assert(op == Op::select);
    return a != 0.0 ? b : c;
  }
}

// Calls visit.template operator()<op>() for the operation that `op` names; constants and coordinates are no
// operations and do nothing.
template <class Visit>
NBM_HD void visit_op(Op op, Visit visit) {
  switch (op) {
    case Op::constant:
    case Op::x:
    case Op::y:
    case Op::z: return;
    case Op::negate: return visit.template operator()<Op::negate>();
    case Op::abs: return visit.template operator()<Op::abs>();
    case Op::sign: return visit.template operator()<Op::sign>();
    case Op::sqrt: return visit.template operator()<Op::sqrt>();
    case Op::exp: return visit.template operator()<Op::exp>();
    case Op::log: return visit.template operator()<Op::log>();
    case Op::sin: return visit.template operator()<Op::sin>();
    case Op::cos: return visit.template operator()<Op::cos>();
    case Op::tan: return visit.template operator()<Op::tan>();
    case Op::asin: return visit.template operator()<Op::asin>();
    case Op::acos: return visit.template operator()<Op::acos>();
    case Op::atan: return visit.template operator()<Op::atan>();
    case Op::sinh: return visit.template operator()<Op::sinh>();
    case Op::cosh: return visit.template operator()<Op::cosh>();
    case Op::tanh: return visit.template operator()<Op::tanh>();
    case Op::add: return visit.template operator()<Op::add>();
    case Op::subtract: return visit.template operator()<Op::subtract>();
    case Op::multiply: return visit.template operator()<Op::multiply>();
    case Op::divide: return visit.template operator()<Op::divide>();
    case Op::power: return visit.template operator()<Op::power>();
    case Op::atan2: return visit.template operator()<Op::atan2>();
    case Op::minimum: return visit.template operator()<Op::minimum>();
    case Op::maximum: return visit.template operator()<Op::maximum>();
    case Op::less: return visit.template operator()<Op::less>();
    case Op::select: return visit.template operator()<Op::select>();
  }
}

// The same for an operation known only at run time.
template <class V>
NBM_HD V apply(Op op, V a, V b, V c) {
  V result{};
  visit_op(op, [&]<Op known>() { result = apply<known>(a, b, c); });
  return result;
}

// A compiled expression is a list of instructions on registers. An operand is a number: 0, 1, 2 for the coordinates,
// then the registers, then the constants.
struct TapeInstruction {
  Op op = Op::negate;
  std::int32_t result = 0;  // a register, numbered as an operand; never that of a coordinate or constant
  std::int32_t a = 0, b = 0, c = 0;
};
constexpr std::int32_t kTapeCoordinates = 3;

// Borrowed tape, as plain data that can be copied to a device.
struct TapeView {
  const TapeInstruction* instructions = nullptr;
  std::int32_t size = 0;
  const double* constants = nullptr;
  std::int32_t constant_count = 0;
  std::int32_t registers = 0;
  std::int32_t result = 0;  // operand that holds the value at the end

  NBM_HD double operand(std::int32_t number, Vec3<double> point, const double* values) const {
    if (number < kTapeCoordinates) return point[number];
    number -= kTapeCoordinates;
    return number < registers ? values[number] : constants[number - registers];
  }
};

// The value at one point; `values` has room for tape.registers numbers.
NBM_HD double evaluate_tape(const TapeView& tape, Vec3<double> point, double* values) {
  for (std::int32_t i = 0; i < tape.size; ++i) {
    const TapeInstruction& step = tape.instructions[i];
    values[step.result - kTapeCoordinates] =
        apply(step.op, tape.operand(step.a, point, values), tape.operand(step.b, point, values),
              tape.operand(step.c, point, values));
  }
  return tape.operand(tape.result, point, values);
}

}  // namespace nbm
