#include "training/device_loss.hpp"

#include <algorithm>
#include <utility>

#include "core/branches.hpp"
#include "core/lanes.hpp"
#include "core/sum_parts.hpp"
#include "training/clear_held.hpp"
#include "training/fused_points.hpp"
#include "training/fused_rows.hpp"
#include "training/fused_stencils.hpp"
#include "training/warps.hpp"

namespace nbm::cuda {
namespace {

struct KindLaunch {
  unsigned warps = 0;  // 0: no rows
  index_t workspace = 0;
  int sides = 1;

  friend bool operator==(const KindLaunch&, const KindLaunch&) = default;
};

// Kinds of rows, each with a kernel of its own.
enum Kind : std::size_t { regular, irregular, values, differences, kinds };

// What runs beside the regular rows, and the sums of squares beside those of gradients.
enum : int { irregular_branch, values_branch, differences_branch, squares_branch, branch_count };

// Memory of the launches in one precision, of each kind of rows by itself: they run side by side.
template <class T>
class Passes {
 public:
  Passes(const Siren& siren, cudaStream_t stream) : networks(siren, stream) {}

  DeviceNetworks<T> networks;

  // Warps (for each blockIdx.y) of rows with `sides` sums each.
  unsigned warps(index_t items, index_t workspace, int sides) const {
    const index_t numbers = workspace * kLanes + index_t{sides} * networks.parameter_count();
    return warps_for(items, 2 * numbers * static_cast<index_t>(sizeof(T)));
  }
  // units: warps of all launches of the kind.
  void reserve(Kind kind, index_t units, index_t workspace, int sides) {
    workspace_[kind].resize(units * workspace * kLanes);
    sums_[kind].resize(units * sides * networks.parameter_count());
  }
  // Of a launch whose warps are those from number `first` on.
  WarpMemory<T> memory(Kind kind, const KindLaunch& launch, index_t first, double* squares, bool gradient) {
    return {gradient ? sums(kind, launch, first) : nullptr, squares,
            workspace_[kind].data() + first * launch.workspace * kLanes, launch.workspace, networks.parameter_count()};
  }
  T* sums(Kind kind, const KindLaunch& launch, index_t first) {
    return sums_[kind].data() + first * launch.sides * networks.parameter_count();
  }
  const void* workspace(Kind kind) const { return workspace_[kind].data(); }
  const void* sums(Kind kind) const { return sums_[kind].data(); }

 private:
  std::array<DeviceBuffer<T>, kinds> workspace_, sums_;
};

// What tells the launches for some rows from those for others: their shapes and the memory that they use.
struct LaunchSet {
  std::array<KindLaunch, kinds> launches{};
  std::array<std::array<const void*, 4>, kinds> memory{};
  std::array<const void*, 4> shared{};

  friend bool operator==(const LaunchSet&, const LaunchSet&) = default;
};

Kind kind_of(const DevicePointRows& rows) { return rows.has_differences ? differences : values; }

// The sets of a kind that may have rows, as many as one launch takes.
std::vector<PointSets> launches_of(const DeviceRows& rows, Kind kind) {
  std::vector<PointSets> launches;
  for (const DevicePointRows& set : rows.points) {
    if (set.most == 0 || kind_of(set) != kind) continue;
    if (launches.empty() || launches.back().count == kMostPointSets) launches.push_back({});
    launches.back().set[launches.back().count++] = set;
  }
  return launches;
}

index_t most_rows(const PointSets& sets) {
  index_t most = 0;
  for (int i = 0; i < sets.count; ++i) most = std::max(most, sets.set[i].most);
  return most;
}

// Whether there is a kernel for the shape of the network, of each kind of rows.
std::array<bool, kinds> fused_kinds(const Siren& siren, Precision precision) {
  const bool single = precision == Precision::float32;
  const auto points = [&](bool differences) {
    return single ? has_fused_points<float>(siren, differences) : has_fused_points<double>(siren, differences);
  };
  return {single && has_fused_rows(siren), has_fused_stencils(siren), points(false), points(true)};
}

}  // namespace

Vec3<double> difference_step(const DeviceRows& rows) {
  for (const DeviceDifferenceRows& side : rows.regular) {
    if (side.most > 0) return side.step;
  }
  for (const DevicePointRows& set : rows.points) {
    if (set.most > 0 && set.has_differences) return set.step;
  }
  return {};
}

// Regular and point rows run in the precision of the training, irregular rows and Jacobians in double.
struct DeviceLoss::State {
  State(const Siren& of, Precision p, cudaStream_t s)
      : precision(p),
        stream(s),
        siren(of),
        fused(fused_kinds(of, p)),
        count(static_cast<int>(of.parameter_count())),
        held(of, count),
        single(of, s),
        twice(of, s),
        branches(branch_count, Urgency::urgent) {}

