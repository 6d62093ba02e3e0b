#include "nbm/training/expansion_fit.hpp"

#include <algorithm>
#include <cmath>

#include "nbm/core/error.hpp"
#include "nbm/core/philox.hpp"
#include "training/damped_solver.hpp"
#include "training/expansion_rows.hpp"
#include "training/source_placement.hpp"

namespace nbm {
namespace {

constexpr double kPi = 3.141592653589793;
constexpr double kDamping = 1e-14, kMostDamping = 1e-6;  // of the unit diagonal of the scaled normal equations
constexpr int kRefinements = 3;
constexpr index_t kGrain = 64;

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Waves and phases by counter, as all random numbers.
void draw_sines(const ExpansionOptions& options, index_t piece, index_t count, PieceBasis& basis) {
  for (index_t j = 0; j < count; ++j) {
    double phase = kPi * (2.0 * uniform(options.seed, Stream::parameters, piece, 4 * j) - 1.0);
    for (int k = 0; k < kDim; ++k) {
      const double direction = 2.0 * uniform(options.seed, Stream::parameters, piece, 4 * j + 1 + k) - 1.0;
      const double wave = options.omega * direction / basis.half[k];
      basis.wave[at(k)].push_back(wave);
      phase -= wave * basis.center[k];
    }
    basis.phase.push_back(phase);
  }
}

// The root of k / mu in the middle of the points of a piece, in the coordinates of the expansion; 0 where k is not
// positive.
double decay_of(const Problem& problem, Side side, const Points& points, double unit) {
  if (points.size() == 0) return 0.0;
  const Vec3<double> p = points[points.size() / 2];
  const double k = problem.medium(side).k.at(p), mu = problem.medium(side).mu.at(p);
  return k > 0.0 && mu > 0.0 ? unit * std::sqrt(k / mu) : 0.0;
}

std::vector<PieceBasis> make_bases(const Problem& problem, const LabelledPieces& found, const ExpansionPoints& points,
                                   const Expansion& lookup, const ExpansionOptions& options) {
  std::vector<PieceBasis> pieces;
  for (index_t p = 0; p < static_cast<index_t>(found.pieces.size()); ++p) {
    const LabelledPieces::Piece& piece = found.pieces[at(p)];
    PieceBasis basis;
    basis.side = piece.side;
    basis.center = lookup.to_expansion(0.5 * (piece.lower + piece.upper));
    basis.half = (0.5 / lookup.unit()) * (piece.upper - piece.lower);
    draw_sines(options, p, points.sines[at(p)], basis);
    basis.decay = decay_of(problem, piece.side, points.regular[at(p)], lookup.unit());
    place_sources(problem, points, p, piece.at_wall, options.reach, lookup, basis);
    pieces.push_back(std::move(basis));
  }
  return pieces;
}

// The least-squares problem of the blocks.
class NormalSystem {
 public:
  NormalSystem(const std::vector<RowBlock>& blocks, const std::vector<PieceBasis>& pieces, ThreadPool& pool)
      : blocks_(blocks), pieces_(pieces), pool_(pool) {
    for (const PieceBasis& basis : pieces) {
      offset_.push_back(n_);
      n_ += basis.size();
    }
    matrix_.assign(at(n_ * n_), 0.0);
    for (const RowBlock& block : blocks) add(block);
    scale_to_unit_diagonal();
  }

  index_t unknowns() const { return n_; }

  // Refined, since damping and round-off leave more in ill-conditioned directions than the rows can tell.
  std::vector<double> solve() {
    DampedSolver solver;
    double damping = kDamping;
    while (!solver.factor(matrix_, n_, {1.0, damping}, pool_)) {
      damping *= 10.0;
      if (damping > kMostDamping) throw InvalidArgument("expansion", "its least-squares problem cannot be solved");
    }
    std::vector<double> solution(at(n_), 0.0), gradient(at(n_)), step(at(n_));
    for (int i = 0; i <= kRefinements; ++i) {
      gradient_at(solution, gradient);
      solver.solve_factored(gradient, step);
      for (std::size_t j = 0; j < step.size(); ++j) solution[j] += step[j] * scale_[j];
    }
    return solution;
  }

