#pragma once
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "nbm/problem/expression.hpp"

namespace nbm {

// Nodes of an expression in which equal ones are stored once. Operations on constants become constants.
class NodeTable {
 public:
  using Index = std::int32_t;

  Index constant(double value);
  // The index of the operation on nodes of this table, as simplified.
  Index add(Op op, Index a = -1, Index b = -1, Index c = -1);

  const ExpressionNode& operator[](Index i) const { return nodes_[static_cast<std::size_t>(i)]; }
  // The nodes that `result` needs, operands first, in an order that keeps few values alive; `result` is last. The order
  // and that of the operands of sums and products depend on what the nodes compute alone, not on how they were added.
  std::vector<ExpressionNode> reachable(Index result) const;

 private:
  struct Hash {
    std::size_t operator()(const ExpressionNode& node) const;
  };
  struct Same {
    bool operator()(const ExpressionNode& a, const ExpressionNode& b) const;
  };

  Index intern(const ExpressionNode& node);
  std::vector<int> register_needs() const;
  std::vector<Index> structural_ranks() const;
  bool is_constant(Index i) const { return i >= 0 && (*this)[i].op == Op::constant; }
  bool is_constant(Index i, double value) const { return is_constant(i) && (*this)[i].value == value; }

  std::vector<ExpressionNode> nodes_;
  std::unordered_map<ExpressionNode, Index, Hash, Same> index_;
};

}  // namespace nbm
