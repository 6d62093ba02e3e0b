#pragma once
#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "nbm/problem/problem.hpp"
#include "nbm/solution/solution.hpp"

namespace nbm {

// What a quantity is taken over.
struct NBM_EXPORT Domain {
  enum class Kind : std::uint8_t { box, minus, plus, interface, walls, level_set };

  Kind kind = Kind::box;
  std::optional<Side> side = {};           // whose u counts on the interface; none: that of plus
  std::array<bool, kBoxFaces> faces = {};  // of walls: -x, +x, -y, +y, -z, +z
  Field level_set = 1.0;                   // of a level set: its zeros are the surface
  std::optional<Vec3<double>> near = {};   // of the interface or a level set: only the piece that comes nearest

  static Domain of(Side side) { return {.kind = side == Side::minus ? Kind::minus : Kind::plus}; }
  static Domain interface(Side side = Side::plus) { return {.kind = Kind::interface, .side = side}; }
  static Domain wall(int face);
  static Domain walls();
  static Domain zeros_of(Field level_set) { return {.kind = Kind::level_set, .level_set = std::move(level_set)}; }
  bool is_surface() const { return kind >= Kind::interface; }
  // Throws InvalidArgument where `side` or `near` are given for what has none.
  void validate() const;
};

// A number, or three, with an estimate of its error in parts (docs/method.md, section 16): of three the worst.
template <class Value>
struct QuantityOf {
  Value value{};
  double quadrature = 0.0;  // what half as many cells of the quadrature change
  double grid = 0.0;        // what the classical solver adds to u
  double change = 0.0;      // what its finer grid changes

  double error() const { return quadrature + grid + change; }
};
using Quantity = QuantityOf<double>;
using VectorQuantity = QuantityOf<Vec3<double>>;

struct Extremum : Quantity {
  Vec3<double> place;
  Side side{};  // whose u it is, on the interface too
};

// Numbers that a solution of a problem is asked for. Fluxes are those of the problem, mu du/dn, with n from minus to
// plus on the interface and other level sets, and out of the box on walls. One thread at a time.
class NBM_EXPORT Quantities {
 public:
  static constexpr index_t kCells = 32;

  // cells: of the quadrature, 8 to 512 along the longest edge. threads: 0 for all cores. Nothing is evaluated yet; the
  // first quantity solves on two grids. Throws InvalidArgument where the boxes differ.
  Quantities(Problem problem, Solution solution, index_t cells = kCells, int threads = 0);
  ~Quantities();
  Quantities(Quantities&&) noexcept;
  Quantities& operator=(Quantities&&) noexcept;

  // All throw InvalidArgument for domains of another kind, InvalidField, and Error where a grid cannot be solved.
  Quantity flux(const Domain& surface, const Field& weight = 1.0);     // integral of weight mu du/dn
  Quantity integral(const Domain& domain, const Field& weight = 1.0);  // of weight u
  Quantity mean(const Domain& domain);                                 // of u; NaN where the domain is empty
  Quantity measure(const Domain& domain);                              // volume or area
  Quantity energy(const Domain& volume);                               // half the integral of mu |grad u|^2 + k u^2
  VectorQuantity mean_flux(const Domain& volume);                      // of mu grad u
  // On what a closed surface encloses, by the stress mu (g g^T - |g|^2 I / 2) - k u^2 I / 2 with g = grad u.
  VectorQuantity force(const Domain& surface);
  // The largest (or smallest) u in the box, or on a side. Looked for from the best of the points of the quadrature.
  Extremum extremum(bool largest, std::optional<Side> side = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nbm
