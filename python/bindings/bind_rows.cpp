#include <nanobind/stl/array.h>
#include <nanobind/stl/tuple.h>

#include "arrays.hpp"
#include "gil.hpp"
#include "nbm/rows/assemble.hpp"
#include "nbm/rows/cell_parts.hpp"
#include "nbm/rows/grid_system.hpp"

namespace nbm::python {
namespace {

using Sizes = std::array<double, kDim>;
using Counts = std::array<index_t, kDim>;

Vec3<double> vector_of(const Sizes& v) { return {v[0], v[1], v[2]}; }

nb::dict parts_dict(CellParts&& parts) {
  const std::size_t n = parts.rhs.size();
  nb::dict out;
  out["corner_level_set"] = array_of(std::move(parts.corner_level_set), {n, 8});
  for (std::size_t side = 0; side < kSides; ++side) {
    const char* volume[] = {"volume_minus", "volume_plus"};
    const char* area[] = {"face_area_minus", "face_area_plus"};
    const char* centroid[] = {"face_centroid_minus", "face_centroid_plus"};
    out[volume[side]] = array_of(std::move(parts.volume[side]));
    out[area[side]] = array_of(std::move(parts.face_area[side]), {n, 6});
    out[centroid[side]] = array_of(std::move(parts.face_centroid[side]), {n, 6, 3});
  }
  out["interface_area"] = array_of(std::move(parts.interface_area));
  out["interface_vector"] = array_of(std::move(parts.interface_vector), {n, 3});
  out["flux_jump_integral"] = array_of(std::move(parts.flux_jump_integral));
  out["center_side"] = array_of(std::move(parts.center_side));
  out["center_ghost_weights"] = array_of(std::move(parts.center_ghost_weights), {n, 27});
  out["center_ghost_constant"] = array_of(std::move(parts.center_ghost_constant));
  out["weights"] = array_of(std::move(parts.weights), {n, 125});
  out["rhs"] = array_of(std::move(parts.rhs));
  out["diagonal"] = array_of(std::move(parts.diagonal));
  return out;
}

// Three arrays, one an axis, as one (n, 3).
nb::ndarray<nb::numpy, double> interleaved(const std::array<std::vector<double>, kDim>& axes) {
  const std::size_t n = axes[0].size();
  std::vector<double> values(n * kDim);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t axis = 0; axis < kDim; ++axis) values[i * kDim + axis] = axes[axis][i];
  }
  return array_of(std::move(values), {n, kDim});
}

nb::tuple conditions_of(const Problem& problem, int side, const PointsArray& array) {
  const Points points = points_of(array);
  BoundaryConditions found;
  {
    const GilReleased release;
    found = boundary_conditions(problem, static_cast<Side>(side), points);
  }
  return nb::make_tuple(array_of(std::move(found.value)), interleaved(found.slope), array_of(std::move(found.rhs)));
}

nb::dict regular_dict(DifferenceRows&& rows) {
  nb::dict out;
  out["points"] = interleaved(rows.x);
  out["step"] = nb::make_tuple(rows.step.x, rows.step.y, rows.step.z);
  out["value"] = array_of(std::move(rows.value));
  out["first"] = interleaved(rows.first);
  out["second"] = interleaved(rows.second);
  out["rhs"] = array_of(std::move(rows.rhs));
  return out;
}

nb::dict irregular_dict(StencilRows&& rows) {
  nb::list sides;
  for (std::size_t side = 0; side < kSides; ++side) {
    nb::dict part;
    part["begin"] = array_of(std::move(rows.begin[side]));
    part["points"] = interleaved(rows.x[side]);
    part["weights"] = array_of(std::move(rows.weight[side]));
    sides.append(part);
  }
  nb::dict out;
  out["sides"] = sides;
  out["rhs"] = array_of(std::move(rows.rhs));
  return out;
}

nb::dict grid_dict(GridSystem&& system) {
  nb::dict out;
  out["shape"] = nb::make_tuple(system.nodes.x, system.nodes.y, system.nodes.z);
  out["diagonal"] = array_of(std::move(system.diagonal));
  out["row_begin"] = array_of(std::move(system.row_begin));
  out["column"] = array_of(std::move(system.column));
  out["value"] = array_of(std::move(system.value));
  out["rhs"] = array_of(std::move(system.rhs));
  out["side"] = array_of(std::move(system.side));
  return out;
}

// call() with the GIL released.
template <class Call>
auto released(Call&& call) {
  const GilReleased release;
  return call();
}

}  // namespace

void bind_rows(nb::module_& m) {
  m.def("boundary_conditions", &conditions_of, nb::arg("problem"), nb::arg("side"), nb::arg("points"));
  m.def(
      "cell_parts",
      [](const Problem& problem, const PointsArray& points, const Sizes& h) {
        return parts_dict(released([&] { return cell_parts(problem, points_of(points).view(), vector_of(h)); }));
      },
      nb::arg("problem"), nb::arg("points"), nb::arg("cell_size"));
  m.def(
      "regular_rows",
      [](const Problem& problem, int side, const PointsArray& points, const Sizes& h) {
        return regular_dict(released([&] {
          const Points x = points_of(points);
          DifferenceRows rows = make_difference_rows(problem.box, vector_of(h), x.size());
          assemble_regular(problem, static_cast<Side>(side), x.view(), vector_of(h), rows, 0);
          return rows;
        }));
      },
      nb::arg("problem"), nb::arg("side"), nb::arg("points"), nb::arg("cell_size"));
  m.def(
      "irregular_rows",
      [](const Problem& problem, const PointsArray& points, const Sizes& h) {
        return irregular_dict(
            released([&] { return assemble_irregular(problem, points_of(points).view(), vector_of(h)); }));
      },
      nb::arg("problem"), nb::arg("points"), nb::arg("cell_size"));
  m.def(
      "grid_system",
      [](const Problem& problem, const Counts& cells, int threads) {
        return grid_dict(released([&] {
          ThreadPool pool(threads);
          GridSystem system = assemble_grid_system(problem, {cells[0], cells[1], cells[2]}, pool);
          if (!system.copies.empty()) write_out_copies(system);
          return system;
        }));
      },
      nb::arg("problem"), nb::arg("cells"), nb::arg("threads"));
}

}  // namespace nbm::python
