#include "nbm/problem/symbols.hpp"

#include <unordered_map>
#include <utility>

#include "nbm/core/error.hpp"

namespace nbm::symbols {

struct Symbol::Part {
  Op op;
  double value;
  std::vector<Symbol> operands;
};

Symbol::Symbol(double constant) : part_(std::make_shared<const Part>(Part{Op::constant, constant, {}})) {}

Symbol::Symbol(Op op, std::vector<Symbol> operands) {
  if (static_cast<int>(operands.size()) != arity(op) || op == Op::constant) {
    throw InvalidArgument(
        "operands", to_string(op) + " takes " + std::to_string(arity(op)) + ", got " + std::to_string(operands.size()));
  }
  part_ = std::make_shared<const Part>(Part{op, 0.0, std::move(operands)});
}

std::vector<ExpressionNode> Symbol::nodes() const {
  std::vector<ExpressionNode> nodes;
  std::unordered_map<const Part*, std::int32_t> place;
  std::vector<const Part*> stack{part_.get()};
  while (!stack.empty()) {
    const Part* part = stack.back();
    const std::size_t waiting = stack.size();
    for (const Symbol& operand : part->operands) {
      if (!place.contains(operand.part_.get())) stack.push_back(operand.part_.get());
    }
    if (stack.size() > waiting) continue;
    stack.pop_back();
    if (place.contains(part)) continue;
    ExpressionNode node{.op = part->op, .value = part->value};
    std::int32_t* slots[] = {&node.a, &node.b, &node.c};
    for (std::size_t i = 0; i < part->operands.size(); ++i) *slots[i] = place.at(part->operands[i].part_.get());
    place.emplace(part, static_cast<std::int32_t>(nodes.size()));
    nodes.push_back(node);
  }
  return nodes;
}

Symbol::operator Expression() const { return Expression(nodes()); }

}  // namespace nbm::symbols