  Precision precision;
  cudaStream_t stream;
  Siren siren;
  std::array<bool, kinds> fused;
  int count;
  HeldWeights held;
  Passes<float> single;
  Passes<double> twice;
  Branches branches;
  std::array<KindLaunch, kinds> launches{};
  LaunchSet reserved;  // by the last call of DeviceLoss::reserve
  SquareParts layout{};
  DeviceBuffer<double> parts, entry_values[kSides];
  DeviceBuffer<double> gradients;  // parts of the gradient, one a launch: [2 count] each
  int parts_given = 0;

  // grids: blocks along y of all launches, which keep sums of their own.
  template <class T>
  void plan(Passes<T>& passes, Kind kind, index_t items, int columns, int sides, int grids) {
    KindLaunch& launch = launches[kind];
    const bool fused_here = kind == regular && fused[kind];
    launch = {0, fused[kind] ? 0 : index_t{sides} * passes.networks.workspace(columns), sides};
    if (items == 0) return;
    // A warp of the fused kernel takes few points at a time; a quarter of them for each side, with those of the other,
    // fill the registers of the GPU.
    launch.warps = passes.warps(fused_here ? items * kLanes / kFusedPoints : items, launch.workspace, sides);
    if (fused_here) launch.warps = std::max<unsigned>(launch.warps / 4 / kBlockWarps, 1) * kBlockWarps;
    passes.reserve(kind, index_t{grids} * launch.warps, launch.workspace, sides);
  }

  template <class T>
  void plan_network_rows(Passes<T>& passes, const DeviceRows& rows) {
    plan(passes, regular, std::max(rows.regular[0].most, rows.regular[1].most), kQuantities, 1, kSides);
    for (const Kind kind : {values, differences}) {
      index_t most = 0;
      int grids = 0;
      for (const PointSets& sets : launches_of(rows, kind)) {
        most = std::max(most, most_rows(sets));
        grids += sets.count;
      }
      const index_t lanes = std::min(most * kLanes / kPointsOfWarp + kLanes - 1, index_t{kMostPointWarps} * kLanes);
      plan(passes, kind, fused[kind] && most > 0 ? lanes : most, kind == values ? 1 : kQuantities, kSides, grids);
    }
  }

  void reserve(const DeviceRows& rows) {
    if (precision == Precision::float32)
      plan_network_rows(single, rows);
    else
      plan_network_rows(twice, rows);
    // Values of the entries are kept, unless a block has a row.
    const index_t entries = rows.irregular.most > 0 && !fused[irregular] ? rows.irregular.most_entries : 0;
    plan(twice, irregular, fused[irregular] ? rows.irregular.most * kBlockThreads : entries, 1, 1, kSides);
    for (auto& of_side : entry_values) of_side.resize(entries);
    // Squares lie in the order of the launches; of regular rows those of both sides, of irregular ones those of one.
    layout = {};
    layout.add(kRegularGroup, index_t{kSides} * launches[regular].warps);
    layout.add(kIrregularGroup, launches[irregular].warps);
    for (const Kind kind : {values, differences}) {
      for (const PointSets& sets : launches_of(rows, kind)) {
        for (int i = 0; i < sets.count; ++i) layout.add(sets.set[i].group, launches[kind].warps);
      }
    }
    parts.resize(layout.end());
    const std::size_t point_launches = launches_of(rows, values).size() + launches_of(rows, differences).size();
    gradients.resize(index_t{2} * count * (2 + static_cast<index_t>(point_launches)));
  }

  LaunchSet launch_set() const {
    LaunchSet set{launches, {}, {parts.data(), entry_values[0].data(), entry_values[1].data(), gradients.data()}};
    for (const Kind kind : {regular, irregular, values, differences}) {
      set.memory[kind] = {single.workspace(kind), single.sums(kind), twice.workspace(kind), twice.sums(kind)};
    }
    return set;
  }

  // The squares of set number `set` of the layout.
  double* squares_at(int set) { return parts.data() + layout.begin[set]; }

  void launch_regular(const Launch& launch, const NetworkPair<float>& nets, const BothDifferenceRows& rows,
                      const WarpMemory<float>& memory) const {
    if (fused[regular]) return launch_fused_rows(launch, siren, nets, rows, memory);
    launch_difference_rows(launch, nets, rows, memory);
  }
  void launch_regular(const Launch& launch, const NetworkPair<double>& nets, const BothDifferenceRows& rows,
                      const WarpMemory<double>& memory) const {
    launch_difference_rows(launch, nets, rows, memory);
  }

  template <class T>
  void launch_points(const Launch& launch, const NetworkPair<T>& nets, const PointSets& rows,
                     const WarpMemory<T>& memory) const {
    if (fused[kind_of(rows.set[0])]) return launch_fused_points(launch, siren, nets, rows, memory);
    launch_point_rows(launch, nets, rows, memory);
  }

  Launch launch_of(Kind kind, cudaStream_t on) const { return {launches[kind].warps, on}; }

  // Where the next launch puts its part of the gradient.
  double* next_part() { return gradients.data() + index_t{2} * count * parts_given++; }

