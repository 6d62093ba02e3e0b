#include "reference.hpp"

#include <numeric>

namespace {

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace

GridDiffusion::GridDiffusion(int cells, Function mu, Function initial) : nodes_(cells + 1), spacing_(2.0 / cells) {
  const auto n = static_cast<std::size_t>(nodes_);
  mu_.resize(n * n * n);
  u_.resize(n * n * n, 0.0);
  for (int i = 0; i < nodes_; ++i) {
    for (int j = 0; j < nodes_; ++j) {
      for (int k = 0; k < nodes_; ++k) {
        const bool inside = i > 0 && j > 0 && k > 0 && i < cells && j < cells && k < cells;
        mu_[index(i, j, k)] = mu(coordinate(i), coordinate(j), coordinate(k));
        if (inside) u_[index(i, j, k)] = initial(coordinate(i), coordinate(j), coordinate(k));
      }
    }
  }
}

void GridDiffusion::apply(double dt, const std::vector<double>& u, std::vector<double>& out) const {
  const std::size_t strides[3] = {index(1, 0, 0), index(0, 1, 0), 1};
  const double scale = 1.0 / (spacing_ * spacing_);
  for (int i = 1; i + 1 < nodes_; ++i) {
    for (int j = 1; j + 1 < nodes_; ++j) {
      for (int k = 1; k + 1 < nodes_; ++k) {
        const std::size_t at = index(i, j, k);
        double flux = 0.0;
        for (const std::size_t stride : strides) {
          for (const std::size_t neighbour : {at - stride, at + stride}) {
            flux += 2.0 * mu_[at] * mu_[neighbour] / (mu_[at] + mu_[neighbour]) * (u[neighbour] - u[at]);
          }
        }
        out[at] = u[at] / dt - scale * flux;
      }
    }
  }
}

void GridDiffusion::step(double dt) {
  std::vector<double> product(u_.size(), 0.0), residual(u_.size(), 0.0);
  apply(dt, u_, product);
  for (std::size_t i = 0; i < u_.size(); ++i) residual[i] = u_[i] / dt - product[i];
  std::vector<double> direction = residual;
  double square = dot(residual, residual);
  const double small = 1e-20 * dot(u_, u_) / (dt * dt);
  for (int iteration = 0; iteration < 1000 && square > small; ++iteration) {
    apply(dt, direction, product);
    const double length = square / dot(direction, product);
    for (std::size_t i = 0; i < u_.size(); ++i) {
      u_[i] += length * direction[i];
      residual[i] -= length * product[i];
    }
    const double next = dot(residual, residual);
    for (std::size_t i = 0; i < u_.size(); ++i) direction[i] = residual[i] + next / square * direction[i];
    square = next;
  }
}
