#pragma once
#include "core/runtime.hpp"
#include "nbm/problem/box.hpp"
#include "nbm/problem/expression_op.hpp"
#include "nbm/problem/grid_interpolation.hpp"

// Coefficients as a kernel sees them: plain data in device memory, evaluated by one thread at one point.
namespace nbm::cuda {

// Registers that a thread has for an expression.
constexpr std::int32_t kMostRegisters = 64;

struct FieldView {
  enum class Kind : std::uint8_t { constant, tape, grid };

  Kind kind = Kind::constant;
  Interpolation interpolation = Interpolation::linear;
  double constant = 0.0;
  TapeView tape;
  GridView grid;
};

// The fields of a problem; those of the plus side follow those of the minus side.
enum class FieldId : int {
  level_set,
  k_minus,
  k_plus,
  mu_minus,
  mu_plus,
  f_minus,
  f_plus,
  jump_u,
  jump_flux,
  boundary_minus,
  boundary_plus
};
constexpr int kFieldIds = static_cast<int>(FieldId::boundary_plus) + 1;
NBM_HD constexpr FieldId of_side(FieldId minus, int side) {
  return static_cast<FieldId>(static_cast<int>(minus) + side);
}
NBM_HD constexpr bool must_be_positive(FieldId field) {
  return field == FieldId::mu_minus || field == FieldId::mu_plus;
}

// The first unusable value that a kernel met.
struct FieldFault {
  enum Kind : int { none = 0, value = 1 };

  int kind;
  FieldId field;
  double found;
  Vec3<double> point;
};

struct ProblemView {
  Box box;
  FieldView field[kFieldIds];
  FieldFault* fault;
};

#if defined(__CUDACC__) || defined(NBM_CUDA_ON_CPU)

#if defined(__CUDACC__)
#define NBM_DEVICE_CALL inline __device__ __noinline__  // large: one copy a kernel
#else
#define NBM_DEVICE_CALL inline
#endif

NBM_DEVICE_CALL double field_value(const FieldView& field, Vec3<double> point) {
  if (field.kind == FieldView::Kind::constant) return field.constant;
  if (field.kind == FieldView::Kind::grid) return interpolate(field.grid, field.interpolation, point);
  double registers[kMostRegisters];
  return evaluate_tape(field.tape, point, registers);
}

NBM_DEVICE_CALL void report(FieldFault* fault, FieldFault::Kind kind, FieldId field, double found, Vec3<double> point) {
  if (atomicCAS(&fault->kind, static_cast<int>(FieldFault::none), static_cast<int>(kind)) != FieldFault::none) return;
  fault->field = field;
  fault->found = found;
  fault->point = point;
}

// The value of a field of the problem; one that the method cannot use is reported.
inline __device__ double checked_value(const ProblemView& problem, FieldId field, Vec3<double> point) {
  const double value = field_value(problem.field[static_cast<int>(field)], point);
  const bool usable = value - value == 0.0 && (!must_be_positive(field) || value > 0.0);
  if (!usable) report(problem.fault, FieldFault::value, field, value, point);
  return value;
}

#endif

}  // namespace nbm::cuda
