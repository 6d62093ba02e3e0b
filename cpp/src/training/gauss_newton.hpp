#pragma once
#include "training/optimizer.hpp"

namespace nbm {

// Levenberg-Marquardt (docs/method.md, section 10).
class GaussNewton {
 public:
  // parameters, unknowns: of all networks, and how many of them are trained.
  GaussNewton(const GaussNewtonOptions& options, index_t parameters, index_t unknowns);

  // As those of Optimizer.
  GroupSums step(const Objective& objective, std::span<double> parameters);
  double rate() const { return damping_; }
  std::map<std::string, std::vector<double>> state() const;
  void restore(const std::map<std::string, std::vector<double>>& state);

 private:
  GaussNewtonOptions options_;
  index_t unknowns_;
  double damping_;
  index_t step_ = 0;
  std::vector<double> scratch_, candidate_;
};

}  // namespace nbm
