#pragma once
#include "training/optimizer.hpp"

namespace nbm {

// Levenberg-Marquardt (docs/method.md, section 10).
class GaussNewton {
 public:
  // parameters: of all networks.
  GaussNewton(const GaussNewtonOptions& options, index_t parameters);

  // As those of Optimizer.
  GroupSums step(const Objective& objective, std::span<double> parameters);
  double rate() const { return damping_; }
  std::map<std::string, std::vector<double>> state() const;
  void restore(const std::map<std::string, std::vector<double>>& state);

 private:
  GaussNewtonOptions options_;
  double damping_;
  index_t step_ = 0;
  std::vector<double> gradient_, candidate_;
};

}  // namespace nbm
