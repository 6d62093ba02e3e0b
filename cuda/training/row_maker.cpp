#include "training/row_maker.hpp"

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

// Draws and rows made by kernels.
class OnDevice {
 public:
  OnDevice(const Problem& problem, const TrainingOptions& options, int rank, int ranks, ThreadPool& pool,
           cudaStream_t stream)
      : options_(options),
        rank_(rank),
        ranks_(ranks),
        pool_(pool),
        stream_(stream),
        box_(problem.box),
        sampler_(host_sampler(problem, options, pool)),
        problem_(problem, stream),
        points_(problem_, sampler_ ? &*sampler_ : nullptr, stream),
        rows_(problem, problem_, options.values()),
        observations_(observation_rows(problem, options), rank, ranks) {
    used_.fill(true);
  }

  void use_groups(const PerGroup<bool>& used) { used_ = used; }

  bool prepare(index_t draw, Vec3<double> cell_size) {
    validate_cell_size(cell_size, box_);
    bool changed = points_.prepare(state_of(draw, cell_size), stream_);
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

 private:
  // The CPU's sampler has the triangles of the interface and knows how many candidates a draw needs.
  static std::optional<Sampler> host_sampler(const Problem& problem, const TrainingOptions& options, ThreadPool& pool) {
    if (options.sampling.mode == SamplingOptions::Mode::fresh) {
      return std::optional<Sampler>(std::in_place, problem, options.sampling.counts, options.seed, pool,
                                    options.sampling.shares);
    }
    static_cast<void>(GridBatches(problem, options.sampling.grid_nodes, options.seed, options.sampling.batch));
    return {};
  }

  PointCounts point_counts() {
    PointCounts counts;
    check(cudaMemcpyAsync(&counts, points_.counts(), sizeof counts, cudaMemcpyDeviceToHost, stream_),
          "a copy from the GPU");
    problem_.check(stream_);
    return counts;
  }

  DrawState state_of(index_t draw, Vec3<double> cell_size) {
    if (sampler_) {
      const bool by_side = options_.discretization == Discretization::direct_jump;
      DrawState state = fresh_draw(*sampler_, options_.seed, by_side, draw, cell_size, pool_, rank_, ranks_);
      leave_out(state);
      return state;
    }
    return grid_draw(options_.sampling.grid_nodes, options_.sampling.batch, options_.seed, draw, cell_size, rank_,
                     ranks_);
  }

  // No candidates for groups that are not used.
  void leave_out(DrawState& state) const {
    const auto part = [&](CandidatePart of, bool used) {
      if (!used) state.count[static_cast<int>(of)] = 0;
    };
    part(CandidatePart::regular, used_[kRegularGroup]);
    part(CandidatePart::irregular, used_[kIrregularGroup]);
    part(CandidatePart::boundary, used_[kBoundaryGroup]);
    part(CandidatePart::interface, used_[kValueJumpGroup] || used_[kFluxJumpGroup]);
  }

  TrainingOptions options_;
  int rank_, ranks_;
  ThreadPool& pool_;
  cudaStream_t stream_;
  Box box_;
  std::optional<Sampler> sampler_;
  DeviceProblem problem_;
  DeviceSampler points_;
  RowAssembly rows_;
  DeviceObservations observations_;
  DeviceRows all_;  // of both
  PerGroup<bool> used_;
  bool sampled_ = false;  // by prepare()
};

// Draws and rows made by the CPU and copied.
class OnHost {
 public:
  OnHost(const Problem& problem, const TrainingOptions& options, int rank, int ranks, ThreadPool& pool,
         cudaStream_t stream)
      : stream_(stream), maker_(problem, options, rank, ranks, pool) {}

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

 private:
  cudaStream_t stream_;
  HostRowMaker maker_;
  RowSet rows_;
  UploadedRows copy_;
};

}  // namespace

struct DeviceRowMaker::State {
  ThreadPool pool;
  std::optional<OnDevice> device;
  std::optional<OnHost> host;
  index_t draw = -1;  // prepared; -1: none
  Vec3<double> cell_size{};

  explicit State(int threads) : pool(threads) {}

  template <class Use>
  auto either(Use use) {
    return device ? use(*device) : use(*host);
  }
};

DeviceRowMaker::DeviceRowMaker(const Problem& problem, const TrainingOptions& options, int rank, int ranks,
                               cudaStream_t stream)
    : state_(std::make_unique<State>(options.threads)) {
  if (device_capable(problem)) {
    state_->device.emplace(problem, options, rank, ranks, state_->pool, stream);
  } else {
    state_->host.emplace(problem, options, rank, ranks, state_->pool, stream);
  }
}

DeviceRowMaker::~DeviceRowMaker() = default;

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

bool DeviceRowMaker::on_device() const { return state_->device.has_value(); }

}  // namespace nbm::cuda