  // Of any rows of the same pieces.
  std::vector<double> residual(const RowBlock& block, const std::vector<double>& solution) const {
    std::vector<double> residual(at(block.rows));
    const auto tasks = TaskPartition::of(block.rows, kGrain, 1024);
    pool_.run(tasks.tasks, [&](index_t t) {
      for (index_t i = tasks.begin(t); i < tasks.end(t); ++i) {
        const double* row = block.matrix.data() + i * block.columns;
        double sum = -block.rhs[at(i)];
        for_parts(block, [&](index_t column, index_t size, index_t unknown) {
          const double* x = solution.data() + unknown;
          for (index_t j = 0; j < size; ++j) sum += row[column + j] * x[j];
        });
        residual[at(i)] = sum;
      }
    });
    return residual;
  }

 private:
  // use(first column in the block, columns, first unknown) for each piece of a block.
  template <class Use>
  void for_parts(const RowBlock& block, Use&& use) const {
    index_t column = 0;
    for (const index_t piece : block.piece) {
      if (piece < 0) continue;
      const index_t size = pieces_[at(piece)].size();
      use(column, size, offset_[at(piece)]);
      column += size;
    }
  }

  void add(const RowBlock& block) {
    for_parts(block, [&](index_t column, index_t size, index_t unknown) {
      add_gram_matrix(1.0, block.matrix.data() + column, block.columns, block.rows,
                      matrix_.data() + unknown * n_ + unknown, n_, size, pool_);
    });
    if (block.piece[1] < 0) return;
    const index_t size[2] = {pieces_[at(block.piece[0])].size(), pieces_[at(block.piece[1])].size()};
    const int upper = block.piece[0] < block.piece[1] ? 0 : 1, lower = 1 - upper;
    const double* column[2] = {block.matrix.data(), block.matrix.data() + size[0]};
    add_product(column[upper], block.columns, column[lower], block.columns, block.rows,
                matrix_.data() + offset_[at(block.piece[at(upper)])] * n_ + offset_[at(block.piece[at(lower)])], n_,
                size[upper], size[lower], pool_);
  }

  void scale_to_unit_diagonal() {
    scale_.resize(at(n_));
    for (index_t j = 0; j < n_; ++j) {
      const double square = matrix_[at(j * n_ + j)];
      scale_[at(j)] = square > 0.0 ? 1.0 / std::sqrt(square) : 1.0;
    }
    for (index_t i = 0; i < n_; ++i) {
      for (index_t j = i; j < n_; ++j) matrix_[at(i * n_ + j)] *= scale_[at(i)] * scale_[at(j)];
    }
  }

  // By the scaled unknowns.
  void gradient_at(const std::vector<double>& solution, std::vector<double>& gradient) const {
    std::fill(gradient.begin(), gradient.end(), 0.0);
    for (const RowBlock& block : blocks_) {
      const std::vector<double> r = residual(block, solution);
      for_parts(block, [&](index_t column, index_t size, index_t unknown) {
        add_product(r.data(), 1, block.matrix.data() + column, block.columns, block.rows, gradient.data() + unknown,
                    size, 1, size, pool_);
      });
    }
    for (std::size_t j = 0; j < gradient.size(); ++j) gradient[j] *= scale_[j];
  }

