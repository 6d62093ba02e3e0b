#include "training/row_maker.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "nbm/sampling/grid_batches.hpp"
#include "nbm/sampling/resolution.hpp"
#include "problem/device_problem.hpp"
#include "rows/device_observations.hpp"
#include "rows/row_assembly.hpp"
#include "rows/uploaded_rows.hpp"
#include "sampling/device_sampler.hpp"
#include "training/host_rows.hpp"

namespace nbm::cuda {
namespace {

// As long as irregular rows at all candidates stay below this, the host need not know how many there are.
constexpr index_t kMostGuessedBytes = index_t{96} << 20;

static_assert(sizeof(PointCounts) == kPointClasses * sizeof(index_t), "counts by PointClass");

PointCounts most_of(const DeviceSampler& points) {
  PointCounts most;
  most.regular[0] = points.most(PointClass::regular_minus);
  most.regular[1] = points.most(PointClass::regular_plus);
  most.irregular = points.most(PointClass::irregular);
  most.boundary[0] = points.most(PointClass::boundary_minus);
  most.boundary[1] = points.most(PointClass::boundary_plus);
  most.interface = points.most(PointClass::interface);
  return most;
}

index_t with_slack(index_t count) { return count + count / 8; }

// Some more than there are now, so that later draws fit.
PointCounts with_slack(PointCounts counts) {
  for (int side = 0; side < kSides; ++side) {
    counts.regular[side] = with_slack(counts.regular[side]);
    counts.boundary[side] = with_slack(counts.boundary[side]);
  }
  counts.irregular = with_slack(counts.irregular);
  counts.interface = with_slack(counts.interface);
  return counts;
}

// What the makers of the same draws have in common.
struct Draws {
  Draws(const Problem& p, const TrainingOptions& o, int r, int rs)
      : problem(p), options(o), rank(r), ranks(rs), pool(o.threads), sampler(host_sampler()) {
    used.fill(true);
  }

  Problem problem;
  TrainingOptions options;
  int rank, ranks;
  ThreadPool pool;
  // The CPU's has the triangles of the interface and knows how many candidates a draw needs; none for grids.
  std::optional<Sampler> sampler;
  PerGroup<bool> used;
  CandidateRoom room{};  // the most of each part so far

  DrawState state_of(index_t draw, Vec3<double> cell_size) {
    if (!sampler) {
      return grid_draw(options.sampling.grid_nodes, options.sampling.batch, options.seed, draw, cell_size, rank, ranks);
    }
    const bool by_side = options.discretization == Discretization::direct_jump;
    DrawState state = fresh_draw(*sampler, options.seed, by_side, draw, cell_size, pool, rank, ranks);
    leave_out(state);
    return state;
  }

 private:
  std::optional<Sampler> host_sampler() {
    if (options.sampling.mode == SamplingOptions::Mode::fresh) {
      return std::optional<Sampler>(std::in_place, problem, options.sampling.counts, options.seed, pool,
                                    options.sampling.shares);
    }
    static_cast<void>(GridBatches(problem, options.sampling.grid_nodes, options.seed, options.sampling.batch));
    return {};
  }

  // No candidates for groups that are not used.
  void leave_out(DrawState& state) const {
    const auto part = [&](CandidatePart of, bool is_used) {
      if (!is_used) state.count[static_cast<int>(of)] = 0;
    };
    part(CandidatePart::regular, used[kRegularGroup]);
    part(CandidatePart::irregular, used[kIrregularGroup]);
    part(CandidatePart::boundary, used[kBoundaryGroup]);
    part(CandidatePart::interface, used[kValueJumpGroup] || used[kFluxJumpGroup]);
  }
};

// Draws and rows made by kernels.
class OnDevice {
 public:
  OnDevice(const Problem& problem, const TrainingOptions& options, int rank, int ranks, cudaStream_t stream)
      : draws_(std::make_shared<Draws>(problem, options, rank, ranks)),
        stream_(stream),
        problem_(problem, stream),
        points_(problem_, sampler(), stream),
        rows_(problem, problem_, options.values()),
        observations_(observation_rows(problem, options), rank, ranks) {}
  // Another maker of the same draws.
  OnDevice(const OnDevice& same, cudaStream_t stream)
      : draws_(same.draws_),
        stream_(stream),
        problem_(same.problem_, stream),
        points_(problem_, sampler(), stream),
        rows_(draws_->problem, problem_, draws_->options.values()),
        observations_(observation_rows(draws_->problem, draws_->options), draws_->rank, draws_->ranks) {}

  void use_groups(const PerGroup<bool>& used) { draws_->used = used; }
  // Whether the groups are those of the last prepare().
  bool has_groups() const { return used_ == draws_->used; }
  bool sampled() const { return sampled_; }
  cudaStream_t stream() const { return stream_; }

  bool prepare(index_t draw, Vec3<double> cell_size) {
    validate_cell_size(cell_size, draws_->problem.box);
    used_ = draws_->used;
    const DrawState state = draws_->state_of(draw, cell_size);
    for (std::size_t part = 0; part < kCandidateParts; ++part) {
      draws_->room[part] = std::max(draws_->room[part], state.count[part]);
    }
    bool changed = points_.prepare(state, stream_, draws_->room);
    PointCounts most = most_of(points_);
    sampled_ = most.irregular * RowAssembly::kIrregularRowBytes > kMostGuessedBytes;
    if (sampled_) {
      points_.enqueue(stream_);
      most = with_slack(point_counts());
    }
    changed = rows_.prepare(most, points_, cell_size) || changed;
    changed = observations_.prepare(draw, cell_size, used_, stream_) || changed;
    all_ = rows_.rows();
    all_.points.insert(all_.points.end(), observations_.sets().begin(), observations_.sets().end());
    return changed;
  }
  const DeviceRows& enqueue() {
    if (!sampled_) points_.enqueue(stream_);
    rows_.enqueue(points_, stream_);
    return all_;
  }
  DeviceRowCounts counts() {
    DeviceRowCounts counts = RowAssembly::counts_of(point_counts());
    counts.points.insert(counts.points.end(), observations_.counts().begin(), observations_.counts().end());
    return counts;
  }
  const DeviceRows& rows() const { return all_; }
  const FieldFault* fault() const { return problem_.fault(); }
  void check_fault() { problem_.check(stream_); }

