#pragma once
#include "training/gauss_newton.hpp"

namespace nbm {

// What the networks are at the beginning, of whatever start.
struct StartingNetworks {
  Siren siren;
  NetworkMap map;
  std::uint64_t seed;

  // All networks of start number `start`; number 0 is the initialization of a single start.
  std::vector<double> parameters(index_t start = 0) const;
  index_t parameter_count() const { return map.size() * siren.parameter_count(); }
  index_t unknowns() const { return map.size() * siren.trained_count(); }
};

// Gauss-Newton from several random starts: each runs `start_steps` steps, the one that ends with the lowest loss goes
// on. Half of all starts may end in a valley of the loss from which descent is slow; few starts find one that does not.
class MultiStart final : public Optimizer {
 public:
  MultiStart(const GaussNewtonOptions& options, StartingNetworks starting);

  GroupSums step(const Objective& objective, std::span<double> parameters) override;
  std::optional<GroupSums> follow(StartsAhead& ahead, const PerGroup<double>& weights,
                                  std::span<double> parameters) override;
  double rate() const override { return runner_->rate(); }
  index_t steps_total() const override;
  bool is_choosing() const override { return !race_over_; }
  // Parameters from elsewhere are a better start than any random one: there is no race then.
  void parameters_given() override { race_over_ = given_ = true; }
  std::map<std::string, std::vector<double>> state() const override;
  void restore(const std::map<std::string, std::vector<double>>& state) override;

 private:
  GroupSums step_once(const Objective& objective, std::span<double> parameters);
  void end_start(std::span<double> parameters);

  GaussNewtonOptions options_;
  StartingNetworks starting_;
  std::unique_ptr<GaussNewton> runner_;
  index_t start_ = 0, step_ = 0;  // of the start
  bool race_over_;
  bool given_ = false;
  double loss_ = 0;  // before the last step
  double best_loss_ = -1;
  std::vector<double> best_;  // parameters
  std::map<std::string, std::vector<double>> best_state_;
};

}  // namespace nbm
