#include "core/stream.hpp"
#include "nbm/core/backend.hpp"
#include "training/cuda_training.hpp"
#include "training/device_adam.hpp"
#include "training/device_least_squares.hpp"
#include "training/device_loss.hpp"
#include "training/row_maker.hpp"
#include "training/row_tasks.hpp"

namespace nbm::cuda {
namespace {

// Training on one GPU: rows are made and stay there; parameters go in, sums and derivatives come out.
class CudaBackend final : public TrainingBackend {
 public:
  CudaBackend(const Problem& problem, const TrainingOptions& options, int device, int rank, int ranks)
      : CudaBackend(DeviceGuard(device), problem, options, device, rank, ranks) {}
  ~CudaBackend() override { device_.enter(); }

  void assemble(index_t draw, Vec3<double> cell_size) override {
    const DeviceGuard guard(device_);
    rows_ = &maker_.assemble(draw, cell_size);
    counts_ = maker_.counts();
  }

  void use_groups(const PerGroup<bool>& used) override { maker_.use_groups(used); }

  PerGroup<double> row_counts() const override {
    return rows_ == nullptr ? PerGroup<double>{} : counts_.by_group(*rows_);
  }

  GroupSums loss_sums(std::span<const double> parameters) override { return run(parameters, {}, {}); }

  GroupSums add_loss_gradient(std::span<const double> parameters, const PerGroup<double>& factors,
                              std::span<double> gradient) override {
    check_parameters(siren_, gradient);
    return run(parameters, factors, gradient);
  }

  GroupSums linearize(std::span<const double> parameters, const PerGroup<double>& factors, LinearSystem system,
                      std::span<double> gradient) override {
    const DeviceGuard guard(device_);
    check_parameters(siren_, parameters);
    if (!least_squares_) least_squares_ = std::make_unique<DeviceLeastSquares>(siren_, stream_);
    parameters_.upload(parameters, stream_);
    GroupSums sums;
    sums.rows = row_counts();
    sums.squares = least_squares_->linearize(*rows_, counts_, parameters_.data(), factors, system, gradient);
    return sums;
  }
  void append_normal_equations(std::vector<double>& message) const override {
    const DeviceGuard guard(device_);
    least_squares_->append_normal_equations(message);
  }
  void take_normal_equations(std::span<const double> message) override {
    const DeviceGuard guard(device_);
    least_squares_->take_normal_equations(message);
  }
  bool solve_damped(double damping, std::span<double> step) override {
    const DeviceGuard guard(device_);
    return least_squares_->solve_damped(damping, step);
  }

  bool try_damped(double damping, std::span<const double> parameters, std::span<double> candidate,
                  GroupSums& sums) override {
    const DeviceGuard guard(device_);
    parameters_.upload(parameters, stream_);
    const auto count = static_cast<index_t>(candidate.size());
    outcome_.resize(1 + count + kMostGroups);
    double* const place = outcome_.data() + 1;
    least_squares_->enqueue_damped(damping, parameters_.data(), outcome_.data());
    loss_.enqueue(*rows_, place, no_factors(), place + count, nullptr);
    host_.resize(static_cast<std::size_t>(outcome_.size()));
    outcome_.download(host_, stream_);
    stream_.wait();
    std::copy_n(host_.begin() + 1, count, candidate.begin());
    std::copy_n(host_.begin() + 1 + count, kMostGroups, sums.squares.begin());
    sums.rows = row_counts();
    return host_.front() == 0;
  }
  bool gains_side_by_side() const override { return maker_.on_device(); }

  std::unique_ptr<ResidentAdam> resident_adam(const AdamOptions& options) override {
    const DeviceGuard guard(device_);
    return std::make_unique<DeviceAdam>(options, replay_steps_, 2 * siren_.parameter_count(), group_names_, maker_,
                                        loss_, stream_, device_);
  }

 private:
  // The device is current while the members are made.
  CudaBackend(const DeviceGuard& /*current*/, const Problem& problem, const TrainingOptions& options, int device,
              int rank, int ranks)
      : device_(device),
        siren_(options.network),
        group_names_(options.group_names()),
        replay_steps_(options.replay_steps),
        maker_(problem, options, rank, ranks, stream_),
        loss_(siren_, options.precision, stream_) {}

  // For a loss without derivatives.
  const double* no_factors() {
    if (no_factors_.size() == 0) {
      no_factors_.resize(kMostGroups);
      no_factors_.zero(stream_);
    }
    return no_factors_.data();
  }

  // With an empty gradient the residuals only.
  GroupSums run(std::span<const double> parameters, const PerGroup<double>& factors, std::span<double> gradient) {
    const DeviceGuard guard(device_);
    check_parameters(siren_, parameters);
    parameters_.upload(parameters, stream_);
    factors_.upload(factors, stream_);
    squares_.resize(kMostGroups);
    if (!gradient.empty()) gradient_.resize(static_cast<index_t>(gradient.size()));
    loss_.enqueue(*rows_, parameters_.data(), factors_.data(), squares_.data(),
                  gradient.empty() ? nullptr : gradient_.data());
    add_from(gradient_, gradient);
    return sums();
  }

  void add_from(const DeviceBuffer<double>& from, std::span<double> to) {
    host_.resize(to.size());
    from.download(host_, stream_);
    stream_.wait();
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += host_[i];
  }

  GroupSums sums() {
    GroupSums sums;
    sums.rows = row_counts();
    squares_.download(sums.squares, stream_);
    stream_.wait();
    return sums;
  }

  DeviceAtEnd device_;
  Siren siren_;
  std::vector<std::string> group_names_;
  bool replay_steps_;
  Stream stream_{Urgency::urgent};  // the steps; the rows of the next draws wait where both could run
  DeviceRowMaker maker_;
  DeviceLoss loss_;
  const DeviceRows* rows_ = nullptr;
  DeviceRowCounts counts_;
  std::unique_ptr<DeviceLeastSquares> least_squares_;  // from the first Gauss-Newton step on
  DeviceBuffer<double> parameters_, factors_, gradient_, squares_, no_factors_;
  DeviceBuffer<double> outcome_;  // of a trial: whether it failed, candidate, squares
  std::vector<double> host_;
};

}  // namespace

std::unique_ptr<TrainingBackend> make_training_backend(const Problem& problem, const TrainingOptions& options,
                                                       int device, int rank, int ranks) {
  require_device(device);
  return std::make_unique<CudaBackend>(problem, options, device, rank, ranks);
}

}  // namespace nbm::cuda
