#include "c_api/handles.hpp"
#include "nbm/problem/grid_field.hpp"

using nbm::c_api::guarded;
using nbm::c_api::require_given;

namespace {

nbm::Field& field_of(nbm_problem* handle, nbm_field field) {
  require_given(handle, "problem");
  nbm::Problem& problem = handle->problem;
  switch (field) {
    case NBM_LEVEL_SET: return problem.level_set;
    case NBM_JUMP_U: return problem.jump_u;
    case NBM_JUMP_FLUX: return problem.jump_flux;
    case NBM_RESISTANCE: return problem.resistance;
    case NBM_SURFACE_REACTION: return problem.surface_reaction;
    case NBM_K_MINUS: return problem.minus.k;
    case NBM_MU_MINUS: return problem.minus.mu;
    case NBM_F_MINUS: return problem.minus.f;
    case NBM_BOUNDARY_MINUS: return problem.minus.boundary;
    case NBM_K_PLUS: return problem.plus.k;
    case NBM_MU_PLUS: return problem.plus.mu;
    case NBM_F_PLUS: return problem.plus.f;
    case NBM_BOUNDARY_PLUS: return problem.plus.boundary;
    default: break;
  }
  if (const std::int64_t wall = std::int64_t{field} - NBM_WALL(0, 0, 0); wall >= 0 && wall < 6 * nbm::kBoxFaces) {
    nbm::Wall& of_face = problem.walls[static_cast<std::size_t>(wall / 6)];
    nbm::WallLaw& law = of_face.law[static_cast<std::size_t>(wall % 6 / 3)];
    of_face.gives_u = false;
    return wall % 3 == NBM_TRANSFER ? law.transfer : wall % 3 == NBM_AMBIENT ? law.ambient : law.flux;
  }
  if (const std::int64_t axis = std::int64_t{field} - NBM_PERIOD(0); axis >= 0 && axis < nbm::kDim) {
    nbm::Period& period = problem.periods[static_cast<std::size_t>(axis)];
    if (!period.periodic) problem.set_period(static_cast<int>(axis), 0.0);
    return period.jump_u;
  }
  throw nbm::InvalidArgument("field", "there is no field number " + std::to_string(field));
}

}  // namespace

nbm_status nbm_problem_create(const double lower[3], const double upper[3], nbm_problem** problem) {
  return guarded([&] {
    require_given(lower, "lower");
    require_given(upper, "upper");
    require_given(problem, "problem");
    nbm::Problem made;
    made.box = {{lower[0], lower[1], lower[2]}, {upper[0], upper[1], upper[2]}};
    made.box.validate();
    *problem = new nbm_problem{std::move(made), {}};
  });
}

void nbm_problem_destroy(nbm_problem* problem) { delete problem; }

nbm_status nbm_problem_set_constant(nbm_problem* problem, nbm_field field, double value) {
  return guarded([&] { field_of(problem, field) = nbm::Field(value); });
}

nbm_status nbm_problem_set_function(nbm_problem* problem, nbm_field field, nbm_function function, void* user) {
  return guarded([&] {
    nbm::Field& target = field_of(problem, field);
    target = nbm::c_api::field_of_function(function, user, "function");
  });
}

nbm_status nbm_problem_set_grid(nbm_problem* problem, nbm_field field, const int64_t shape[3], const double* values) {
  return guarded([&] {
    nbm::Field& target = field_of(problem, field);
    require_given(shape, "shape");
    require_given(values, "values");
    for (int axis = 0; axis < nbm::kDim; ++axis) {
      if (shape[axis] < 1 || shape[axis] > (int64_t{1} << 20)) {
        throw nbm::InvalidArgument("shape", "must be in [4, 2^20], got " + std::to_string(shape[axis]));
      }
    }
    const auto count = static_cast<std::size_t>(shape[0] * shape[1] * shape[2]);
    target = nbm::Field(nbm::GridField(problem->problem.box, {shape[0], shape[1], shape[2]},
                                       std::vector<double>(values, values + count)));
  });
}

nbm_status nbm_problem_add_observations(nbm_problem* problem, const char* name, int64_t count, const double* x,
                                        const double* y, const double* z, const double* values, const double* sigma,
                                        int32_t side, int64_t per_draw) {
  return guarded([&] {
    require_given(problem, "problem");
    require_given(name, "name");
    if (count < 0) throw nbm::InvalidArgument("count", "must not be negative");
    nbm::Observations data;
    data.name = name;
    data.per_draw = per_draw;
    if (side != NBM_SIDE_OF_POINT) data.side = nbm::c_api::either(side, nbm::Side::minus, nbm::Side::plus, "side");
    const auto copy = [&](const double* from, const char* argument, std::vector<double>& to) {
      if (count > 0) require_given(from, argument);
      to.assign(from, from + count);
    };
    copy(x, "x", data.points.x);
    copy(y, "y", data.points.y);
    copy(z, "z", data.points.z);
    copy(values, "values", data.values);
    if (sigma != nullptr) copy(sigma, "sigma", data.sigma);
    problem->observations.push_back(std::move(data));
  });
}
