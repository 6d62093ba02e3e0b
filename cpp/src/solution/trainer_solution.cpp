#include "nbm/solution/solution.hpp"
#include "nbm/training/trainer.hpp"

namespace nbm {

// Here, because training comes before solution among the stages.
Solution Trainer::solution() const {
  return Solution(problem().box, problem().level_set, options().network, parameters(),
                  {{"steps", std::to_string(steps_done())}, {"stop_reason", to_string(stop_reason())}});
}

}  // namespace nbm