  const std::vector<RowBlock>& blocks_;
  const std::vector<PieceBasis>& pieces_;
  ThreadPool& pool_;
  std::vector<index_t> offset_;
  index_t n_ = 0;
  std::vector<double> matrix_, scale_;
};

void report(const NormalSystem& system, const std::vector<RowBlock>& blocks, const std::vector<double>& solution,
            ExpansionFit& fit) {
  double within = 0.0, jumps = 0.0, given = 0.0;
  for (const RowBlock& block : blocks) {
    for (const double right : block.rhs) given += right * right;
    double squares = 0.0;
    for (const double r : system.residual(block, solution)) squares += r * r;
    fit.residuals[block.group] += squares;
    (block.piece[1] < 0 ? within : jumps) += squares;
  }
  for (auto& [group, squares] : fit.residuals) squares = std::sqrt(squares);
  fit.residual = std::sqrt(within + jumps);
  fit.jump_residual = std::sqrt(jumps);
  fit.piece_residual = std::sqrt(within);
  fit.right_side = std::sqrt(given);
}

// What fits of different sizes share: the pieces and points of the interface.
class Fitter {
 public:
  Fitter(const Problem& problem, const InterfaceSampler& interface, std::uint64_t seed, ThreadPool& pool)
      : problem_(problem), pool_(pool) {
    const InterfacePoints drawn = draw_interface(interface, seed, pool);
    found_ = label_pieces(problem, drawn.points, pool);
    lookup_ = Expansion(problem.box.lower, problem.box.upper, {}, found_.labels, {});
    if (!too_many_pieces()) parts_ = interface_parts(problem.box, drawn, lookup_);
    tighten_bounds(problem.box, parts_, found_);
  }

  ExpansionFit fit(const ExpansionOptions& options) const {
    ExpansionFit fit;
    fit.options = options;
    if (too_many_pieces()) return fit;
    const ExpansionPoints points = place_points(problem_, found_, lookup_, parts_, options, pool_);
    const double shift = boundary_mean(problem_, points);
    std::vector<PieceBasis> pieces = make_bases(problem_, found_, points, lookup_, options);
    const auto rows_at = [&](const ExpansionPoints& at_points) {
      return make_expansion_rows(problem_, pieces, found_, at_points, lookup_, shift, pool_);
    };
    const std::vector<RowBlock> blocks = rows_at(points);
    NormalSystem system(blocks, pieces, pool_);
    std::vector<double> solution = system.solve();
    report(system, rows_at(held_out_points(problem_, found_, lookup_, options, points, pool_)), solution, fit);
    for (const RowBlock& block : blocks) fit.rows += block.rows;
    index_t sources = 0;  // small parts have more than their share
    for (const InterfacePart& part : points.parts) sources += part.sources;
    fit.options.sources = std::max(options.sources, sources);
    fit.unknowns = system.unknowns();
    index_t constant = 0;
    for (const PieceBasis& basis : pieces) {
      solution[at(constant)] += shift;
      constant += basis.size();
    }
    fit.expansion =
        Expansion(problem_.box.lower, problem_.box.upper, std::move(pieces), found_.labels, std::move(solution));
    return fit;
  }

  index_t pieces() const { return static_cast<index_t>(found_.pieces.size()); }

 private:
  bool too_many_pieces() const { return pieces() > kMostPieces; }

