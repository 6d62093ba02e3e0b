#pragma once
#include "core/device_buffer.hpp"
#include "nbm/network/expansion.hpp"

namespace nbm::cuda {

// An expansion on the current device; never changed.
class DeviceExpansion {
 public:
  DeviceExpansion(const Expansion& expansion, cudaStream_t stream);

  const ExpansionView& view() const { return view_; }

 private:
  DeviceBuffer<double> numbers_;  // of all pieces: what BasisView points to, and the coefficients
  DeviceBuffer<SourceGroup> groups_;
  DeviceBuffer<std::int16_t> labels_[kSides];
  DeviceBuffer<PieceView> pieces_;
  ExpansionView view_;
};

}  // namespace nbm::cuda
