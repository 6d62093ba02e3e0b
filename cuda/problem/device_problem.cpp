#include "problem/device_problem.hpp"

#include <array>
#include <string>

#include "nbm/core/error.hpp"
#include "nbm/problem/expression.hpp"
#include "nbm/problem/grid_field.hpp"

namespace nbm::cuda {
namespace {

struct NamedField {
  const Field* field;
  const char* name;
};

// In the order of FieldId.
std::array<NamedField, kFieldIds> fields_of(const Problem& p) {
  const MediumNames &minus = names_of(Side::minus), &plus = names_of(Side::plus);
  return {{{&p.level_set, "level_set"},
           {&p.minus.k, minus.k},
           {&p.plus.k, plus.k},
           {&p.minus.mu, minus.mu},
           {&p.plus.mu, plus.mu},
           {&p.minus.f, minus.f},
           {&p.plus.f, plus.f},
           {&p.jump_u, "jump_u"},
           {&p.jump_flux, "jump_flux"},
           {&p.minus.boundary, minus.boundary},
           {&p.plus.boundary, plus.boundary}}};
}

std::string text_of(Vec3<double> p) {
  return "(" + std::to_string(p.x) + ", " + std::to_string(p.y) + ", " + std::to_string(p.z) + ")";
}

}  // namespace

bool device_capable(const Field& field) {
  if (field.callback() != nullptr) return false;
  return field.expression() == nullptr || field.expression()->tape().registers <= kMostRegisters;
}

bool device_capable(const Problem& problem) {
  for (const NamedField& named : fields_of(problem)) {
    if (!device_capable(*named.field)) return false;
  }
  return true;
}

DeviceProblem::DeviceProblem(const Problem& problem, cudaStream_t stream) : problem_(problem) {
  ProblemView host;
  host.box = problem.box;
  const auto fields = fields_of(problem_);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!device_capable(*fields[i].field)) {
      throw InvalidArgument(fields[i].name, "is a " + fields[i].field->kind() +
                                                " that a GPU cannot evaluate; expected a number, values on a grid or "
                                                "an expression of moderate length");
    }
    host.field[i] = upload(*fields[i].field, stream);
  }
  fault_.resize(1);
  fault_.zero(stream);
  host.fault = fault_.data();
  view_.upload({&host, 1}, stream);
}

FieldView DeviceProblem::upload(const Field& field, cudaStream_t stream) {
  FieldView view;
  if (const double* constant = field.constant()) {
    view.constant = *constant;
  } else if (const Expression* expression = field.expression()) {
    view.kind = FieldView::Kind::tape;
    view.tape = expression->tape();
    auto& instructions = instructions_.emplace_back();
    instructions.upload({view.tape.instructions, static_cast<std::size_t>(view.tape.size)}, stream);
    auto& constants = numbers_.emplace_back();
    constants.upload({view.tape.constants, static_cast<std::size_t>(view.tape.constant_count)}, stream);
    view.tape.instructions = instructions.data();
    view.tape.constants = constants.data();
  } else {
    view.kind = FieldView::Kind::grid;
    view.interpolation = field.grid()->interpolation();
    view.grid = field.grid()->view();
    auto& values = numbers_.emplace_back();
    values.upload(field.grid()->values(), stream);
    view.grid.values = values.data();
  }
  return view;
}

void DeviceProblem::check(cudaStream_t stream) {
  FieldFault fault{};
  fault_.download({&fault, 1}, stream);
  cuda::check(cudaStreamSynchronize(stream), "work on the GPU");
  if (fault.kind == FieldFault::none) return;
  fault_.zero(stream);
  const NamedField named = fields_of(problem_)[static_cast<std::size_t>(fault.field)];
  if (fault.kind == FieldFault::no_gradient) {
    throw InvalidField(named.name, fault.found, fault.point,
                       "level_set has no gradient next to the interface, at " + text_of(fault.point) +
                           ": give one that crosses zero with a slope, such as a signed distance");
  }
  throw InvalidField(named.name, fault.found, fault.point,
                     std::string(named.name) + " is " + std::to_string(fault.found) + " at " + text_of(fault.point) +
                         ", but must be finite there" + (must_be_positive(fault.field) ? " and positive" : "") +
                         "; check its formula or data");
}

}  // namespace nbm::cuda
