#include "core/launch.hpp"
#include "network/device_networks.hpp"

namespace nbm::cuda {
namespace {

constexpr int kThreads = 128;

// Numbers [count] in the precision of the kernels, and steps[side][neuron][2 * kDim] of their networks, each with
// `width` neurons in the first layer: a thread for each of both.
template <class T>
__global__ void __launch_bounds__(kThreads)
    prepare_kernel(const double* from, index_t count, T* to, NetworkPair<T> nets, int networks, int width, T* steps) {
  const index_t i = static_cast<index_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) to[i] = static_cast<T>(from[i]);
  if (i >= index_t{networks} * width) return;
  const int side = static_cast<int>(i / width), neuron = static_cast<int>(i % width);
  T weights[kDim];
  for (int k = 0; k < kDim; ++k) weights[k] = static_cast<T>(from[side * (count / networks) + neuron * kDim + k]);
  SirenView<T> alone = nets.side[side];
  alone.parameters = weights;
  first_layer_steps(alone, 0, steps + i * 2 * kDim);
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
  // A network has more parameters than neurons in its first layer.
  NBM_LAUNCH(prepare_kernel<T>, blocks_for(numbers), kThreads, 0, stream, parameters, numbers, parameters_.data(),
             views(), networks, siren_.hidden.front(), first_steps_.data());
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
