#include "core/launch.hpp"
#include "network/device_networks.hpp"

namespace nbm::cuda {
namespace {

constexpr int kThreads = 128;

template <class T>
__global__ void convert_kernel(const double* from, index_t count, T* to) {
  const index_t i = static_cast<index_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) to[i] = static_cast<T>(from[i]);
}

// steps[neuron][2 * kDim] of the network of this blockIdx.y.
template <class T>
__global__ void first_steps_kernel(NetworkPair<T> nets, int width, T* steps) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= width) return;
  const int side = static_cast<int>(blockIdx.y);
  first_layer_steps(nets.side[side], i, steps + (side * width + i) * 2 * kDim);
}

unsigned blocks_for(index_t count) { return static_cast<unsigned>((count + kThreads - 1) / kThreads); }

}  // namespace

template <class T>
DeviceNetworks<T>::DeviceNetworks(const Siren& siren, cudaStream_t stream)
    : siren_(siren), count_(static_cast<int>(siren.parameter_count())) {
  width_.upload(siren_.hidden, stream);
  parameters_.resize(kSides * count_);
  first_steps_.resize(kSides * siren_.hidden.front() * 2 * kDim);
}

template <class T>
void DeviceNetworks<T>::prepare(const double* parameters, int networks, Vec3<double> step, cudaStream_t stream) {
  step_ = step;
  const index_t numbers = index_t{networks} * count_;
  NBM_LAUNCH(convert_kernel<T>, blocks_for(numbers), kThreads, 0, stream, parameters, numbers, parameters_.data());
  const int width = siren_.hidden.front();
  const dim3 grid(blocks_for(width), static_cast<unsigned>(networks));
  NBM_LAUNCH(first_steps_kernel<T>, grid, kThreads, 0, stream, views(), width, first_steps_.data());
}

template <class T>
NetworkPair<T> DeviceNetworks<T>::views() const {
  NetworkPair<T> pair;
  for (int s = 0; s < kSides; ++s) {
    SirenView<T>& view = pair.side[s];
    view.parameters = parameters_.data() + s * count_;
    view.width = width_.data();
    view.depth = static_cast<int>(siren_.hidden.size());
    view.omega = static_cast<T>(siren_.omega);
    for (int k = 0; k < kDim; ++k) view.step[k] = static_cast<T>(step_[k]);
    view.first_steps = first_steps_.data() + s * siren_.hidden.front() * 2 * kDim;
  }
  return pair;
}

template <class T>
int DeviceNetworks<T>::workspace(int columns) const {
  return siren_workspace(siren_.hidden, static_cast<int>(siren_.hidden.size()), columns);
}

template class DeviceNetworks<float>;
template class DeviceNetworks<double>;

}  // namespace nbm::cuda
