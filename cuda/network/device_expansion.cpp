#include "network/device_expansion.hpp"

#include <vector>

#include "network/basis_view.hpp"

namespace nbm::cuda {
namespace {

// Arrays side by side on the host and, at the same places, on the device.
template <class T>
class Packed {
 public:
  explicit Packed(DeviceBuffer<T>& memory) : memory_(memory) {}

  // Of an array that is to be put: where it will lie once the sizes of all are known.
  void count(index_t size) { total_ += size; }
  void make_room() {
    memory_.resize(total_);
    host_.reserve(static_cast<std::size_t>(total_));
  }
  const T* put(const T* from, index_t size) {
    const T* const place = memory_.data() + host_.size();
    host_.insert(host_.end(), from, from + size);
    return place;
  }
  void upload(cudaStream_t stream) { memory_.upload(host_, stream); }

 private:
  DeviceBuffer<T>& memory_;
  std::vector<T> host_;
  index_t total_ = 0;
};

constexpr index_t kNumbersOfSine = kDim + 1, kNumbersOfSource = 2 * kDim + 1;

}  // namespace

DeviceExpansion::DeviceExpansion(const Expansion& expansion, cudaStream_t stream) {
  const std::vector<PreparedBasis> prepared(expansion.pieces().begin(), expansion.pieces().end());
  Packed<double> numbers(numbers_);
  Packed<SourceGroup> groups(groups_);
  for (const PreparedBasis& basis : prepared) {
    const BasisView& host = basis.view();
    numbers.count(kNumbersOfSine * host.sines + kNumbersOfSource * host.sources);
    groups.count(host.groups);
  }
  numbers.count(static_cast<index_t>(expansion.coefficients().size()));
  numbers.make_room();
  groups.make_room();

  std::vector<PieceView> pieces;
  for (const PreparedBasis& basis : prepared) {
    const BasisView& host = basis.view();
    const auto coefficients = expansion.coefficients(static_cast<index_t>(pieces.size()));
    PieceView piece{host, numbers.put(coefficients.data(), static_cast<index_t>(coefficients.size()))};
    for (int k = 0; k < kDim; ++k) {
      piece.basis.wave[k] = numbers.put(host.wave[k], host.sines);
      piece.basis.at[k] = numbers.put(host.at[k], host.sources);
      piece.basis.mirrored[k] = numbers.put(host.mirrored[k], host.sources);
    }
    piece.basis.phase = numbers.put(host.phase, host.sines);
    piece.basis.reach = numbers.put(host.reach, host.sources);
    piece.basis.group = groups.put(host.group, host.groups);
    pieces.push_back(piece);
  }
  numbers.upload(stream);
  groups.upload(stream);
  pieces_.upload(pieces, stream);
  view_ = expansion.view(pieces_.data());
  for (std::size_t s = 0; s < kSides; ++s) {
    labels_[s].upload(expansion.labels().label[s], stream);
    if (view_.label[s] != nullptr) view_.label[s] = labels_[s].data();
  }
  check(cudaStreamSynchronize(stream), "the copy of an expansion to the GPU");
}

}  // namespace nbm::cuda
