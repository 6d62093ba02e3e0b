#include <array>
#include <charconv>

#include "nbm/solution/solution.hpp"
#include "nbm/training/trainer.hpp"

namespace nbm {
namespace {

// Reads back as the same number.
std::string exact_text(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

}  // namespace

// Here, because training comes before solution among the stages.
Solution Trainer::solution() const {
  const Vec3<double> h = options().resolution.cell_size_at(options().resolution.levels - 1);
  const Solution trained(problem().box, problem().level_set, options().network, parameters(),
                         {{"steps", std::to_string(steps_done())},
                          {"stop_reason", to_string(stop_reason())},
                          {"discretization", to_string(options().discretization)},
                          {"cell_size", exact_text(h.x) + " " + exact_text(h.y) + " " + exact_text(h.z)}},
                         options().network_map);
  if (!problem().is_floating()) return trained;
  ThreadPool pool(options().threads);
  return trained.centered(pool);
}

}  // namespace nbm
