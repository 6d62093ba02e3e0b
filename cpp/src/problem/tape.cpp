#include "problem/tape.hpp"

#include <cmath>
#include <utility>

#include "problem/node_table.hpp"

namespace nbm {
namespace {

using Index = NodeTable::Index;

// x^n by repeated squaring, n >= 1.
Index integer_power(NodeTable& table, Index x, int n) {
  Index result = -1;
  for (Index square = x; n > 0; n >>= 1) {
    if (n & 1) result = result < 0 ? square : table.add(Op::multiply, result, square);
    if (n > 1) square = table.add(Op::multiply, square, square);
  }
  return result;
}

// x^exponent through multiplications and a square root where the exponent is a small multiple of 1/2; -1 if it is not.
Index expanded_power(NodeTable& table, Index x, double exponent) {
  constexpr double largest = 16.0;  // beyond, the rounding errors of the products exceed those of pow
  const double size = std::fabs(exponent);
  if (!(size <= largest) || size != std::floor(2.0 * size) / 2.0) return -1;
  if (size == 0.0) return table.constant(1.0);
  const int whole = static_cast<int>(size);
  Index result = whole > 0 ? integer_power(table, x, whole) : -1;
  if (size != whole) {
    const Index root = table.add(Op::sqrt, x);
    result = result < 0 ? root : table.add(Op::multiply, result, root);
  }
  return exponent < 0.0 ? table.add(Op::divide, table.constant(1.0), result) : result;
}

std::vector<ExpressionNode> with_powers_expanded(const std::vector<ExpressionNode>& nodes) {
  NodeTable table;
  std::vector<Index> image;
  image.reserve(nodes.size());
  const auto moved = [&](Index i) { return i < 0 ? i : image[static_cast<std::size_t>(i)]; };
  for (const ExpressionNode& node : nodes) {
    Index made = -1;
    if (node.op == Op::power && table[moved(node.b)].op == Op::constant) {
      made = expanded_power(table, moved(node.a), table[moved(node.b)].value);
    }
    if (made < 0) {
      made = node.op == Op::constant ? table.constant(node.value)
                                     : table.add(node.op, moved(node.a), moved(node.b), moved(node.c));
    }
    image.push_back(made);
  }
  return table.reachable(image.back());
}

// The index of the last node that reads each node; the result is read at the end.
std::vector<std::size_t> last_uses(const std::vector<ExpressionNode>& nodes) {
  std::vector<std::size_t> last(nodes.size(), 0);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const Index operand : {nodes[i].a, nodes[i].b, nodes[i].c}) {
      if (operand >= 0) last[static_cast<std::size_t>(operand)] = i;
    }
  }
  last.back() = nodes.size();
  return last;
}

// Gives every node a place: a coordinate, a constant (as -1 - its index, until the registers are counted) or a register
// that no later node needs.
class RegisterAllocator {
 public:
  explicit RegisterAllocator(const std::vector<ExpressionNode>& nodes)
      : nodes_(nodes), last_use_(last_uses(nodes)), place_(nodes.size(), 0) {}

  Tape allocate() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) place_node(i);
    tape_.result = final_operand(place_.back());
    for (TapeInstruction& step : tape_.instructions) {
      for (std::int32_t* operand : {&step.a, &step.b, &step.c}) *operand = final_operand(*operand);
    }
    return std::move(tape_);
  }

 private:
  void place_node(std::size_t i) {
    const ExpressionNode& node = nodes_[i];
    if (node.op == Op::constant) {
      tape_.constants.push_back(node.value);
      place_[i] = -static_cast<std::int32_t>(tape_.constants.size());
    } else if (arity(node.op) == 0) {
      place_[i] = static_cast<std::int32_t>(node.op) - static_cast<std::int32_t>(Op::x);
    } else {
      TapeInstruction step{.op = node.op, .a = read(node.a, i), .b = read(node.b, i), .c = read(node.c, i)};
      if (free_.empty()) free_.push_back(kTapeCoordinates + tape_.registers++);
      step.result = place_[i] = free_.back();
      free_.pop_back();
      tape_.instructions.push_back(step);
    }
  }

  std::int32_t read(Index operand, std::size_t reader) {
    if (operand < 0) return 0;  // not used by the operation: any operand that exists
    const auto o = static_cast<std::size_t>(operand);
    if (arity(nodes_[o].op) > 0 && last_use_[o] == reader) {
      free_.push_back(place_[o]);
      last_use_[o] = nodes_.size();  // an operand read twice is freed once
    }
    return place_[o];
  }

  std::int32_t final_operand(std::int32_t place) const {
    return place >= 0 ? place : kTapeCoordinates + tape_.registers - 1 - place;
  }

  const std::vector<ExpressionNode>& nodes_;
  std::vector<std::size_t> last_use_;
  std::vector<std::int32_t> place_;
  std::vector<std::int32_t> free_;
  Tape tape_;
};

}  // namespace

Tape compile_tape(const std::vector<ExpressionNode>& nodes) {
  const std::vector<ExpressionNode> expanded = with_powers_expanded(nodes);
  return RegisterAllocator(expanded).allocate();
}

}  // namespace nbm
