#pragma once
#include "nbm/training/adam.hpp"
#include "nbm/training/backend.hpp"
#include "nbm/training/trainer.hpp"

namespace nbm {

struct Trainer::State {
  Problem problem;
  TrainingOptions options;
  Communicator communicator;
  std::unique_ptr<TrainingBackend> backend;
  std::vector<double> parameters;
  Adam adam;
  PlateauDetector plateau;
  History history;
  StopReason stop_reason = StopReason::running;
  index_t assembled_draw = -1;
  Vec3<double> assembled_cell_size{};
  double seconds = 0;           // before the current call of step()
  double seconds_at_entry = 0;  // of the last history entry
  double rows_since_entry = 0;
  bool has_interface = false;

  State(Problem p, TrainingOptions o, Device device, Communicator c);

  void assemble(Vec3<double> cell_size);
  void train_step();
  void check_finite(const GroupSums& sums, std::span<const double> gradient) const;
  HistoryEntry entry(const GroupSums& sums, Vec3<double> cell_size) const;
};

}  // namespace nbm