 private:
  const Sampler* sampler() const { return draws_->sampler ? &*draws_->sampler : nullptr; }

  PointCounts point_counts() {
    PointCounts counts;
    check(cudaMemcpyAsync(&counts, points_.counts(), sizeof counts, cudaMemcpyDeviceToHost, stream_),
          "a copy from the GPU");
    problem_.check(stream_);
    return counts;
  }

  std::shared_ptr<Draws> draws_;
  cudaStream_t stream_;
  DeviceProblem problem_;
  DeviceSampler points_;
  RowAssembly rows_;
  DeviceObservations observations_;
  DeviceRows all_;         // of both
  PerGroup<bool> used_{};  // by prepare()
  bool sampled_ = false;   // by prepare()
};

// Draws and rows made by the CPU and copied.
class OnHost {
 public:
  OnHost(const Problem& problem, const TrainingOptions& options, int rank, int ranks, cudaStream_t stream)
      : pool_(options.threads), stream_(stream), maker_(problem, options, rank, ranks, pool_) {}

  bool prepare(index_t draw, Vec3<double> cell_size) {
    maker_.assemble(draw, cell_size, rows_);
    copy_.upload(rows_, stream_);
    return true;
  }
  void use_groups(const PerGroup<bool>& used) { maker_.use_groups(used); }
  const DeviceRows& enqueue() const { return copy_.rows(); }
  const DeviceRowCounts& counts() const { return copy_.counts(); }
  const DeviceRows& rows() const { return copy_.rows(); }
  const FieldFault* fault() const { return nullptr; }
  void check_fault() const {}

 private:
  ThreadPool pool_;
  cudaStream_t stream_;
  HostRowMaker maker_;
  RowSet rows_;
  UploadedRows copy_;
};

}  // namespace

struct DeviceRowMaker::State {
  std::optional<OnDevice> device;
  std::optional<OnHost> host;
  index_t draw = -1;  // prepared; -1: none
  Vec3<double> cell_size{};

  template <class Use>
  auto either(Use use) {
    return device ? use(*device) : use(*host);
  }
};

DeviceRowMaker::DeviceRowMaker(const Problem& problem, const TrainingOptions& options, int rank, int ranks,
                               cudaStream_t stream)
    : state_(std::make_unique<State>()) {
  if (device_capable(problem)) {
    state_->device.emplace(problem, options, rank, ranks, stream);
  } else {
    state_->host.emplace(problem, options, rank, ranks, stream);
  }
}

DeviceRowMaker::DeviceRowMaker(std::unique_ptr<State> state) : state_(std::move(state)) {}

DeviceRowMaker::~DeviceRowMaker() = default;

std::unique_ptr<DeviceRowMaker> DeviceRowMaker::beside(cudaStream_t stream) const {
  if (!state_->device) return nullptr;
  check(cudaStreamSynchronize(state_->device->stream()), "work on the GPU");  // fields and triangles may be on the way
  auto state = std::make_unique<State>();
  state->device.emplace(*state_->device, stream);
  return std::unique_ptr<DeviceRowMaker>(new DeviceRowMaker(std::move(state)));
}

const DeviceRows& DeviceRowMaker::assemble(index_t draw, Vec3<double> cell_size) {
  prepare(draw, cell_size);
  return enqueue();
}

bool DeviceRowMaker::prepare(index_t draw, Vec3<double> cell_size) {
  state_->draw = -1;
  const bool moved = state_->either([&](auto& rows) { return rows.prepare(draw, cell_size); });
  state_->draw = draw;
  state_->cell_size = cell_size;
  return moved;
}

const DeviceRows& DeviceRowMaker::enqueue() {
  return state_->device ? state_->device->enqueue() : state_->host->enqueue();
}

void DeviceRowMaker::use_groups(const PerGroup<bool>& used) {
  state_->draw = -1;
  if (state_->device) {
    state_->device->use_groups(used);
  } else {
    state_->host->use_groups(used);
  }
}

bool DeviceRowMaker::holds(index_t draw, Vec3<double> cell_size) const {
  if (state_->device && !state_->device->has_groups()) return false;
  return draw == state_->draw && cell_size == state_->cell_size;
}

const DeviceRows& DeviceRowMaker::rows() const {
  return state_->device ? state_->device->rows() : state_->host->rows();
}

DeviceRowCounts DeviceRowMaker::counts() {
  const index_t draw = std::exchange(state_->draw, -1);
  const DeviceRowCounts counts = state_->either([](auto& rows) { return rows.counts(); });
  state_->draw = draw;
  return counts;
}

const FieldFault* DeviceRowMaker::fault() const {
  return state_->either([](auto& rows) { return rows.fault(); });
}

void DeviceRowMaker::clear_fault() {
  const index_t draw = std::exchange(state_->draw, -1);
  try {
    state_->either([](auto& rows) { rows.check_fault(); });
    state_->draw = draw;
  } catch (const InvalidField&) {
  }
}

bool DeviceRowMaker::waits() const { return !state_->device || state_->device->sampled(); }

bool DeviceRowMaker::on_device() const { return state_->device.has_value(); }

}  // namespace nbm::cuda
