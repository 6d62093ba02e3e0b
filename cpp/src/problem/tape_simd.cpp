#include "problem/tape_simd.hpp"

namespace nbm::NBM_SIMD_NAMESPACE {
namespace {

using Lanes = Pack<double, NBM_SIMD_BYTES>;
using Vector = Lanes::Vector;
static_assert(kTapeLanes % Lanes::size == 0);

Vector load(const TapeRow& row, index_t point) { return Lanes::load(row.values + row.step * point).v; }

template <Op op>
void run_op(const TapeRow& result, const TapeRow& a, const TapeRow& b, const TapeRow& c, index_t points) {
  for (index_t i = 0; i < points; i += Lanes::size) {
    const Vector va = load(a, i);
    const Vector vb = arity(op) > 1 ? load(b, i) : Vector{};
    const Vector vc = arity(op) > 2 ? load(c, i) : Vector{};
    Lanes(apply<op>(va, vb, vc)).store(result.values + i);
  }
}

}  // namespace

void run_tape(const TapeView& tape, const TapeRow* rows, index_t points) {
  for (std::int32_t i = 0; i < tape.size; ++i) {
    const TapeInstruction& step = tape.instructions[i];
    visit_op(step.op,
             [&]<Op op>() { run_op<op>(rows[step.result], rows[step.a], rows[step.b], rows[step.c], points); });
  }
}

}  // namespace nbm::NBM_SIMD_NAMESPACE
