#include "training/device_loss.hpp"

#include <algorithm>
#include <utility>

#include "core/lanes.hpp"
#include "training/fused_rows.hpp"
#include "training/warps.hpp"

namespace nbm::cuda {
namespace {

constexpr std::size_t at(RowGroup group) { return static_cast<std::size_t>(group); }

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
  void reserve(unsigned warps, index_t workspace, int sides) {
    const index_t units = index_t{2} * warps;
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

struct GroupLaunch {
  unsigned warps = 0;  // 0: no rows
  index_t workspace = 0;
  int sides = 1;

  friend bool operator==(const GroupLaunch&, const GroupLaunch&) = default;
};

// What tells the launches for some rows from those for others: their shapes and the memory that they use.
struct LaunchSet {
  std::array<GroupLaunch, kRowGroups> launches{};
  std::array<const void*, 7> memory{};

  friend bool operator==(const LaunchSet&, const LaunchSet&) = default;
};

}  // namespace

Vec3<double> difference_step(const DeviceRows& rows) {
  for (const DeviceDifferenceRows& side : rows.regular) {
    if (side.most > 0) return side.step;
  }
  return rows.value_jump.most > 0 ? rows.value_jump.step : rows.flux_jump.step;
}

// Regular, boundary and jump rows run in the precision of the training, irregular rows and Jacobians in double.
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
  std::array<GroupLaunch, kRowGroups> launches{};
  LaunchSet reserved;  // by the last call of DeviceLoss::reserve
  SquareParts layout{};
  DeviceBuffer<double> parts, entry_values[kSides];

  template <class T>
  void plan(Passes<T>& passes, RowGroup group, index_t items, int columns, int sides) {
    GroupLaunch& launch = launches[at(group)];
    const bool in_registers = group == RowGroup::regular && fused;
    launch = {0, in_registers ? 0 : index_t{sides} * passes.networks.workspace(columns), sides};
    if (items == 0) return;
    // A warp of the fused kernel takes few points at a time; half as many of them fill the registers of the GPU.
    launch.warps = passes.warps(in_registers ? items * kLanes / kFusedPoints : items, launch.workspace, sides);
    if (in_registers) launch.warps = std::max<unsigned>(launch.warps / 2 / kBlockWarps, 1) * kBlockWarps;
    passes.reserve(launch.warps, launch.workspace, sides);
  }

  template <class T>
  void plan_network_rows(Passes<T>& passes, const DeviceRows& rows) {
    plan(passes, RowGroup::regular, std::max(rows.regular[0].most, rows.regular[1].most), kQuantities, 1);
    plan(passes, RowGroup::boundary, std::max(rows.boundary[0].most, rows.boundary[1].most), 1, 1);
    plan(passes, RowGroup::value_jump, std::max(rows.value_jump.most, rows.flux_jump.most), kQuantities, kSides);
    launches[at(RowGroup::flux_jump)] = launches[at(RowGroup::value_jump)];
  }

  void reserve(const DeviceRows& rows) {
    if (precision == Precision::float32)
      plan_network_rows(single, rows);
    else
      plan_network_rows(twice, rows);
    const index_t entries = rows.irregular.most > 0 ? rows.irregular.most_entries : 0;
    plan(twice, RowGroup::irregular, entries, 1, 1);
    for (auto& values : entry_values) values.resize(entries);
    // Squares of a launch lie together: those of both sides, or of the value jump and then the flux jump.
    layout.begin[0] = 0;
    for (std::size_t g = 0; g < kRowGroups; ++g) {
      const auto group = static_cast<RowGroup>(g);
      const index_t grids = group == RowGroup::regular || group == RowGroup::boundary ? 2 : 1;
      layout.begin[g + 1] = layout.begin[g] + grids * launches[g].warps;
    }
    parts.resize(layout.begin[kRowGroups]);
  }

  LaunchSet launch_set() const {
    return {launches,
            {single.workspace(), single.sums(), twice.workspace(), twice.sums(), parts.data(), entry_values[0].data(),
             entry_values[1].data()}};
  }

  double* squares_of(RowGroup group) { return parts.data() + layout.begin[at(group)]; }

  // Adds the sums of a launch over both sides, each of `warps` warps, to the gradient.
  template <class T>
  void add_side_sums(const Passes<T>& passes, RowGroup group, const double* factors, double* gradient) {
    if (gradient == nullptr) return;
    const index_t warps = launches[at(group)].warps;
    launch_sum_gradients(passes.sums(), warps, count, warps * count, count, factors + at(group), gradient, stream);
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
    const auto memory = [&](RowGroup group) {
      return passes.memory(launches[at(group)].workspace, squares_of(group), gradient != nullptr);
    };
    const auto launch = [&](RowGroup group) { return Launch{launches[at(group)].warps, stream}; };
    if (launches[at(RowGroup::regular)].warps > 0) {
      launch_regular(launch(RowGroup::regular), nets, {{rows.regular[0], rows.regular[1]}}, memory(RowGroup::regular));
      add_side_sums(passes, RowGroup::regular, factors, gradient);
    }
    if (launches[at(RowGroup::boundary)].warps > 0) {
      launch_value_rows(launch(RowGroup::boundary), nets, {{rows.boundary[0], rows.boundary[1]}},
                        memory(RowGroup::boundary));
      add_side_sums(passes, RowGroup::boundary, factors, gradient);
    }
    if (launches[at(RowGroup::value_jump)].warps > 0) {
      launch_jump_rows(launch(RowGroup::value_jump), nets, {{rows.value_jump, rows.flux_jump}},
                       memory(RowGroup::value_jump));
      const index_t warps = launches[at(RowGroup::value_jump)].warps;
      for (int condition = 0; condition < 2 && gradient != nullptr; ++condition) {
        const T* sums = passes.sums() + condition * warps * kSides * count;
        const RowGroup group = condition == 0 ? RowGroup::value_jump : RowGroup::flux_jump;
        launch_sum_gradients(sums, warps, index_t{kSides} * count, index_t{count}, count, factors + at(group), gradient,
                             stream);
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
    const GroupLaunch& irregular = launches[at(RowGroup::irregular)];
    if (precision == Precision::float64 || irregular.warps > 0) {
      twice.networks.prepare(parameters, kSides, step, stream);
    }
    if (precision == Precision::float64) enqueue_network_rows(twice, rows, factors, gradient);
    if (irregular.warps > 0) {
      launch_stencil_rows({irregular.warps, stream}, twice.networks.views(), rows.irregular,
                          {{entry_values[0].data(), entry_values[1].data()}},
                          twice.memory(irregular.workspace, squares_of(RowGroup::irregular), gradient != nullptr));
      add_side_sums(twice, RowGroup::irregular, factors, gradient);
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
