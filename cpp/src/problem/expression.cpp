#include "nbm/problem/expression.hpp"

#include <algorithm>
#include <utility>

#include "nbm/core/error.hpp"
#include "nbm/core/simd.hpp"
#include "problem/node_table.hpp"
#include "problem/tape.hpp"
#include "problem/tape_simd.hpp"

namespace nbm {
namespace {

void check_node(const ExpressionNode& node, std::size_t position) {
  const std::string where = "node " + std::to_string(position);
  const int operands = static_cast<int>(node.op) < kOps ? arity(node.op) : -1;
  if (operands < 0) throw InvalidArgument("nodes", where + " has an unknown operation");
  const std::int32_t given[] = {node.a, node.b, node.c};
  for (int i = 0; i < 3; ++i) {
    const bool used = i < operands;
    const bool fits = used ? given[i] >= 0 && static_cast<std::size_t>(given[i]) < position : given[i] == -1;
    if (fits) continue;
    throw InvalidArgument("nodes", where + " (" + to_string(node.op) + ") takes " + std::to_string(operands) +
                                       " operands, each the index of an earlier node, but operand " + "abc"[i] +
                                       " is " + std::to_string(given[i]));
  }
}

std::vector<ExpressionNode> canonical(const std::vector<ExpressionNode>& nodes) {
  if (nodes.empty()) throw InvalidArgument("nodes", "an expression needs at least one node, got none");
  NodeTable table;
  std::vector<NodeTable::Index> image;
  image.reserve(nodes.size());
  const auto moved = [&](std::int32_t i) { return i < 0 ? i : image[static_cast<std::size_t>(i)]; };
  for (const ExpressionNode& node : nodes) {
    check_node(node, image.size());
    image.push_back(node.op == Op::constant ? table.constant(node.value)
                                            : table.add(node.op, moved(node.a), moved(node.b), moved(node.c)));
  }
  return table.reachable(image.back());
}

void run_tape(const TapeView& tape, const TapeRow* rows, index_t points) {
#if defined(NBM_SIMD_X86)
  switch (simd_level()) {
    case SimdLevel::avx512: return simd_avx512::run_tape(tape, rows, points);
    case SimdLevel::avx2: return simd_avx2::run_tape(tape, rows, points);
    case SimdLevel::baseline: break;
  }
#endif
  simd_baseline::run_tape(tape, rows, points);
}

index_t padded(index_t count) { return (count + kTapeLanes - 1) / kTapeLanes * kTapeLanes; }

// Memory of one evaluation: rows of `block` points for coordinates and registers, one vector for each constant.
class Workspace {
 public:
  Workspace(const TapeView& tape, index_t block) {
    const auto moving = static_cast<std::size_t>(kTapeCoordinates + tape.registers);
    const auto constants = static_cast<std::size_t>(tape.constant_count);
    memory_.resize(moving * static_cast<std::size_t>(block) + constants * static_cast<std::size_t>(kTapeLanes));
    double* next = memory_.data();
    for (std::size_t row = 0; row < moving; ++row, next += block) rows_.push_back({next, 1});
    for (std::size_t i = 0; i < constants; ++i, next += kTapeLanes) {
      std::fill_n(next, kTapeLanes, tape.constants[i]);
      rows_.push_back({next, 0});
    }
  }

  const TapeRow* rows() const { return rows_.data(); }

  // Copies the points, and the last one again up to whole vectors (so that padding meets no special value).
  void load(PointsView points) {
    const double* from[] = {points.x, points.y, points.z};
    for (std::size_t axis = 0; axis < kTapeCoordinates; ++axis) {
      double* row = rows_[axis].values;
      std::copy_n(from[axis], points.size, row);
      std::fill(row + points.size, row + padded(points.size), row[points.size - 1]);
    }
  }

 private:
  std::vector<double> memory_;
  std::vector<TapeRow> rows_;
};

}  // namespace

struct Expression::Compiled {
  std::vector<ExpressionNode> nodes;
  Tape tape;
};

Expression::Expression(const std::vector<ExpressionNode>& nodes) {
  auto compiled = std::make_shared<Compiled>();
  compiled->nodes = canonical(nodes);
  compiled->tape = compile_tape(compiled->nodes);
  compiled_ = std::move(compiled);
}

const std::vector<ExpressionNode>& Expression::nodes() const { return compiled_->nodes; }

TapeView Expression::tape() const { return compiled_->tape.view(); }

void Expression::evaluate(PointsView points, std::span<double> values) const {
  const TapeView view = tape();
  Workspace workspace(view, std::min(kTapeBlock, padded(points.size)));
  const TapeRow& result = workspace.rows()[view.result];
  for (index_t first = 0; first < points.size; first += kTapeBlock) {
    const index_t count = std::min(kTapeBlock, points.size - first);
    workspace.load(points.slice(first, count));
    run_tape(view, workspace.rows(), padded(count));
    for (index_t i = 0; i < count; ++i) values[static_cast<std::size_t>(first + i)] = result.values[i * result.step];
  }
}

}  // namespace nbm
