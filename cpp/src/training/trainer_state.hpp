#pragma once
#include "nbm/training/trainer.hpp"
#include "training/optimizer.hpp"
#include "training/starts_ahead.hpp"

namespace nbm {

// What a rank tells the others about its local steps, beside networks and moments.
struct LocalTotals {
  GroupSums last;     // of the last step
  double rows = 0;    // of all steps
  double losses = 0;  // of all steps
};

// Numbers of the message in which networks and moments are averaged.
index_t local_message_size(const TrainingOptions& options);

struct Trainer::State {
  Communicator communicator;
  Problem problem;
  TrainingOptions options;
  std::vector<std::string> group_names;
  PerGroup<double> factors{};  // on the weights of the groups
  std::unique_ptr<TrainingBackend> backend;
  std::vector<double> parameters;
  std::unique_ptr<Optimizer> optimizer;
  StepMessage message;
  std::unique_ptr<RowSupply> supply;
  index_t steps_done = 0;
  PlateauDetector plateau;
  double loss_at_look = -1;  // at new points, when training last looked for its end; negative: not known
  History history;
  StopReason stop_reason = StopReason::running;
  double seconds = 0;           // before the current call of step()
  double seconds_at_entry = 0;  // of the last history entry
  double rows_since_entry = 0;
  bool has_interface = false;
  // Where the backend takes the steps itself; the host follows when it reads what became of them.
  std::unique_ptr<ResidentAdam> resident;
  bool resident_started = false;  // whether it has the present parameters
  index_t unread = 0;             // steps sent off and not yet part of steps_done
  Device device;
  std::unique_ptr<StartsAhead> ahead;  // races of starts that were begun together

  State(Problem p, TrainingOptions o, Device device, Communicator c);

  index_t steps_total() const { return optimizer->steps_total(); }
  void start();
  // Of a step that is to come; none after the last.
  Draw draw_of(index_t step) const;
  PerGroup<double> weights_of(const Draw& draw) const;
  PerGroup<bool> used_groups() const;
  // Throws what this thread's interruption scope does, with the state of the last step brought to the host.
  void leave_if_interrupted();
  // Goes on with other factors on the weights of the groups.
  void use(const PerGroup<double>& new_factors);
  // One step of all ranks together, or steps of this rank alone up to the next average: not beyond step `end`.
  void advance(index_t end);
  void train_step();
  // The step on `draw`, if it was taken ahead; begins with that at the first step where it is of use.
  std::optional<GroupSums> follow_ahead(const Draw& draw);
  // Whether Gauss-Newton looks before this step if more would be of use, and what it finds: `sums` are those of the
  // rows of `draw`.
  bool looks_for_the_end() const;
  StopReason look(const Draw& draw, GroupSums& sums);
  // Sends a step off to `resident`, and reads if something depends on its outcome.
  void send_step();
  void read_steps();
  // Reads what was sent and brings parameters and optimizer to the host; nothing to do without `resident`.
  void settle();
  // Counts a step that was taken, and records it where it is due.
  void account(const GroupSums& sums, double rate);
  void train_locally(index_t end);
  index_t next_average(index_t end) const;
  void step_alone(index_t step, LocalTotals& totals);
  void average(LocalTotals& totals, std::exception_ptr failure);
  // Takes note of the last step, whose sums over all ranks are given.
  void conclude(const GroupSums& sums, double loss, const Draw& draw, double rate);
  // Throws RanksDiverged, on every rank, when the parameters of one are not those of the first.
  void compare_ranks() const;
  // Asks the callbacks of all ranks about the last entry: true when one of them wishes to stop.
  bool stop_wished(const Callback& callback) const;
  void write_checkpoint(const std::string& path) const;
  // What a checkpoint holds, in one vector that can be sent.
  std::vector<double> read_checkpoint(const std::string& path) const;
  void restore(const std::vector<double>& saved);
  // The parameters were saved in these units of u.
  void take_units(const ValueScale& saved);
};

// What must be the same for training to go on: all options but threads and the intervals of recording and checking.
std::string fingerprint(const TrainingOptions& options, const Box& box);

}  // namespace nbm
