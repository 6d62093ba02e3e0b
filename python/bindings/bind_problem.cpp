#include <nanobind/stl/array.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "field_callback.hpp"
#include "gil.hpp"
#include "nbm/problem/expression.hpp"
#include "nbm/problem/grid_field.hpp"
#include "nbm/problem/problem.hpp"

namespace nbm::python {
namespace {

using Triple = std::array<double, kDim>;
using Operands = std::array<std::int32_t, 3>;
using GridArray = nb::ndarray<const double, nb::ndim<3>, nb::c_contig, nb::device::cpu>;

Vec3<double> vector_of(const Triple& v) { return {v[0], v[1], v[2]}; }
nb::tuple tuple_of(Vec3<double> v) { return nb::make_tuple(v.x, v.y, v.z); }

Box make_box(const Triple& lower, const Triple& upper) {
  const Box box{vector_of(lower), vector_of(upper)};
  box.validate();
  return box;
}

Expression make_expression(const std::vector<std::string>& ops, const std::vector<Operands>& operands,
                           const std::vector<double>& values) {
  if (operands.size() != ops.size() || values.size() != ops.size()) {
    throw nb::value_error("ops, operands and values must have one entry a node");
  }
  std::vector<ExpressionNode> nodes;
  nodes.reserve(ops.size());
  for (std::size_t i = 0; i < ops.size(); ++i) {
    nodes.push_back({parse_op(ops[i]), operands[i][0], operands[i][1], operands[i][2], values[i]});
  }
  return Expression(nodes);
}

nb::tuple parts_of(const Expression& expression) {
  std::vector<std::string> ops;
  std::vector<Operands> operands;
  std::vector<double> values;
  for (const ExpressionNode& node : expression.nodes()) {
    ops.push_back(to_string(node.op));
    operands.push_back({node.a, node.b, node.c});
    values.push_back(node.value);
  }
  return nb::make_tuple(ops, operands, values);
}

GridField make_grid(const Box& box, const GridArray& values, const std::string& interpolation) {
  return GridField(box,
                   {static_cast<index_t>(values.shape(0)), static_cast<index_t>(values.shape(1)),
                    static_cast<index_t>(values.shape(2))},
                   std::vector<double>(values.data(), values.data() + values.size()),
                   parse_interpolation(interpolation));
}

// Works for whatever has evaluate(PointsView, span<double>).
template <class Source>
nb::ndarray<nb::numpy, double> evaluate(const Source& source, const PointsArray& array) {
  const Points points = points_of(array);
  std::vector<double> values(points.x.size());
  {
    const GilReleased release;
    source.evaluate(points.view(), values);
  }
  return array_of(std::move(values));
}

void bind_fields(nb::module_& m) {
  nb::class_<Expression>(m, "Expression")
      .def_static("from_nodes", &make_expression, nb::arg("ops"), nb::arg("operands"), nb::arg("values"))
      .def("nodes", &parts_of)
      .def_prop_ro("tape_length", [](const Expression& e) { return e.tape().size; })
      .def_prop_ro("registers", [](const Expression& e) { return e.tape().registers; })
      .def("evaluate", &evaluate<Expression>, nb::arg("points"));

  nb::class_<GridField>(m, "GridField")
      .def(
          "__init__",
          [](GridField* self, const Box& box, const GridArray& values, const std::string& interpolation) {
            new (self) GridField(make_grid(box, values, interpolation));
          },
          nb::arg("box"), nb::arg("values"), nb::arg("interpolation"))
      .def("evaluate", &evaluate<GridField>, nb::arg("points"));

  nb::class_<Field>(m, "Field", nb::dynamic_attr())  // so that Python keeps with it the function that it calls
      .def_static(
          "from_number", [](double value) { return Field(value); }, nb::arg("value"))
      .def_static(
          "from_expression", [](const Expression& e) { return Field(e); }, nb::arg("expression"))
      .def_static(
          "from_grid", [](const GridField& g) { return Field(g); }, nb::arg("grid"))
      .def_static("from_callable", &field_of_callable, nb::arg("function"), nb::arg("name"))
      .def_prop_ro("kind", &Field::kind)
      .def("evaluate", &evaluate<Field>, nb::arg("points"));
}

}  // namespace

void bind_problem(nb::module_& m) {
  nb::class_<Box>(m, "Box")
      .def(
          "__init__",
          [](Box* self, const Triple& lower, const Triple& upper) { new (self) Box(make_box(lower, upper)); },
          nb::arg("lower"), nb::arg("upper"))
      .def_prop_ro("lower", [](const Box& box) { return tuple_of(box.lower); })
      .def_prop_ro("upper", [](const Box& box) { return tuple_of(box.upper); });
  bind_fields(m);
  nb::class_<Medium>(m, "Medium")
      .def(
          "__init__",
          [](Medium* self, const Field& k, const Field& mu, const Field& f, const Field& boundary) {
            new (self) Medium{k, mu, f, boundary};
          },
          nb::arg("k"), nb::arg("mu"), nb::arg("f"), nb::arg("boundary"))
      .def_ro("k", &Medium::k)
      .def_ro("mu", &Medium::mu)
      .def_ro("f", &Medium::f)
      .def_ro("boundary", &Medium::boundary);
  nb::class_<WallLaw>(m, "WallLaw")
      .def(
          "__init__",
          [](WallLaw* self, const Field& transfer, const Field& ambient, const Field& flux) {
            new (self) WallLaw{transfer, ambient, flux};
          },
          nb::arg("transfer"), nb::arg("ambient"), nb::arg("flux"))
      .def_ro("transfer", &WallLaw::transfer)
      .def_ro("ambient", &WallLaw::ambient)
      .def_ro("flux", &WallLaw::flux);
  nb::class_<Problem>(m, "Problem")
      .def(
          "__init__",
          [](Problem* self, const Box& box, const Field& level_set, const Medium& minus, const Medium& plus,
             const Field& jump_u, const Field& jump_flux, const Field& resistance, const Field& surface_reaction) {
            new (self) Problem{box, level_set, minus, plus, jump_u, jump_flux, {}, resistance, surface_reaction, {}};
          },
          nb::arg("box"), nb::arg("level_set"), nb::arg("minus"), nb::arg("plus"), nb::arg("jump_u"),
          nb::arg("jump_flux"), nb::arg("resistance"), nb::arg("surface_reaction"))
      .def_ro("box", &Problem::box)
      .def_ro("level_set", &Problem::level_set)
      .def_ro("minus", &Problem::minus)
      .def_ro("plus", &Problem::plus)
      .def_ro("jump_u", &Problem::jump_u)
      .def_ro("jump_flux", &Problem::jump_flux)
      .def_ro("resistance", &Problem::resistance)
      .def_ro("surface_reaction", &Problem::surface_reaction)
      .def_prop_ro("has_interface_law", &Problem::has_interface_law)
      .def(
          "set_wall",
          [](Problem& problem, std::size_t face, const WallLaw& minus, const WallLaw& plus) {
            problem.walls.at(face) = {false, {minus, plus}};
          },
          nb::arg("face"), nb::arg("minus"), nb::arg("plus"))
      .def("set_period", &Problem::set_period, nb::arg("axis"), nb::arg("jump"), nb::arg("source"))
      .def("validate", &Problem::validate, nb::arg("probes"), nb::call_guard<GilReleased>());
}

}  // namespace nbm::python
