#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "nbm/network/evaluate.hpp"
#include "nbm/network/network_map.hpp"
#include "nbm/rows/observations.hpp"
#include "nbm/rows/value_scale.hpp"
#include "nbm/sampling/resolution.hpp"
#include "nbm/sampling/sampler.hpp"
#include "nbm/training/loss.hpp"

namespace nbm {

enum class RateSchedule { constant, exponential, cosine };
NBM_EXPORT RateSchedule parse_rate_schedule(const std::string& name);

// Adam of Kingma & Ba (2015) with a schedule for the learning rate.
struct NBM_EXPORT AdamOptions {
  index_t steps = 20000;
  double learning_rate = 1e-2;
  RateSchedule schedule = RateSchedule::exponential;
  double final_fraction = 1e-2;  // of the learning rate, reached at the last step
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double clip_norm = 0.0;  // the gradient is scaled down to this Euclidean norm; 0: never
  // On many ranks: steps that each makes alone on its own rows between two averages of networks and moments. 1: every
  // step is that of all ranks together.
  index_t local_steps = 1;

  void validate() const;
  double rate(index_t step) const;
};

// The form in which a Gauss-Newton step is solved: normal equations, with as many unknowns as parameters, or the
// equivalent system with as many as residual rows (docs/method.md, section 10). automatic: the smaller one.
enum class LinearSystem { automatic, normal, rows };
NBM_EXPORT LinearSystem parse_linear_system(const std::string& name);
NBM_EXPORT std::string to_string(LinearSystem system);

// Levenberg-Marquardt: (J'J + damping diag J'J) p = -J'r (docs/method.md, section 10).
// A step is one linearization; the damping is divided by `decrease` after a step that lowered the loss and multiplied
// by `increase` after each trial that did not, `trials` at most.
struct NBM_EXPORT GaussNewtonOptions {
  index_t steps = 100;
  double damping = 1.0;
  double decrease = 10.0;
  double increase = 3.0;
  int trials = 12;
  // Random starts, each trained `start_steps` steps; the best goes on to `steps`. One start only where the parameters
  // are given.
  int starts = 3;
  index_t start_steps = 30;
  LinearSystem system = LinearSystem::automatic;  // several ranks: normal equations only
  // Training ends when the root of the loss at new points is below this fraction of what the same networks leave on
  // cells of half the size, which is the error of the discretization: further steps would not lower the error of the
  // solution. It ends as well when the loss at new points falls no more. 0: neither.
  double stop_fraction = 0.3;

  void validate() const;
};

using OptimizerOptions = std::variant<AdamOptions, GaussNewtonOptions>;

// Stops training when the loss, averaged over `window` steps, has not fallen by the factor 1 - tolerance since the
// window before. window 0: never.
struct NBM_EXPORT PlateauOptions {
  index_t window = 0;
  double tolerance = 1e-3;

  void validate() const;
};

// Where the points of a step come from: fresh random draws, or batches of the nodes of a grid ("paper").
struct NBM_EXPORT SamplingOptions {
  enum class Mode { fresh, grid };

  Mode mode = Mode::fresh;
  SampleCounts counts;      // of a draw (fresh)
  PointShares shares;       // how its regular points lie (fresh)
  index_t refresh = 1;      // steps for which a draw is kept (fresh)
  index_t grid_nodes = 64;  // along each axis (grid)
  index_t batch = 16384;    // nodes of a step (grid)

  void validate() const;
};

// What multiplies the weight lambda of a row group, by the group's name; 1 where it is not named. Rows of a group of
// weight 0 are left out.
using WeightFactors = std::map<std::string, double>;

// How many networks there are: one for each side, or one for each connected piece of a side.
enum class Networks { sides, pieces };
NBM_EXPORT Networks parse_networks(const std::string& name);
NBM_EXPORT std::string to_string(Networks networks);

struct NBM_EXPORT TrainingOptions {
  Siren network;  // of each
  Networks networks = Networks::sides;
  NetworkMap network_map;         // found by the trainer, which overwrites it where `networks` are of pieces
  ResolutionSchedule resolution;  // coarsest: the cell size
  SamplingOptions sampling;
  Discretization discretization = Discretization::bochkov_gibou;
  Loss loss = Loss::balanced;
  std::vector<Observations> observations;  // each a group of rows of its own
  WeightFactors weights;
  OptimizerOptions optimizer;
  PlateauOptions plateau;
  Precision precision = Precision::float32;
  // The units of u in training: u = value_shift[side] + value_scale v, and the networks learn v. nullopt: from the
  // data of the problem (docs/method.md, section 10). Parameters that go in or out are those of u.
  std::optional<double> value_scale = 1.0;
  std::optional<std::array<double, kSides>> value_shift = std::array<double, kSides>{0.0, 0.0};
  std::uint64_t seed = 0;
  int threads = 0;             // 0: all cores of this process, shared among the ranks that may use them
  index_t record_every = 100;  // steps between entries of the history
  bool replay_steps = true;    // on a GPU: record the launches of a step and replay them (CUDA graphs); the same bits
  index_t check_every = 100;   // steps between comparisons of the ranks' parameters; 0: never
  bool overlap = true;         // on many ranks: make the next rows while a message is under way

  // Of all networks.
  index_t parameter_count() const { return network_map.size() * network.parameter_count(); }
  // The units as far as they are given; u itself otherwise.
  ValueScale values() const;
  // Throws InvalidArgument, naming the option.
  void validate(const Box& box) const;
  // Of the row groups, by number: those of a problem, then the observations.
  std::vector<std::string> group_names() const;
  // lambda of the groups without the factors.
  PerGroup<double> group_weights(const Box& box, Vec3<double> cell_size) const;
  // By number. Throws InvalidArgument where there is no group of that name, or a factor is negative or not finite.
  PerGroup<double> factors(const WeightFactors& weights) const;
};

}  // namespace nbm
