#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>

#include "nbm/core/points.hpp"

namespace nbm {

class Expression;
class GridField;
namespace symbols {
class Symbol;
}

// values[i] = field at points i, for all i < points.size; both borrowed for the call.
using FieldCallback = std::function<void(PointsView points, std::span<double> values)>;

// A coefficient of the problem: a number, a compiled expression, values on a grid, or a host function on batches.
// A cheap value; copies share the expression or grid. Evaluation is in double precision and safe from many threads
// at once, if the host function is.
class NBM_EXPORT Field {
 public:
  Field(double constant = 0.0) : source_(constant) {}  // NOLINT: a number is a field
  // An expression without x, y and z becomes a number.
  Field(Expression expression);          // NOLINT
  Field(GridField grid);                 // NOLINT
  Field(const symbols::Symbol& symbol);  // NOLINT
  explicit Field(FieldCallback callback);

  void evaluate(PointsView points, std::span<double> values) const;
  double at(Vec3<double> point) const;

  // The source, or nullptr when the field is of another kind.
  const double* constant() const { return std::get_if<double>(&source_); }
  const Expression* expression() const;
  const GridField* grid() const;
  const FieldCallback* callback() const { return std::get_if<FieldCallback>(&source_); }
  // "constant", "expression", "grid" or "callback".
  std::string kind() const;

 private:
  std::variant<double, std::shared_ptr<const Expression>, std::shared_ptr<const GridField>, FieldCallback> source_;
};

}  // namespace nbm
