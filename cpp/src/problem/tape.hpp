#pragma once
#include <vector>

#include "nbm/problem/expression.hpp"

namespace nbm {

struct Tape {
  std::vector<TapeInstruction> instructions;
  std::vector<double> constants;
  std::int32_t registers = 0;
  std::int32_t result = 0;

  TapeView view() const {
    return {instructions.data(), static_cast<std::int32_t>(instructions.size()),
            constants.data(),    static_cast<std::int32_t>(constants.size()),
            registers,           result};
  }
};

// The tape of canonical nodes: powers expanded, registers reused as soon as their value is dead.
Tape compile_tape(const std::vector<ExpressionNode>& nodes);

}  // namespace nbm
