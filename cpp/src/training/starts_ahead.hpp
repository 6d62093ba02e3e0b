#pragma once
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "training/row_supply.hpp"

namespace nbm {

// The races of several starts of Gauss-Newton (multi_start.hpp) side by side: a thread for each start, with a backend
// of its own. The training follows start after start, step by step, and finds the steps of later starts done. No start
// depends on another, so each step has the bits that it would have had one after the other.
class StartsAhead {
 public:
  // What a step of the training, counted over all starts, is taken on.
  struct Plan {
    Draw draw;
    PerGroup<double> weights;
  };
  struct Step {
    GroupSums sums;                                    // at the parameters before it
    std::vector<double> parameters;                    // after it
    std::map<std::string, std::vector<double>> state;  // of its GaussNewton
  };

  // plans: of the steps of all races. options.threads: of each backend. Throws nothing that a start meets.
  StartsAhead(Problem problem, TrainingOptions options, Device device, std::vector<Plan> plans,
              const PerGroup<bool>& used_groups);
  // Ends each start after the step that it is at.
  ~StartsAhead();
  StartsAhead(const StartsAhead&) = delete;
  StartsAhead& operator=(const StartsAhead&) = delete;

  // A step of a start, when it is done; each can be taken once. Nothing if it failed, or one before it did: whoever
  // takes the step itself meets the error.
  std::optional<Step> take(index_t start, index_t step);

 private:
  struct Lane {
    std::vector<Step> steps;
    bool ended = false;
    std::thread thread;
  };

  void run(index_t start, Lane& lane);

  Problem problem_;
  TrainingOptions options_;
  Device device_;
  std::vector<Plan> plans_;
  PerGroup<bool> used_groups_;
  std::vector<std::string> group_names_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> unwanted_ = false;
  std::vector<Lane> lanes_;
};

}  // namespace nbm
