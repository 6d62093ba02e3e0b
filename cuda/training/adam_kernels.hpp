#pragma once
#include "nbm/training/adam_update.hpp"
#include "problem/field_view.hpp"
#include "rows/device_rows.hpp"

// Steps of Adam in device memory (nbm/training/adam_update.hpp), with what the host would otherwise decide.
namespace nbm::cuda {

// Sums of a step over the rows, by group.
struct StepRecord {
  double squares[kMostGroups];
  double rows[kMostGroups];
};

struct AdamControl {
  index_t step;         // the number of the next step
  index_t taken;        // steps since the last report; the records in place
  int refused;          // the step behind them was, whose record follows; nothing more is taken
  int finite_gradient;  // of the last step
  AdamStep last;
};

// What the kernels work on, all in device memory.
struct AdamArrays {
  AdamControl* control;
  StepRecord* records;
  const double* weights;    // [kMostGroups]
  double* factors;          // [kMostGroups]
  const double* squares;    // [kMostGroups]
  const double* gradient;   // [count]
  double* parameters;       // [count]
  double* first;            // [count]
  double* second;           // [count]
  int count;                // parameters of both networks
  const FieldFault* fault;  // null: the rows come from the host, which has checked them
};

// factors[g]: what the gradient of half a squared residual counts for; the numbers of rows into the step's record.
void launch_step_factors(const AdamArrays& arrays, const DeviceRows& rows, cudaStream_t stream);
// Records the step and takes it, or refuses it: behind the sums of squares and the gradient.
void launch_adam_step(const AdamArrays& arrays, const AdamOptions& options, cudaStream_t stream);

}  // namespace nbm::cuda
