#include "nbm/training/history.hpp"

namespace nbm {

std::string to_string(StopReason reason) {
  switch (reason) {
    case StopReason::running: return "running";
    case StopReason::completed: return "completed";
    case StopReason::plateau: return "plateau";
    case StopReason::callback: return "callback";
    case StopReason::converged: break;
  }
  return "converged";
}

bool PlateauDetector::add(double loss) {
  if (window_ == 0) return false;
  state_.sum += loss;
  if (++state_.count < window_) return false;
  const double mean = state_.sum / static_cast<double>(window_);
  const bool plateau = state_.last_mean >= 0 && mean > (1.0 - tolerance_) * state_.last_mean;
  state_ = {0, 0, mean};
  return plateau;
}

}  // namespace nbm
