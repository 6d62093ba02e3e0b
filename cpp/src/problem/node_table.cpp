#include "problem/node_table.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <numeric>
#include <tuple>
#include <utility>

namespace nbm {
namespace {

bool is_commutative(Op op) { return op == Op::add || op == Op::multiply; }

}  // namespace

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
  if (is_commutative(op) && a > b) std::swap(a, b);
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

// A total order of the nodes by what they compute: by height, then operation, constant and ranks of the operands, which
// are lower. Two nodes compare alike in every table that holds both, since equal nodes are stored once.
std::vector<NodeTable::Index> NodeTable::structural_ranks() const {
  std::vector<Index> height(nodes_.size(), 0), rank(nodes_.size(), -1), order(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    for (const Index operand : {nodes_[i].a, nodes_[i].b, nodes_[i].c}) {
      if (operand >= 0) height[i] = std::max(height[i], height[static_cast<std::size_t>(operand)] + 1);
    }
  }
  const auto height_of = [&](Index i) { return height[static_cast<std::size_t>(i)]; };
  const auto key = [&](Index i) {
    const ExpressionNode& node = (*this)[i];
    const auto rank_of = [&](Index operand) { return operand < 0 ? -1 : rank[static_cast<std::size_t>(operand)]; };
    Index a = rank_of(node.a), b = rank_of(node.b);
    if (is_commutative(node.op) && a > b) std::swap(a, b);
    return std::tuple(node.op, std::bit_cast<std::uint64_t>(node.value), a, b, rank_of(node.c));
  };
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](Index i, Index j) { return height_of(i) < height_of(j); });
  Index next = 0;
  for (auto first = order.begin(); first != order.end();) {
    const auto last = std::find_if(first, order.end(), [&](Index i) { return height_of(i) != height_of(*first); });
    std::sort(first, last, [&](Index i, Index j) { return key(i) < key(j); });
    for (; first != last; ++first) rank[static_cast<std::size_t>(*first)] = next++;
  }
  return rank;
}

std::vector<ExpressionNode> NodeTable::reachable(Index result) const {
  const std::vector<int> needs = register_needs();
  const std::vector<Index> ranks = structural_ranks();
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
    if (is_commutative(node.op) && ranks[static_cast<std::size_t>(node.a)] > ranks[static_cast<std::size_t>(node.b)]) {
      std::swap(node.a, node.b);
    }
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
