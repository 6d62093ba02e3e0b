#include "core/fingerprint.hpp"

#include <array>

namespace nbm {

std::uint64_t fingerprint_of(std::string_view bytes, std::uint64_t so_far) {
  std::uint64_t hash = so_far;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
  return hash;
}

std::uint64_t fingerprint_of(std::span<const double> values) {
  return fingerprint_of(std::string_view(reinterpret_cast<const char*>(values.data()), values.size_bytes()));
}

bool equals_first_rank(const Communicator& communicator, std::uint64_t fingerprint) {
  // In halves: a double holds 53 bits.
  const std::array<double, 2> own = {static_cast<double>(fingerprint >> 32),
                                     static_cast<double>(fingerprint & 0xffffffffU)};
  std::array<double, 2> first = own;
  communicator.broadcast(first, 0);
  return first == own;
}

}  // namespace nbm
