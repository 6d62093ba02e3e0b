#pragma once
#include "nbm/training/trainer.hpp"
#include "training/optimizer.hpp"

namespace nbm {

struct Trainer::State {
  Problem problem;
  TrainingOptions options;
  Communicator communicator;
  std::unique_ptr<TrainingBackend> backend;
  std::vector<double> parameters;
  std::unique_ptr<Optimizer> optimizer;
  index_t steps_done = 0;
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

  index_t steps_total() const { return steps_of(options.optimizer); }
  void assemble(Vec3<double> cell_size);
  void train_step();
  HistoryEntry entry(const GroupSums& sums, double loss, Vec3<double> cell_size) const;
};

}  // namespace nbm
