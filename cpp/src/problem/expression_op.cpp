#include <array>

#include "nbm/core/error.hpp"
#include "nbm/problem/expression.hpp"

namespace nbm {
namespace {

constexpr std::array<const char*, kOps> kNames = {
    "constant", "x",        "y",      "z",     "negate", "abs",     "sign",    "sqrt", "exp",   "log",
    "sin",      "cos",      "tan",    "asin",  "acos",   "atan",    "sinh",    "cosh", "tanh",  "add",
    "subtract", "multiply", "divide", "power", "atan2",  "minimum", "maximum", "less", "select"};

}  // namespace

std::string to_string(Op op) { return kNames.at(static_cast<std::size_t>(op)); }

Op parse_op(const std::string& name) {
  for (int i = 0; i < kOps; ++i) {
    if (name == kNames[static_cast<std::size_t>(i)]) return static_cast<Op>(i);
  }
  throw InvalidArgument("op", "'" + name + "' is no operation of an expression; expected a name such as add or sin");
}

}  // namespace nbm
