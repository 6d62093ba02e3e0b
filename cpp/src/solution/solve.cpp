#include "nbm/solution/solve.hpp"

#include <chrono>
#include <limits>
#include <memory>

#include "nbm/core/error.hpp"

namespace nbm {
namespace {

constexpr double kGoodEnough = 1e-4;  // of the range of u: more than the grid alone can reach
constexpr double kPoor = 1e-3;        // of the same: a finer grid is tried
constexpr double kPoorGrid = 2e-4;    // where the grid alone was best
constexpr double kFinerFavor = 1.5;
constexpr index_t kMostDoubled = 256;  // cells of a grid of twice as many: more take minutes
constexpr index_t kReportedPoints = 4000, kReportDraw = index_t{1} << 40;  // that no fit uses
constexpr double kSettled = 0.5;  // a correction that the coarser grid changes by less of it is taken

class Search {
 public:
  Search(const Problem& problem, const InterfaceSampler& interface, const SolveOptions& options, ThreadPool& pool,
         SolveReport& report)
      : problem_(problem), interface_(interface), options_(options), pool_(pool), report_(report) {}

  // Estimates the error of a solution without a correction, and takes it, or with its correction, where that is less.
  // A grid that is finer than the one before is believed unless its estimate is much larger: `favor` times. Where the
  // grid cannot be solved, an expansion is taken without an estimate, if there is nothing better.
  void consider(const Solution& base, index_t cells, double favor = 1.0) {
    try {
      estimate_and_take(base, cells, favor);
    } catch (const GridNotSolved& error) {
      if (!best_ && base.is_zero()) throw;
      report_.not_solved = error.what();
      ErrorEstimate unknown;
      unknown.rms = unknown.max = std::numeric_limits<double>::infinity();
      if (!best_) attempt("expansion", base, unknown);
    }
  }

  bool grid_fails() const { return !report_.not_solved.empty(); }
  bool within(double share) const {
    return !report_.attempts.empty() && report_.estimate.rms <= share * report_.estimate.range();
  }
  const Solution& best() const { return *best_; }
  // A finer grid than that of the best estimate: of half as many cells more if an error of second order is trusted
  // there.
  index_t finer(index_t cells) const {
    const bool enough = report_.estimate.rms <= 1.5 * 1.5 * report_.estimate.trusted();
    return enough || 2 * cells > kMostDoubled ? cells * 3 / 2 : 2 * cells;
  }

 private:
  void estimate_and_take(const Solution& base, index_t cells, double favor) {
    ErrorEstimate estimate = estimate_error(problem_, interface_, base, cells, pool_);
    const double missing = estimate.missing;
    const std::string on_cells = std::to_string(cells) + " cells";
    if (!base.is_zero()) attempt("expansion", base, estimate);
    if (estimate.change > kSettled * missing) return;
    const Solution corrected = base.corrected(*estimate.correction);
    estimate.missing = 0.0;
    estimate.add_up();
    attempt(base.is_zero() ? "grid of " + on_cells : "expansion, corrected on " + on_cells, corrected, estimate, favor);
  }

  void attempt(const std::string& what, const Solution& solution, const ErrorEstimate& estimate, double favor = 1.0) {
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - since_).count();
    since_ = now;
    report_.attempts.push_back({what, estimate.rms, seconds});
    if (options_.progress) options_.progress(report_.attempts.back());
    if (best_ && !(estimate.rms < favor * report_.estimate.rms)) return;
    best_ = std::make_unique<Solution>(solution);
    report_.estimate = estimate;
    report_.chosen = report_.attempts.size() - 1;
  }

  const Problem& problem_;
  const InterfaceSampler& interface_;
  const SolveOptions& options_;
  ThreadPool& pool_;
  SolveReport& report_;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  std::unique_ptr<Solution> best_;
};

}  // namespace

void SolveOptions::validate() const {
  if (cells < 32 || cells > 512) {
    throw InvalidArgument("cells", "must be from 32 to 512, got " + std::to_string(cells));
  }
  ExpansionSearch{.most_unknowns = most_unknowns}.validate();
  if (basis) basis->validate();
}

Solution solve(const Problem& problem, const SolveOptions& options, ThreadPool& pool, SolveReport& report) {
  options.validate();
  report = {};
  require_balance(problem, pool);
  const InterfaceSampler interface(problem.box, problem.level_set, pool);
  report.interface = interface.draw({0, kReportedPoints}, options.seed, Stream::interface, kReportDraw, pool);
  Search search(problem, interface, options, pool, report);
  const ExpansionSearch sizes{.most_unknowns = options.most_unknowns, .seed = options.seed};
  ExpansionFit fit = options.basis ? fit_expansion(problem, interface, *options.basis, pool)
                                   : search_expansion(problem, interface, sizes, pool);
  if (fit.unknowns > 0) {
    report.basis = fit.options;
    search.consider(Solution::of_expansion(problem.box, problem.level_set, std::move(fit.expansion)), options.cells);
  }
  if (!search.grid_fails() && !search.within(kGoodEnough)) {
    search.consider(Solution::of_expansion(problem.box, problem.level_set, {}), options.cells);
  }
  const Solution base = search.best().uncorrected();
  if (!search.grid_fails() && !search.within(base.is_zero() ? kPoorGrid : kPoor)) {
    search.consider(base, search.finer(options.cells), kFinerFavor);
  }
  return problem.is_floating() ? search.best().centered(pool) : search.best();
}

}  // namespace nbm
