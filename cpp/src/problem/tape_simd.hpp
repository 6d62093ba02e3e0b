#pragma once
#include "nbm/problem/expression_op.hpp"

namespace nbm {

// Points are run in blocks of kTapeBlock, padded to whole vectors.
constexpr index_t kTapeBlock = 128;
constexpr index_t kTapeLanes = 8;  // float64 lanes of the widest vector

// The numbers of one operand of the tape for a block of points: those of consecutive points, or (step 0) one vector
// of kTapeLanes equal numbers for all of them.
struct TapeRow {
  double* values;
  index_t step;
};

// Runs the tape on `points` points, a multiple of kTapeLanes; rows[n] belongs to operand n.
namespace simd_baseline {
void run_tape(const TapeView& tape, const TapeRow* rows, index_t points);
}
namespace simd_avx2 {
void run_tape(const TapeView& tape, const TapeRow* rows, index_t points);
}
namespace simd_avx512 {
void run_tape(const TapeView& tape, const TapeRow* rows, index_t points);
}

}  // namespace nbm
