#pragma once
#include "core/device_buffer.hpp"
#include "nbm/network/siren.hpp"
#include "nbm/network/siren_point.hpp"

namespace nbm::cuda {

// Both networks as a kernel takes them; all pointers are to device memory.
template <class T>
struct NetworkPair {
  SirenView<T> side[kSides];
};

// The parameters of networks of one shape on the device, in the precision of the kernels, with the constants of the
// difference form.
template <class T>
class DeviceNetworks {
 public:
  DeviceNetworks(const Siren& siren, cudaStream_t stream);

  // From the parameters of `networks` networks, double precision in device memory.
  void prepare(const double* parameters, int networks, Vec3<double> step, cudaStream_t stream);
  NetworkPair<T> views() const;
  // Numbers that a pass over `columns` columns needs for each point.
  int workspace(int columns) const;
  int parameter_count() const { return count_; }

 private:
  Siren siren_;
  int count_;
  Vec3<double> step_{};
  DeviceBuffer<int> width_;
  DeviceBuffer<T> parameters_, first_steps_;
};

}  // namespace nbm::cuda
