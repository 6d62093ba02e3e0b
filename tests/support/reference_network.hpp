#pragma once
#include <cmath>
#include <span>

#include "nbm/network/siren.hpp"

// The network of docs/method.md, section 2, as slow and obvious as it can be, in any number type.
namespace nbm::reference {

template <class T>
T network(const Siren& siren, std::span<const double> parameters, Vec3<T> point) {
  std::vector<T> a = {point.x, point.y, point.z};
  std::size_t next = 0;
  const auto layer = [&](std::size_t outputs) {
    std::vector<T> z(outputs);
    const std::size_t bias = next + outputs * a.size();
    for (std::size_t o = 0; o < outputs; ++o) {
      z[o] = T(parameters[bias + o]);
      for (std::size_t i = 0; i < a.size(); ++i) z[o] += T(parameters[next + o * a.size() + i]) * a[i];
    }
    next = bias + outputs;
    return z;
  };
  T frequency = T(siren.omega);
  for (const int width : siren.hidden) {
    std::vector<T> z = layer(static_cast<std::size_t>(width));
    for (T& value : z) value = std::sin(frequency * value);
    frequency = T(1);
    a = std::move(z);
  }
  return layer(1).front();
}

}  // namespace nbm::reference
