#include "nbm/problem/field.hpp"

#include <algorithm>
#include <utility>

#include "nbm/core/error.hpp"
#include "nbm/problem/expression.hpp"
#include "nbm/problem/grid_field.hpp"
#include "nbm/problem/symbols.hpp"

namespace nbm {

Field::Field(Expression expression) {
  // An expression without x, y and z is a number: callers treat constants faster.
  const ExpressionNode& last = expression.nodes().back();
  if (last.op == Op::constant) {
    source_ = last.value;
  } else {
    source_ = std::make_shared<const Expression>(std::move(expression));
  }
}

Field::Field(const symbols::Symbol& symbol) : Field(Expression(symbol)) {}

Field::Field(GridField grid) : source_(std::make_shared<const GridField>(std::move(grid))) {}

Field::Field(FieldCallback callback) : source_(std::move(callback)) {
  if (!std::get<FieldCallback>(source_)) {
    throw InvalidArgument("callback", "an empty function was given; expected one that fills values at points");
  }
}

void Field::evaluate(PointsView points, std::span<double> values) const {
  if (static_cast<index_t>(values.size()) != points.size) {
    throw InvalidArgument("values", "has room for " + std::to_string(values.size()) + " numbers, but there are " +
                                        std::to_string(points.size) + " points");
  }
  if (points.size == 0) return;
  if (const double* value = constant()) {
    std::fill(values.begin(), values.end(), *value);
  } else if (const Expression* tape = expression()) {
    tape->evaluate(points, values);
  } else if (const GridField* nodes = grid()) {
    nodes->evaluate(points, values);
  } else {
    (*callback())(points, values);
  }
}

double Field::at(Vec3<double> point) const {
  double value = 0.0;
  evaluate({&point.x, &point.y, &point.z, 1}, {&value, 1});
  return value;
}

const Expression* Field::expression() const {
  const auto* source = std::get_if<std::shared_ptr<const Expression>>(&source_);
  return source ? source->get() : nullptr;
}

const GridField* Field::grid() const {
  const auto* source = std::get_if<std::shared_ptr<const GridField>>(&source_);
  return source ? source->get() : nullptr;
}

std::string Field::kind() const {
  if (constant()) return "constant";
  if (expression()) return "expression";
  return grid() ? "grid" : "callback";
}

}  // namespace nbm
