#pragma once
#include <functional>
#include <memory>
#include <string>

#include "nbm/core/communicator.hpp"
#include "nbm/core/device.hpp"
#include "nbm/training/history.hpp"
#include "nbm/training/options.hpp"

namespace nbm {

class Solution;

// Trains the two networks of a problem on its residuals (docs/method.md, section 10). A value with its own threads;
// several may live in one process. The constructor, run, step and the checkpoints are collective: every rank of the
// communicator calls them with the same arguments. An error on one rank is thrown on all, its text led by "rank k: ".
class NBM_EXPORT Trainer {
 public:
  // Called after every recorded step, on every rank that has one; true on any rank ends the training on all.
  using Callback = std::function<bool(const HistoryEntry& entry)>;

  // Throws InvalidArgument, InvalidField or BackendUnavailable.
  Trainer(Problem problem, TrainingOptions options, Device device = Device::cpu(), Communicator communicator = {});
  ~Trainer();
  Trainer(Trainer&&) noexcept;
  Trainer& operator=(Trainer&&) noexcept;

  // Trains to the end, a plateau, or the callback's wish; goes on from where the last call stopped.
  // Throws NonFiniteLoss when a residual is not finite: parameters() are then those of the last good step;
  // RanksDiverged, RankFailure.
  StopReason run(const Callback& callback = {});
  // `count` steps, or fewer if training ends.
  StopReason step(index_t count, const Callback& callback = {});

  index_t steps_done() const;
  index_t steps_total() const;
  StopReason stop_reason() const;
  const History& history() const;
  // Of the row groups, in the order of the history's numbers.
  const std::vector<std::string>& group_names() const;
  // The minus network, then the plus network; networks of u, in whatever units they are trained (less the ramp of
  // periods with a jump, which the solution has as its expansion).
  std::vector<double> parameters() const;
  // Starts from other parameters, such as a trained neighbour's; before the first step.
  void set_parameters(std::vector<double> parameters);
  // What multiplies the weights of the row groups; set_weights starts another stage of the training. Collective. Groups
  // that are not named have 1. Throws InvalidArgument.
  WeightFactors weights() const;
  void set_weights(const WeightFactors& weights);
  const Problem& problem() const;
  // As given, with the units of u that were found where none were given.
  const TrainingOptions& options() const;
  bool has_interface() const;

  // The solution as trained so far (declared in nbm/solution/solution.hpp).
  Solution solution() const;

  // Everything that is needed to go on with the same bits: parameters, optimizer, counters, history. The first rank
  // writes and reads; training may go on with another number of ranks.
  void save_checkpoint(const std::string& path) const;
  // Throws FileError; InvalidArgument when the checkpoint is of other options or another network.
  void load_checkpoint(const std::string& path);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nbm
