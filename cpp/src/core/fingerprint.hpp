#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "nbm/core/communicator.hpp"

namespace nbm {

// FNV-1a of Fowler, Noll and Vo, 64 bits: equal for equal bits, and very likely for nothing else; certainly not for
// bytes that differ in one alone. `so_far`: the fingerprint of what comes before.
constexpr std::uint64_t kFingerprintOfNothing = 0xcbf29ce484222325ULL;
std::uint64_t fingerprint_of(std::string_view bytes, std::uint64_t so_far = kFingerprintOfNothing);
std::uint64_t fingerprint_of(std::span<const double> values);

// Whether this rank's fingerprint is that of rank 0. Collective.
bool equals_first_rank(const Communicator& communicator, std::uint64_t fingerprint);

}  // namespace nbm
