#include "problem/node_table.hpp"

#include <bit>
#include <utility>

namespace nbm {

std::size_t NodeTable::Hash::operator()(const ExpressionNode& node) const {
  std::uint64_t h = static_cast<std::uint64_t>(node.op);
  for (const std::uint64_t part : {static_cast<std::uint64_t>(node.a), static_cast<std::uint64_t>(node.b),
                                   static_cast<std::uint64_t>(node.c), std::bit_cast<std::uint64_t>(node.value)}) {
    h = (h ^ part) * 0x9e3779b97f4a7c15ULL;
    h ^= h >> 29;
  }
  return h;
}

// Constants are equal by their bits: 0 and -0 differ, NaN equals itself.
bool NodeTable::Same::operator()(const ExpressionNode& a, const ExpressionNode& b) const {
  return a.op == b.op && a.a == b.a && a.b == b.b && a.c == b.c &&
         std::bit_cast<std::uint64_t>(a.value) == std::bit_cast<std::uint64_t>(b.value);
}

NodeTable::Index NodeTable::intern(const ExpressionNode& node) {
  const auto [found, is_new] = index_.try_emplace(node, static_cast<Index>(nodes_.size()));
  if (is_new) nodes_.push_back(node);
  return found->second;
}

NodeTable::Index NodeTable::constant(double value) { return intern({.op = Op::constant, .value = value}); }

NodeTable::Index NodeTable::add(Op op, Index a, Index b, Index c) {
  const int operands = arity(op);
  if (operands == 0) return intern({.op = op});
  if (op == Op::select && is_constant(a)) return (*this)[a].value != 0.0 ? b : c;
  if (is_constant(a) && (operands < 2 || is_constant(b)) && (operands < 3 || is_constant(c))) {
    const auto value = [&](Index i) { return i < 0 ? 0.0 : (*this)[i].value; };
    return constant(apply(op, value(a), value(b), value(c)));
  }
  // Only identities that hold for every number, infinities and NaN included.
  if (op == Op::negate && (*this)[a].op == Op::negate) return (*this)[a].a;
  if (op == Op::multiply && is_constant(a, 1.0)) return b;
  if ((op == Op::multiply || op == Op::divide || op == Op::power) && is_constant(b, 1.0)) return a;
  if (op == Op::select && b == c) return b;
  if ((op == Op::add || op == Op::multiply) && a > b) std::swap(a, b);
  return intern({.op = op, .a = a, .b = b, .c = c});
}

std::vector<ExpressionNode> NodeTable::reachable(Index result) const {
  std::vector<ExpressionNode> ordered;
  std::vector<Index> place(nodes_.size(), -1);
  std::vector<Index> stack{result};
  while (!stack.empty()) {
    const Index top = stack.back();
    if (place[static_cast<std::size_t>(top)] >= 0) {
      stack.pop_back();
      continue;
    }
    ExpressionNode node = (*this)[top];
    const std::size_t waiting = stack.size();
    for (const Index operand : {node.c, node.b, node.a}) {
      if (operand >= 0 && place[static_cast<std::size_t>(operand)] < 0) stack.push_back(operand);
    }
    if (stack.size() > waiting) continue;
    for (Index* operand : {&node.a, &node.b, &node.c}) {
      if (*operand >= 0) *operand = place[static_cast<std::size_t>(*operand)];
    }
    place[static_cast<std::size_t>(top)] = static_cast<Index>(ordered.size());
    ordered.push_back(node);
    stack.pop_back();
  }
  return ordered;
}

}  // namespace nbm
