#pragma once
#include "nbm/training/trainer.hpp"
#include "training/optimizer.hpp"

namespace nbm {

struct Trainer::State {
  Communicator communicator;
  Problem problem;
  TrainingOptions options;
  std::unique_ptr<TrainingBackend> backend;
  std::vector<double> parameters;
  std::unique_ptr<Optimizer> optimizer;
  StepMessage message;
  index_t steps_done = 0;
  PlateauDetector plateau;
  History history;
  StopReason stop_reason = StopReason::running;
  index_t assembled_draw = -1;
  Vec3<double> assembled_cell_size{};
  PerGroup<double> rows_in_place{};  // of all ranks
  double seconds = 0;                // before the current call of step()
  double seconds_at_entry = 0;       // of the last history entry
  double rows_since_entry = 0;
  bool has_interface = false;
  // Where the backend takes the steps itself; the host follows when it reads what became of them.
  std::unique_ptr<ResidentAdam> resident;
  bool resident_started = false;  // whether it has the present parameters
  index_t unread = 0;             // steps sent off and not yet part of steps_done

  State(Problem p, TrainingOptions o, Device device, Communicator c);

  index_t steps_total() const { return optimizer->steps_total(); }
  Vec3<double> cell_size_of(index_t step) const {
    return options.resolution.cell_size(step, steps_total(), options.seed);
  }
  PerGroup<double> weights_of(Vec3<double> cell_size) const {
    return group_weights(options.loss, options.discretization, problem.box, cell_size);
  }
  index_t draw_of(index_t step) const {
    return options.sampling.mode == SamplingOptions::Mode::fresh ? step / options.sampling.refresh : step;
  }
  void start(Device device);
  void assemble(Vec3<double> cell_size);
  void train_step();
  // Sends a step off to `resident`, and reads if something depends on its outcome.
  void send_step();
  void read_steps();
  // Reads what was sent and brings parameters and optimizer to the host; nothing to do without `resident`.
  void settle();
  // Counts a step that was taken, and records it where it is due.
  void account(const GroupSums& sums, double rate);
  // Throws RanksDiverged, on every rank, when the parameters of one are not those of the first.
  void compare_ranks() const;
  // Asks the callbacks of all ranks about the last entry: true when one of them wishes to stop.
  bool stop_wished(const Callback& callback) const;
  void write_checkpoint(const std::string& path) const;
  // What a checkpoint holds, in one vector that can be sent.
  std::vector<double> read_checkpoint(const std::string& path) const;
  void restore(const std::vector<double>& saved);
  HistoryEntry entry(const GroupSums& sums, double rate) const;
};

// What must be the same for training to go on: all options but threads and the intervals of recording and checking.
std::string fingerprint(const TrainingOptions& options, const Box& box);

}  // namespace nbm