  // factors: null without derivatives, here and below.
  template <class T>
  void enqueue_network_rows(Passes<T>& passes, const DeviceRows& rows, const double* factors) {
    const NetworkPair<T> nets = passes.networks.views();
    const bool gradient = factors != nullptr;
    double* const of_regular = gradient && launches[regular].warps > 0 ? next_part() : nullptr;
    int set = 2;  // behind regular and irregular rows
    for (const Kind kind : {values, differences}) {
      const std::vector<PointSets> all = launches_of(rows, kind);
      if (all.empty()) continue;
      const Launch launch = launch_of(kind, branches.fork(kind == values ? values_branch : differences_branch, stream));
      index_t first = 0;
      for (const PointSets& sets : all) {
        launch_points(launch, nets, sets, passes.memory(kind, launches[kind], first, squares_at(set), gradient));
        if (gradient) {
          launch_sum_point_gradients(passes.sums(kind, launches[kind], first), launch, sets, count, factors,
                                     next_part());
        }
        set += sets.count;
        first += index_t{launch.warps} * sets.count;
      }
    }
    if (launches[regular].warps == 0) return;
    launch_regular(launch_of(regular, stream), nets, {{rows.regular[0], rows.regular[1]}},
                   passes.memory(regular, launches[regular], 0, squares_at(0), gradient));
    if (!gradient) return;
    SharedUnits units{{}, index_t{kSides} * launches[regular].warps};
    if (fused[regular]) units.count[0] = rows.regular[0].count, units.count[1] = rows.regular[1].count;
    launch_sum_gradients(passes.sums(regular, launches[regular], 0), units, count, factors + kRegularGroup, of_regular,
                         stream);
  }

  void enqueue_irregular(const DeviceRows& rows, const double* factors, double* part, cudaStream_t on) {
    const Launch launch = launch_of(irregular, on);
    const NetworkPair<double> nets = twice.networks.views();
    const bool gradient = factors != nullptr;
    const WarpMemory<double> memory = twice.memory(irregular, launches[irregular], 0, squares_at(1), gradient);
    if (fused[irregular]) {
      launch_fused_stencils(launch, siren, nets, rows.irregular, memory);
    } else {
      launch_stencil_rows(launch, nets, rows.irregular, {{entry_values[0].data(), entry_values[1].data()}}, memory);
    }
    if (!gradient) return;
    const SharedUnits units{{}, fused[irregular] ? index_t{launch.warps} : index_t{kSides} * launch.warps};
    launch_sum_gradients(twice.sums(irregular, launches[irregular], 0), units, count, factors + kIrregularGroup, part,
                         on);
  }

  void add_parts(double* gradient) const {
    const index_t numbers = index_t{2} * count;
    if (parts_given > 0) {
      sum_parts(gradients.data(), parts_given, numbers, gradient, stream);
      return clear_held(held, numbers, gradient, 1, 1, stream);
    }
    const auto bytes = sizeof(double) * static_cast<std::size_t>(numbers);
    check(cudaMemsetAsync(gradient, 0, bytes, stream), "clearing GPU memory");
  }

  // The kinds run side by side, each with the sum of its derivatives; then these are added.
  void enqueue(const DeviceRows& rows, const double* parameters, const double* factors, double* squares,
               double* gradient) {
    reserve(rows);
    const Vec3<double> step = difference_step(rows);
    const bool in_single = precision == Precision::float32;
    const double* const wanted = gradient != nullptr ? factors : nullptr;
    parts_given = 0;
    if (!in_single) twice.networks.prepare(parameters, kSides, step, stream);
    if (launches[irregular].warps > 0) {
      const cudaStream_t beside = branches.fork(irregular_branch, stream);
      if (in_single) twice.networks.prepare(parameters, kSides, step, beside);
      enqueue_irregular(rows, wanted, wanted != nullptr ? next_part() : nullptr, beside);
    }
    if (in_single) {
      single.networks.prepare(parameters, kSides, step, stream);
      enqueue_network_rows(single, rows, wanted);
    } else {
      enqueue_network_rows(twice, rows, wanted);
    }
    branches.join(stream);
    launch_sum_squares(parts.data(), layout, squares, branches.fork(squares_branch, stream));
    if (wanted != nullptr) add_parts(gradient);
    branches.join(stream);
  }
};

DeviceLoss::DeviceLoss(const Siren& siren, Precision precision, cudaStream_t stream)
    : state_(std::make_unique<State>(siren, precision, stream)) {}
DeviceLoss::~DeviceLoss() = default;

bool DeviceLoss::reserve(const DeviceRows& rows) {
  state_->reserve(rows);
  const LaunchSet before = std::exchange(state_->reserved, state_->launch_set());
  return before != state_->reserved;
}

void DeviceLoss::enqueue(const DeviceRows& rows, const double* parameters, const double* factors, double* squares,
                         double* gradient) {
  state_->enqueue(rows, parameters, factors, squares, gradient);
}

}  // namespace nbm::cuda
