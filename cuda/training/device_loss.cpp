#include "training/device_loss.hpp"

#include <algorithm>
#include <utility>

#include "core/lanes.hpp"
#include "training/fused_rows.hpp"
#include "training/warps.hpp"

namespace nbm::cuda {
namespace {

// Memory of the launches in one precision; they follow each other, so that all kinds of rows share it.
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
  void reserve(index_t units, index_t workspace, int sides) {
    workspace_.resize(std::max(workspace_.size(), units * workspace * kLanes));
    sums_.resize(std::max(sums_.size(), units * sides * networks.parameter_count()));
  }
  WarpMemory<T> memory(index_t workspace, double* squares, bool gradient) {
    return {gradient ? sums_.data() : nullptr, squares, workspace_.data(), workspace, networks.parameter_count()};
  }
  T* workspace() { return workspace_.data(); }
  const T* workspace() const { return workspace_.data(); }
  const T* sums() const { return sums_.data(); }

 private:
  DeviceBuffer<T> workspace_, sums_;
};

struct KindLaunch {
  unsigned warps = 0;  // 0: no rows
  index_t workspace = 0;
  int sides = 1;

  friend bool operator==(const KindLaunch&, const KindLaunch&) = default;
};

// Kinds of rows, each with a kernel of its own.
enum Kind : std::size_t { regular, irregular, values, differences, kinds };

// What tells the launches for some rows from those for others: their shapes and the memory that they use.
struct LaunchSet {
  std::array<KindLaunch, kinds> launches{};
  std::array<const void*, 7> memory{};

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
        fused(p == Precision::float32 && has_fused_rows(of)),
        count(static_cast<int>(of.parameter_count())),
        single(of, s),
        twice(of, s) {}

  Precision precision;
  cudaStream_t stream;
  Siren siren;
  bool fused;  // whether regular rows have a kernel of their own
  int count;
  Passes<float> single;
  Passes<double> twice;
  std::array<KindLaunch, kinds> launches{};
  LaunchSet reserved;  // by the last call of DeviceLoss::reserve
  SquareParts layout{};
  DeviceBuffer<double> parts, entry_values[kSides];

  // grids: blocks along y, which keep sums of their own.
  template <class T>
  void plan(Passes<T>& passes, Kind kind, index_t items, int columns, int sides, int grids) {
    KindLaunch& launch = launches[kind];
    const bool in_registers = kind == regular && fused;
    launch = {0, in_registers ? 0 : index_t{sides} * passes.networks.workspace(columns), sides};
    if (items == 0) return;
    // A warp of the fused kernel takes few points at a time; half as many of them fill the registers of the GPU.
    launch.warps = passes.warps(in_registers ? items * kLanes / kFusedPoints : items, launch.workspace, sides);
    if (in_registers) launch.warps = std::max<unsigned>(launch.warps / 2 / kBlockWarps, 1) * kBlockWarps;
    passes.reserve(index_t{grids} * launch.warps, launch.workspace, sides);
  }

  template <class T>
  void plan_network_rows(Passes<T>& passes, const DeviceRows& rows) {
    plan(passes, regular, std::max(rows.regular[0].most, rows.regular[1].most), kQuantities, 1, kSides);
    for (const Kind kind : {values, differences}) {
      index_t most = 0;
      int grids = 0;
      for (const PointSets& sets : launches_of(rows, kind)) {
        most = std::max(most, most_rows(sets));
        grids = std::max(grids, sets.count);
      }
      plan(passes, kind, most, kind == values ? 1 : kQuantities, kSides, grids);
    }
  }

  void reserve(const DeviceRows& rows) {
    if (precision == Precision::float32)
      plan_network_rows(single, rows);
    else
      plan_network_rows(twice, rows);
    const index_t entries = rows.irregular.most > 0 ? rows.irregular.most_entries : 0;
    plan(twice, irregular, entries, 1, 1, kSides);
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
  }

  LaunchSet launch_set() const {
    return {launches,
            {single.workspace(), single.sums(), twice.workspace(), twice.sums(), parts.data(), entry_values[0].data(),
             entry_values[1].data()}};
  }

  // The squares of set number `set` of the layout.
  double* squares_at(int set) { return parts.data() + layout.begin[set]; }

  // Adds the sums of a launch over both sides, each of `warps` warps, to the gradient.
  template <class T>
  void add_side_sums(const Passes<T>& passes, Kind kind, const double* factor, double* gradient) {
    if (gradient == nullptr) return;
    const index_t warps = launches[kind].warps;
    launch_sum_gradients(passes.sums(), warps, count, warps * count, count, factor, gradient, stream);
  }

  void launch_regular(const Launch& launch, const NetworkPair<float>& nets, const BothDifferenceRows& rows,
                      const WarpMemory<float>& memory) const {
    if (fused) return launch_fused_rows(launch, siren, nets, rows, memory);
    launch_difference_rows(launch, nets, rows, memory);
  }
  void launch_regular(const Launch& launch, const NetworkPair<double>& nets, const BothDifferenceRows& rows,
                      const WarpMemory<double>& memory) const {
    launch_difference_rows(launch, nets, rows, memory);
  }

  template <class T>
  void enqueue_network_rows(Passes<T>& passes, const DeviceRows& rows, const double* factors, double* gradient) {
    const NetworkPair<T> nets = passes.networks.views();
    if (launches[regular].warps > 0) {
      launch_regular({launches[regular].warps, stream}, nets, {{rows.regular[0], rows.regular[1]}},
                     passes.memory(launches[regular].workspace, squares_at(0), gradient != nullptr));
      add_side_sums(passes, regular, factors + kRegularGroup, gradient);
    }
    int set = 2;  // behind regular and irregular rows
    for (const Kind kind : {values, differences}) {
      const Launch launch{launches[kind].warps, stream};
      for (const PointSets& sets : launches_of(rows, kind)) {
        launch_point_rows(launch, nets, sets,
                          passes.memory(launches[kind].workspace, squares_at(set), gradient != nullptr));
        set += sets.count;
        if (gradient != nullptr) launch_sum_point_gradients(passes.sums(), launch, sets, count, factors, gradient);
      }
    }
  }

  void enqueue(const DeviceRows& rows, const double* parameters, const double* factors, double* squares,
               double* gradient) {
    reserve(rows);
    const Vec3<double> step = difference_step(rows);
    if (precision == Precision::float32) {
      single.networks.prepare(parameters, kSides, step, stream);
      enqueue_network_rows(single, rows, factors, gradient);
    }
    const KindLaunch& stencils = launches[irregular];
    if (precision == Precision::float64 || stencils.warps > 0) {
      twice.networks.prepare(parameters, kSides, step, stream);
    }
    if (precision == Precision::float64) enqueue_network_rows(twice, rows, factors, gradient);
    if (stencils.warps > 0) {
      launch_stencil_rows({stencils.warps, stream}, twice.networks.views(), rows.irregular,
                          {{entry_values[0].data(), entry_values[1].data()}},
                          twice.memory(stencils.workspace, squares_at(1), gradient != nullptr));
      add_side_sums(twice, irregular, factors + kIrregularGroup, gradient);
    }
    launch_sum_squares(parts.data(), layout, squares, stream);
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
