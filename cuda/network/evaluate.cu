#include <algorithm>

#include "core/launch.hpp"
#include "core/stream.hpp"
#include "core/warp.hpp"
#include "network/cuda_network.hpp"
#include "network/device_networks.hpp"

namespace nbm::cuda {
namespace {

constexpr index_t kMostPoints = index_t{1} << 20;  // on the device at a time
constexpr unsigned kMostBlocks = 1024;
constexpr index_t kMostBytes = index_t{256} << 20;  // of the workspace

struct NoSink {
  template <class T>
  NBM_HD void add(int /*parameter*/, T /*derivative*/) const {}
};

template <class T>
__device__ inline LanePointer<T> own_workspace(T* workspace, int size) {
  return {workspace + warp_index() * size * kLanes + lane_index()};
}

// One hidden layer: neuron after neuron, with nothing kept in memory.
template <class T>
__global__ void __launch_bounds__(kBlockThreads)
    shallow_values_kernel(SirenView<T> net, PointsView points, double* values) {
  const int width = net.width[0];
  const T* const out = net.parameters + net.layer_size(0);
  for (index_t i = warp_index() * kLanes + lane_index(); i < points.size; i += warp_count() * kLanes) {
    const T x[kDim] = {static_cast<T>(points.x[i]), static_cast<T>(points.y[i]), static_cast<T>(points.z[i])};
    T sum = out[width];
    for (int n = 0; n < width; ++n) sum += out[n] * sine_of(detail::first_preactivation(net, n, x));
    values[i] = static_cast<double>(sum);
  }
}

template <class T>
__global__ void __launch_bounds__(kBlockThreads)
    values_kernel(SirenView<T> net, PointsView points, double* values, T* workspace, int size) {
  const LanePointer<T> own = own_workspace(workspace, size);
  for (index_t i = warp_index() * kLanes + lane_index(); i < points.size; i += warp_count() * kLanes) {
    const T x[kDim][1] = {{static_cast<T>(points.x[i])}, {static_cast<T>(points.y[i])}, {static_cast<T>(points.z[i])}};
    T u[1];
    siren_evaluate<1>(net, x, own, u);
    values[i] = static_cast<double>(u[0]);
  }
}

struct GradientArrays {
  double* axis[kDim];
};

template <class T>
__global__ void __launch_bounds__(kBlockThreads) gradient_kernel(SirenView<T> net, PointsView points, double* values,
                                                                 GradientArrays gradient, T* workspace, int size) {
  const LanePointer<T> own = own_workspace(workspace, size);
  for (index_t i = warp_index() * kLanes + lane_index(); i < points.size; i += warp_count() * kLanes) {
    const T x[kDim][1] = {{static_cast<T>(points.x[i])}, {static_cast<T>(points.y[i])}, {static_cast<T>(points.z[i])}};
    const T seed[1] = {T(1)};
    T u[1], slope[kDim];
    siren_values<1>(net, x, own, u);
    NoSink sink;
    siren_values_adjoint<1>(net, x, own, seed, sink, slope);
    values[i] = static_cast<double>(u[0]);
    for (int k = 0; k < kDim; ++k) gradient.axis[k][i] = static_cast<double>(slope[k]);
  }
}

template <class T>
class Evaluation {
 public:
  Evaluation(const Siren& siren, std::span<const double> parameters, bool gradient)
      : shallow_(siren.hidden.size() == 1 && !gradient), networks_(siren, stream_) {
    DeviceBuffer<double> uploaded;
    uploaded.upload(parameters, stream_);
    networks_.prepare(uploaded.data(), 1, {}, stream_);
    stream_.wait();
    size_ = networks_.workspace(1);
  }

  void run(PointsView points, double* values, const std::array<std::span<double>, kDim>* gradient) {
    for (index_t first = 0; first < points.size; first += kMostPoints) {
      run_part(points.slice(first, std::min(kMostPoints, points.size - first)), first, values, gradient);
    }
  }

 private:
  void run_part(PointsView points, index_t first, double* values, const std::array<std::span<double>, kDim>* gradient) {
    const auto count = static_cast<std::size_t>(points.size);
    x_[0].upload({points.x, count}, stream_);
    x_[1].upload({points.y, count}, stream_);
    x_[2].upload({points.z, count}, stream_);
    u_.resize(points.size);
    const index_t block_bytes = static_cast<index_t>(sizeof(T)) * kBlockThreads * size_;
    const index_t room = shallow_ ? kMostBlocks : std::max<index_t>(1, kMostBytes / block_bytes);
    const auto blocks = static_cast<unsigned>(
        std::min({index_t{kMostBlocks}, room, (points.size + kBlockThreads - 1) / kBlockThreads}));
    const SirenView<T> net = networks_.views().side[0];
    const PointsView on_device{x_[0].data(), x_[1].data(), x_[2].data(), points.size};
    if (!shallow_) workspace_.resize(index_t{blocks} * kBlockThreads * size_);
    if (gradient != nullptr) {
      GradientArrays arrays{};
      for (int k = 0; k < kDim; ++k) arrays.axis[k] = slope_[k].resize(points.size);
      NBM_LAUNCH(gradient_kernel<T>, blocks, kBlockThreads, 0, stream_, net, on_device, u_.data(), arrays,
                 workspace_.data(), size_);
      for (std::size_t k = 0; k < kDim; ++k) {
        slope_[k].download((*gradient)[k].subspan(static_cast<std::size_t>(first), count), stream_);
      }
    } else if (shallow_) {
      NBM_LAUNCH(shallow_values_kernel<T>, blocks, kBlockThreads, 0, stream_, net, on_device, u_.data());
    } else {
      NBM_LAUNCH(values_kernel<T>, blocks, kBlockThreads, 0, stream_, net, on_device, u_.data(), workspace_.data(),
                 size_);
    }
    u_.download({values + first, count}, stream_);
    stream_.wait();
  }

  bool shallow_;
  Stream stream_;
  DeviceNetworks<T> networks_;
  int size_ = 0;
  DeviceBuffer<double> x_[kDim], u_, slope_[kDim];
  DeviceBuffer<T> workspace_;
};

}  // namespace

void evaluate_network(const Siren& siren, std::span<const double> parameters, PointsView points, double* values,
                      const std::array<std::span<double>, kDim>* gradient, Precision precision, int device) {
  const DeviceGuard guard(device);
  if (precision == Precision::float32) {
    Evaluation<float>(siren, parameters, gradient != nullptr).run(points, values, gradient);
  } else {
    Evaluation<double>(siren, parameters, gradient != nullptr).run(points, values, gradient);
  }
}

}  // namespace nbm::cuda
