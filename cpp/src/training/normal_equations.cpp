#include "nbm/core/error.hpp"
#include "training/damped_solver.hpp"
#include "training/jacobian_panels.hpp"

namespace nbm {

index_t padded_parameters(const Siren& siren) { return (siren.parameter_count() + 7) / 8 * 8; }

GroupSums add_normal_equations(const Siren& siren, std::span<const double> parameters, const RowSet& rows,
                               const PerGroup<double>& factors, std::span<double> matrix, std::span<double> vector,
                               ThreadPool& pool) {
  check_parameters(siren, parameters);
  const index_t n = 2 * padded_parameters(siren);
  if (std::ssize(vector) != n || std::ssize(matrix) != n * n) {
    throw InvalidArgument("matrix", "the normal equations of these networks have " + std::to_string(n) +
                                        " unknowns (padded), got " + std::to_string(vector.size()));
  }
  return JacobianPanels(siren, parameters, rows, pool).for_each(factors, [&](const JacobianPanels::Panel& p) {
    const index_t corner = p.first_column;
    add_gram_matrix(1.0, p.jacobian, p.stride, p.rows, matrix.data() + corner * n + corner, n, p.columns, pool);
    add_product(p.residuals, 1, p.jacobian, p.stride, p.rows, vector.data() + corner, n, 1, p.columns, pool);
  });
}

}  // namespace nbm
