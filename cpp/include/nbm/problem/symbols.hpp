#pragma once
#include <memory>
#include <vector>

#include "nbm/problem/expression.hpp"

// Expressions written as C++:  using namespace nbm::symbols;  nbm::Expression e = exp(x()) * y() - 0.5;
namespace nbm::symbols {

// A formula under construction: a small value that shares its parts.
class NBM_EXPORT Symbol {
 public:
  Symbol(double constant);  // NOLINT: a number is a formula
  Symbol(Op op, std::vector<Symbol> operands);

  operator Expression() const;  // NOLINT
  std::vector<ExpressionNode> nodes() const;

 private:
  struct Part;
  std::shared_ptr<const Part> part_;
};

inline Symbol x() { return {Op::x, {}}; }
inline Symbol y() { return {Op::y, {}}; }
inline Symbol z() { return {Op::z, {}}; }

inline Symbol operator-(const Symbol& a) { return {Op::negate, {a}}; }
inline Symbol operator+(const Symbol& a, const Symbol& b) { return {Op::add, {a, b}}; }
inline Symbol operator-(const Symbol& a, const Symbol& b) { return {Op::subtract, {a, b}}; }
inline Symbol operator*(const Symbol& a, const Symbol& b) { return {Op::multiply, {a, b}}; }
inline Symbol operator/(const Symbol& a, const Symbol& b) { return {Op::divide, {a, b}}; }

inline Symbol abs(const Symbol& a) { return {Op::abs, {a}}; }
inline Symbol sign(const Symbol& a) { return {Op::sign, {a}}; }
inline Symbol sqrt(const Symbol& a) { return {Op::sqrt, {a}}; }
inline Symbol exp(const Symbol& a) { return {Op::exp, {a}}; }
inline Symbol log(const Symbol& a) { return {Op::log, {a}}; }
inline Symbol sin(const Symbol& a) { return {Op::sin, {a}}; }
inline Symbol cos(const Symbol& a) { return {Op::cos, {a}}; }
inline Symbol tan(const Symbol& a) { return {Op::tan, {a}}; }
inline Symbol asin(const Symbol& a) { return {Op::asin, {a}}; }
inline Symbol acos(const Symbol& a) { return {Op::acos, {a}}; }
inline Symbol atan(const Symbol& a) { return {Op::atan, {a}}; }
inline Symbol sinh(const Symbol& a) { return {Op::sinh, {a}}; }
inline Symbol cosh(const Symbol& a) { return {Op::cosh, {a}}; }
inline Symbol tanh(const Symbol& a) { return {Op::tanh, {a}}; }
inline Symbol pow(const Symbol& base, const Symbol& exponent) { return {Op::power, {base, exponent}}; }
inline Symbol atan2(const Symbol& b, const Symbol& a) { return {Op::atan2, {b, a}}; }
inline Symbol min(const Symbol& a, const Symbol& b) { return {Op::minimum, {a, b}}; }
inline Symbol max(const Symbol& a, const Symbol& b) { return {Op::maximum, {a, b}}; }
// 1 where a < b, else 0; and `yes` where `condition` is not 0, else `no`.
inline Symbol less(const Symbol& a, const Symbol& b) { return {Op::less, {a, b}}; }
inline Symbol select(const Symbol& condition, const Symbol& yes, const Symbol& no) {
  return {Op::select, {condition, yes, no}};
}

}  // namespace nbm::symbols
