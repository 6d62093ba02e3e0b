#pragma once
#include <vector>

// The program's own solver: du/dt = div(mu grad u) on a uniform grid of [-1, 1]^3 with u = 0 on the faces, in implicit
// steps, by the conjugate gradient method. mu at a face is the harmonic mean of its nodes.
class GridDiffusion {
 public:
  using Function = double (*)(double x, double y, double z);

  GridDiffusion(int cells, Function mu, Function initial);

  void step(double dt);
  int nodes() const { return nodes_; }  // along each axis
  double coordinate(int i) const { return -1.0 + i * spacing_; }
  double value(int i, int j, int k) const { return u_[index(i, j, k)]; }

 private:
  std::size_t index(int i, int j, int k) const {
    return (static_cast<std::size_t>(i) * static_cast<std::size_t>(nodes_) + static_cast<std::size_t>(j)) *
               static_cast<std::size_t>(nodes_) +
           static_cast<std::size_t>(k);
  }
  // out = u / dt - div(mu grad u) inside, 0 on the faces.
  void apply(double dt, const std::vector<double>& u, std::vector<double>& out) const;

  int nodes_;
  double spacing_;
  std::vector<double> mu_, u_;
};
