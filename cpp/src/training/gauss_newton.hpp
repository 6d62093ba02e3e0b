#pragma once
#include "training/optimizer.hpp"

namespace nbm {

// Levenberg-Marquardt on the normal equations (docs/method.md, section 10).
class GaussNewton final : public Optimizer {
 public:
  GaussNewton(const GaussNewtonOptions& options, const Siren& siren);

  GroupSums step(const Objective& objective, std::span<double> parameters) override;
  double rate() const override { return damping_; }
  std::map<std::string, std::vector<double>> state() const override;
  void restore(const std::map<std::string, std::vector<double>>& state) override;

 private:
  // The candidate parameters for the present damping; false if the system could not be solved.
  bool make_candidate(const Objective& objective, std::span<const double> parameters);

  GaussNewtonOptions options_;
  index_t count_, padded_;  // parameters of one network
  double damping_;
  index_t step_ = 0;
  std::vector<double> matrix_, vector_, direction_, candidate_;
};

}  // namespace nbm
