#pragma once
#include <string>
#include <vector>

#include "nbm/problem/grid_field.hpp"
#include "nbm/problem/problem.hpp"
#include "nbm/problem/symbols.hpp"
#include "sphere_problem.hpp"

// Problems whose points and rows the device and the CPU make alike.
namespace nbm::testing {

struct Case {
  std::string name;
  Problem problem;
  Vec3<double> h;
};

// The level set of the sphere at the nodes of a grid around the box.
inline GridField gridded_sphere(Interpolation interpolation) {
  constexpr index_t n = 25;
  const Box box{{-1.2, -1.2, -1.2}, {1.2, 1.2, 1.2}};
  std::vector<double> values;
  for (index_t i = 0; i < n; ++i) {
    for (index_t j = 0; j < n; ++j) {
      for (index_t k = 0; k < n; ++k) {
        const auto at = [](index_t m) { return -1.2 + 0.1 * static_cast<double>(m); };
        values.push_back(std::sqrt(at(i) * at(i) + at(j) * at(j) + at(k) * at(k)) - 0.513);
      }
    }
  }
  return GridField(box, {n, n, n}, values, interpolation);
}

// The ellipsoid of docs/method.md, section 11: a contrast of 1000, a level set that is no distance; with k for once.
inline Problem ellipsoid_problem() {
  using namespace nbm::symbols;
  const Symbol x = symbols::x(), y = symbols::y(), z = symbols::z();
  Problem problem;
  problem.level_set = Field(Expression(x * x / 0.49 + y * y / 0.25 + z * z / 0.09 - 1.0));
  problem.plus.mu = 1e-3;
  problem.minus.k = 0.7;
  problem.minus.f = Field(Expression(-3.0 * exp(x + y + z)));
  problem.plus.f = Field(Expression(3e-3 * sin(x) * sin(y) * sin(z)));
  problem.plus.boundary = Field(Expression(sin(x) * sin(y) * sin(z)));
  problem.jump_u = Field(Expression(sin(x) * sin(y) * sin(z) - exp(x + y + z)));
  problem.jump_flux = Field(Expression(cos(x) - y));
  return problem;
}

inline std::vector<Case> cases() {
  const Vec3<double> cube{0.11, 0.11, 0.11};
  std::vector<Case> all = {{"sphere", sphere_problem(), cube}, {"ellipsoid", ellipsoid_problem(), {0.07, 0.07, 0.07}}};
  for (const Interpolation method : {Interpolation::linear, Interpolation::cubic, Interpolation::quadratic_eno}) {
    Case gridded{"gridded " + to_string(method), sphere_problem(), cube};
    gridded.problem.level_set = Field(gridded_sphere(method));
    all.push_back(gridded);
  }
  Case oblong{"oblong", sphere_problem(), {0.09, 0.13, 0.1}};
  oblong.problem.box = {{-0.9, -1.0, -1.2}, {1.0, 0.8, 0.7}};
  all.push_back(oblong);
  // Thinner than a cell: gradients across it lead astray, and ghosts find the interface by its triangles.
  Case shell{"thin shell", sphere_problem(), cube};
  using namespace nbm::symbols;
  const Symbol r = sqrt(symbols::x() * symbols::x() + symbols::y() * symbols::y() + symbols::z() * symbols::z());
  shell.problem.level_set = Field(Expression(symbols::abs(r - 0.55) - 0.04));
  all.push_back(shell);
  Case plain{"no interface", sphere_problem(), cube};
  plain.problem.level_set = 1.0;
  all.push_back(plain);
  Case inside{"all minus", sphere_problem(), cube};
  inside.problem.level_set = Field(Expression(symbols::x() - 5.0));
  all.push_back(inside);
  return all;
}

// Fluxes and exchange on three walls that the interface meets, on one with laws of its own on either side.
inline Problem problem_with_walls() {
  using namespace nbm::symbols;
  const Symbol x = symbols::x(), y = symbols::y(), z = symbols::z();
  Problem problem = sphere_problem();
  problem.level_set = Field(Expression(z - 0.3 * x - 0.1));
  problem.walls[0].gives_u = problem.walls[1].gives_u = problem.walls[3].gives_u = false;
  problem.walls[0].law.fill({0.0, 0.0, Field(Expression(0.5 + y))});
  problem.walls[1].law = {WallLaw{2.0, Field(Expression(z)), 0.0}, WallLaw{Field(Expression(1.0 + y * y)), 1.0, 0.0}};
  return problem;
}

// A period along y, over which u jumps.
inline Problem problem_with_periods() {
  using namespace nbm::symbols;
  const Symbol x = symbols::x(), y = symbols::y(), z = symbols::z();
  Problem problem = sphere_problem();
  problem.set_period(1, 0.4);
  problem.minus.boundary = problem.plus.boundary = Field(Expression(x + 0.2 * y + z));
  return problem;
}

inline Problem problem_with_laws() {
  Problem problem = sphere_problem();
  problem.resistance = 0.7;
  problem.surface_reaction = 1.5;
  return problem;
}

}  // namespace nbm::testing
