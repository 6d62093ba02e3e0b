#include "problem/device_field.hpp"

#include <string>

#include "nbm/problem/expression.hpp"
#include "nbm/problem/grid_field.hpp"

namespace nbm::cuda {

bool device_capable(const Field& field) {
  if (field.callback() != nullptr) return false;
  return field.expression() == nullptr || field.expression()->tape().registers <= kMostRegisters;
}

DeviceField::DeviceField(const Field& field, const char* name, cudaStream_t stream) {
  if (!device_capable(field)) {
    throw InvalidArgument(name, "is a " + field.kind() +
                                    " that a GPU cannot evaluate; expected a number, values on a grid or an "
                                    "expression of moderate length");
  }
  if (const double* constant = field.constant()) {
    view_.constant = *constant;
  } else if (const Expression* expression = field.expression()) {
    view_.kind = FieldView::Kind::tape;
    view_.tape = expression->tape();
    instructions_.upload({view_.tape.instructions, static_cast<std::size_t>(view_.tape.size)}, stream);
    numbers_.upload({view_.tape.constants, static_cast<std::size_t>(view_.tape.constant_count)}, stream);
    view_.tape.instructions = instructions_.data();
    view_.tape.constants = numbers_.data();
  } else {
    view_.kind = FieldView::Kind::grid;
    view_.interpolation = field.grid()->interpolation();
    view_.grid = field.grid()->view();
    numbers_.upload(field.grid()->values(), stream);
    view_.grid.values = numbers_.data();
  }
}

InvalidField error_of(const FieldFault& fault, const char* name) {
  const Vec3<double> p = fault.point;
  const std::string at = "at (" + std::to_string(p.x) + ", " + std::to_string(p.y) + ", " + std::to_string(p.z) + ")";
  return {name, fault.found, p,
          std::string(name) + " is " + std::to_string(fault.found) + " " + at + ", but must be finite there" +
              (must_be_positive(fault.field) ? " and positive" : "") + "; check its formula or data"};
}

}  // namespace nbm::cuda
