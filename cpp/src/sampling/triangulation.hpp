#pragma once
#include <array>
#include <vector>

#include "nbm/sampling/interface_sampler.hpp"

namespace nbm {

// All triangles of the interface in the box, ordered by search cell; the same for any number of threads.
std::vector<std::array<Vec3<double>, 3>> triangulate_interface(const Box& box, const Field& level_set,
                                                               InterfaceOptions options, ThreadPool& pool);

}  // namespace nbm