  const Problem& problem_;
  ThreadPool& pool_;
  LabelledPieces found_;
  Expansion lookup_;
  std::vector<InterfacePart> parts_;
};

// Unknowns that the next size has more: of each source both sides have one.
index_t growth(const ExpansionFit& fit, const ExpansionOptions& next) {
  return (next.sines - fit.options.sines) + 2 * (next.sources - fit.options.sources);
}

// The next size: more sources where it is the interface that is badly met, more sines where it is the equation or the
// walls, and shorter waves with them; both where neither dominates and there is room. Twice as many, or what there is
// room for.
ExpansionOptions grown(const ExpansionFit& fit, index_t most_unknowns) {
  constexpr double kDominates = 3.0;
  const double jumps = fit.jump_residual, rest = fit.piece_residual;
  const auto times = [&](double sines, double sources) {
    ExpansionOptions next = fit.options;
    next.sines = std::lround(sines * static_cast<double>(next.sines));
    next.sources = std::lround(sources * static_cast<double>(next.sources));
    next.omega *= std::cbrt(sines);
    return next;
  };
  const index_t room = most_unknowns - fit.unknowns;
  const ExpansionOptions both = times(2.0, 2.0);
  if (rest < kDominates * jumps && jumps < kDominates * rest && growth(fit, both) <= room) return both;
  const bool of_sources = rest < jumps;
  const ExpansionOptions next = of_sources ? times(1.0, 2.0) : times(2.0, 1.0);
  const double share = static_cast<double>(room) / static_cast<double>(growth(fit, next));
  if (share >= 1.0) return next;
  return of_sources ? times(1.0, 1.0 + std::max(share, 0.0)) : times(1.0 + std::max(share, 0.0), 1.0);
}

}  // namespace

void ExpansionOptions::validate() const {
  if (sines < 0 || sources < 0) throw InvalidArgument("sines", "and sources must not be negative");
  for (const auto& [name, value] : {std::pair("omega", omega), std::pair("reach", reach)}) {
    if (!(value > 0.0) || !std::isfinite(value)) {
      throw InvalidArgument(name, "must be positive, got " + std::to_string(value));
    }
  }
}

ExpansionFit fit_expansion(const Problem& problem, const InterfaceSampler& interface, const ExpansionOptions& options,
                           ThreadPool& pool) {
  options.validate();
  return Fitter(problem, interface, options.seed, pool).fit(options);
}

ExpansionFit fit_expansion(const Problem& problem, const ExpansionOptions& options, ThreadPool& pool) {
  options.validate();
  return fit_expansion(problem, InterfaceSampler(problem.box, problem.level_set, pool), options, pool);
}

void ExpansionSearch::validate() const {
  if (most_unknowns < 100) {
    throw InvalidArgument("most_unknowns", "must be at least 100, got " + std::to_string(most_unknowns));
  }
  if (!(tolerance >= 0.0)) throw InvalidArgument("tolerance", "must not be negative, got " + std::to_string(tolerance));
}

ExpansionFit search_expansion(const Problem& problem, const ExpansionSearch& search, ThreadPool& pool) {
  search.validate();
  return search_expansion(problem, InterfaceSampler(problem.box, problem.level_set, pool), search, pool);
}

ExpansionFit search_expansion(const Problem& problem, const InterfaceSampler& interface, const ExpansionSearch& search,
                              ThreadPool& pool) {
  constexpr double kOmegas[] = {2.0, 4.0, 7.0}, kReaches[] = {6.0, 10.0, 3.0};
  constexpr double kWorthwhile = 0.7;  // of the residual, by twice the unknowns
  constexpr index_t kLeastGrowth = 10;
  constexpr index_t kFewPieces = 4;  // of more no basis is small: each has a least number of functions
  search.validate();
  const Fitter fitter(problem, interface, search.seed, pool);
  ExpansionOptions options{.sines = 120, .sources = 50, .seed = search.seed};
  ExpansionFit best;
  const auto consider = [&] {
    ExpansionFit fit = fitter.fit(options);
    if (best.unknowns == 0 || fit.residual < best.residual) best = std::move(fit);
    return best.unknowns == 0 || best.residual <= search.tolerance * best.right_side;
  };
  // Few functions first: where they are enough, more only lose digits, because their coefficients are large and cancel.
  if (fitter.pieces() <= kFewPieces && consider()) return best;
  options = {.seed = search.seed};
  for (const double omega : kOmegas) {
    options.omega = omega;
    if (consider()) return best;
  }
  options.omega = best.options.omega;
  for (const double reach : kReaches) {
    if (reach == best.options.reach) continue;
    options.reach = reach;
    if (consider()) return best;
  }
  while (true) {
    options = grown(best, search.most_unknowns);
    if (growth(best, options) < best.unknowns / kLeastGrowth) break;
    const double before = best.residual;
    // How near sources may come depends on their number: where it does not help to have more, by another distance.
    if (consider()) return best;
    for (const double reach : kReaches) {
      if (best.residual < kWorthwhile * before) break;
      options.reach = reach;
      if (consider()) return best;
    }
    if (!(best.residual < kWorthwhile * before)) break;
  }
  return best;
}

}  // namespace nbm
