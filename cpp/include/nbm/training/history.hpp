#pragma once
#include <string>
#include <vector>

#include "nbm/training/loss.hpp"

namespace nbm {

// One recorded step. Mean squares are of the residuals of all ranks, before the group weights.
struct HistoryEntry {
  index_t step = 0;
  double loss = 0;
  PerGroup<double> mean_squares{};
  PerGroup<double> rows{};
  double rate = 0;               // learning rate, or damping
  double cell_size = 0;          // longest edge
  double seconds = 0;            // since training began, resumed parts included
  double points_per_second = 0;  // rows of all ranks, since the entry before
};

using History = std::vector<HistoryEntry>;

// converged: to where the cell size limits the accuracy (GaussNewtonOptions::stop_fraction).
enum class StopReason { running, completed, plateau, callback, converged };
NBM_EXPORT std::string to_string(StopReason reason);

// Detects a loss that has stopped falling: compares the mean loss of consecutive windows of steps.
class NBM_EXPORT PlateauDetector {
 public:
  PlateauDetector(index_t window, double tolerance) : window_(window), tolerance_(tolerance) {}

  // Takes the loss of one step; true when the window that it completes is a plateau.
  bool add(double loss);
  // The window in progress and the one before, for checkpoints.
  struct State {
    double sum = 0;
    index_t count = 0;
    double last_mean = -1;
  };
  const State& state() const { return state_; }
  void restore(const State& state) { state_ = state; }

 private:
  index_t window_;
  double tolerance_;
  State state_;
};

}  // namespace nbm
