#include "core/stream.hpp"
#include "nbm/core/backend.hpp"
#include "training/cuda_training.hpp"
#include "training/device_adam.hpp"
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
  ~CudaBackend() override { static_cast<void>(cudaSetDevice(device_)); }  // whose memory the members give back

  void assemble(index_t draw, Vec3<double> cell_size) override {
    const DeviceGuard guard(device_);
    rows_ = &maker_.assemble(draw, cell_size);
    counts_ = maker_.counts();
  }

  PerGroup<double> row_counts() const override {
    const auto sum = [](const index_t(&sides)[kSides]) { return static_cast<double>(sides[0] + sides[1]); };
    const auto jump = static_cast<double>(counts_.jump);
    return {sum(counts_.regular), static_cast<double>(counts_.irregular), sum(counts_.boundary), jump, jump};
  }

  GroupSums loss_sums(std::span<const double> parameters) override { return run(parameters, {}, {}); }

  GroupSums add_loss_gradient(std::span<const double> parameters, const PerGroup<double>& factors,
                              std::span<double> gradient) override {
    check_parameters(siren_, gradient);
    return run(parameters, factors, gradient);
  }

  GroupSums add_normal_equations(std::span<const double> parameters, const PerGroup<double>& factors,
                                 std::span<double> matrix, std::span<double> vector) override {
    const DeviceGuard guard(device_);
    check_parameters(siren_, parameters);
    parameters_.upload(parameters, stream_);
    const auto n = static_cast<index_t>(vector.size());
    for (DeviceBuffer<double>* buffer : {&matrix_, &vector_, &squares_}) {
      buffer->resize(buffer == &matrix_ ? n * n : buffer == &vector_ ? n : kRowGroups);
      buffer->zero(stream_);
    }
    loss_.add_normal_equations(*rows_, counts_, parameters_.data(), factors, matrix_.data(), vector_.data(),
                               squares_.data());
    add_from(matrix_, matrix);
    add_from(vector_, vector);
    return sums();
  }

  bool solve_damped(std::span<const double> matrix, std::span<const double> vector, double damping,
                    std::span<double> solution) override {
    const DeviceGuard guard(device_);
    matrix_.upload(matrix, stream_);
    vector_.upload(vector, stream_);
    const auto n = static_cast<index_t>(vector.size());
    solution_.resize(n);
    if (!loss_.solve_damped(matrix_.data(), vector_.data(), damping, solution_.data(), n)) return false;
    solution_.download(solution, stream_);
    stream_.wait();
    return true;
  }

  std::unique_ptr<ResidentAdam> resident_adam(const AdamOptions& options) override {
    const DeviceGuard guard(device_);
    return std::make_unique<DeviceAdam>(options, replay_steps_, 2 * siren_.parameter_count(), maker_, loss_, stream_,
                                        device_);
  }

 private:
  // The device is current while the members are made.
  CudaBackend(const DeviceGuard& /*current*/, const Problem& problem, const TrainingOptions& options, int device,
              int rank, int ranks)
      : siren_(options.network),
        replay_steps_(options.replay_steps),
        device_(device),
        maker_(problem, options, rank, ranks, stream_),
        loss_(siren_, options.precision, stream_) {}

  // With an empty gradient the residuals only.
  GroupSums run(std::span<const double> parameters, const PerGroup<double>& factors, std::span<double> gradient) {
    const DeviceGuard guard(device_);
    check_parameters(siren_, parameters);
    parameters_.upload(parameters, stream_);
    factors_.upload(factors, stream_);
    squares_.resize(kRowGroups);
    if (!gradient.empty()) {
      gradient_.resize(static_cast<index_t>(gradient.size()));
      gradient_.zero(stream_);
    }
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

  Siren siren_;
  bool replay_steps_;
  int device_;
  Stream stream_;
  DeviceRowMaker maker_;
  DeviceLoss loss_;
  const DeviceRows* rows_ = nullptr;
  DeviceRowCounts counts_;
  DeviceBuffer<double> parameters_, factors_, gradient_, squares_, matrix_, vector_, solution_;
  std::vector<double> host_;
};

}  // namespace

std::unique_ptr<TrainingBackend> make_training_backend(const Problem& problem, const TrainingOptions& options,
                                                       int device, int rank, int ranks) {
  require_device(device);
  return std::make_unique<CudaBackend>(problem, options, device, rank, ranks);
}

}  // namespace nbm::cuda
