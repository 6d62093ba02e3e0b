#include <array>
#include <charconv>

#include "nbm/solution/solution.hpp"
#include "nbm/training/trainer.hpp"
#include "problem/periods.hpp"

namespace nbm {
namespace {

// Reads back as the same number.
std::string exact_text(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

// The linear function that is `slope` . x in network coordinates, on both sides.
Expansion linear_function(const Box& box, Vec3<double> slope) {
  PieceLabels labels;
  labels.cells = {1, 1, 1};
  std::vector<PieceBasis> pieces;
  std::vector<double> coefficients;
  const Expansion coordinates(box.lower, box.upper, {}, {}, {});
  for (const Side side : {Side::minus, Side::plus}) {
    PieceBasis& basis = pieces.emplace_back();
    basis.side = side;
    basis.half = 0.5 / coordinates.unit() * box.edge();
    labels.only[static_cast<std::size_t>(index_of(side))] = static_cast<std::int16_t>(index_of(side));
    coefficients.insert(coefficients.end(), {0.0, slope.x, slope.y, slope.z});
    coefficients.resize(pieces.size() * kMonomials, 0.0);
  }
  return {box.lower, box.upper, std::move(pieces), std::move(labels), std::move(coefficients)};
}

}  // namespace

// Here, because training comes before solution among the stages.
Solution Trainer::solution() const {
  const Vec3<double> h = options().resolution.cell_size_at(options().resolution.levels - 1);
  Siren network = options().network;
  network.periodic = {};  // these two are of training
  network.trained = TrainedLayers::all;
  Solution trained(problem().box, problem().level_set, network, parameters(),
                   {{"steps", std::to_string(steps_done())},
                    {"stop_reason", to_string(stop_reason())},
                    {"discretization", to_string(options().discretization)},
                    {"cell_size", exact_text(h.x) + " " + exact_text(h.y) + " " + exact_text(h.z)}},
                   options().network_map);
  const Vec3<double> ramp = jump_ramp(problem());
  if (!(ramp == Vec3<double>{})) trained = trained.expanded(linear_function(problem().box, ramp));
  if (!problem().is_floating()) return trained;
  ThreadPool pool(options().threads);
  return trained.centered(pool);
}

}  // namespace nbm
