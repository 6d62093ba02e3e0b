#include "problem/node_table.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
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

// How many registers each node takes if it were a tree (Sethi & Ullman): the operand that takes most comes first.
std::vector<int> NodeTable::register_needs() const {
  std::vector<int> needs(nodes_.size(), 0);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (arity(nodes_[i].op) == 0) continue;
    const auto need = [&](Index operand) { return operand < 0 ? 0 : needs[static_cast<std::size_t>(operand)]; };
    int first = need(nodes_[i].a), second = need(nodes_[i].b), third = need(nodes_[i].c);
    if (first < second) std::swap(first, second);
    if (second < third) std::swap(second, third);
    if (first < second) std::swap(first, second);
    // While one operand is computed, those before it wait in a register each.
    needs[i] = std::max({1, first, second > 0 ? second + 1 : 0, third > 0 ? third + 2 : 0});
  }
  return needs;
}

std::vector<ExpressionNode> NodeTable::reachable(Index result) const {
  const std::vector<int> needs = register_needs();
  std::vector<ExpressionNode> ordered;
  std::vector<Index> place(nodes_.size(), -1);
  std::vector<Index> stack{result};
  const auto fewer_registers = [&](Index a, Index b) {
    return needs[static_cast<std::size_t>(a)] < needs[static_cast<std::size_t>(b)];
  };
  while (!stack.empty()) {
    const Index top = stack.back();
    if (place[static_cast<std::size_t>(top)] >= 0) {
      stack.pop_back();
      continue;
    }
    ExpressionNode node = (*this)[top];
    const auto waiting = static_cast<std::ptrdiff_t>(stack.size());
    for (const Index operand : {node.c, node.b, node.a}) {
      if (operand >= 0 && place[static_cast<std::size_t>(operand)] < 0) stack.push_back(operand);
    }
    if (static_cast<std::ptrdiff_t>(stack.size()) > waiting) {
      std::stable_sort(stack.begin() + waiting, stack.end(), fewer_registers);  // the last is taken first
      continue;
    }
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
