#include "nbm/core/error.hpp"
#include "training/damped_solver.hpp"
#include "training/jacobian_panels.hpp"

namespace nbm {

index_t padded(index_t numbers) { return (numbers + 7) / 8 * 8; }

index_t padded_unknowns(const Siren& siren) { return padded(siren.trained_count()); }

GroupSums add_normal_equations(const Siren& siren, std::span<const double> parameters, const RowSet& rows,
                               const PerGroup<double>& factors, std::span<double> matrix, std::span<double> vector,
                               ThreadPool& pool) {
  check_parameters(siren, parameters, rows.networks());
  const index_t n = static_cast<index_t>(rows.networks()) * padded_unknowns(siren);
  if (std::ssize(vector) != n || std::ssize(matrix) != n * n) {
    throw InvalidArgument("matrix", "the normal equations of these networks have " + std::to_string(n) +
                                        " unknowns (padded), got " + std::to_string(vector.size()));
  }
  return JacobianPanels(siren, parameters, rows, pool).for_each(factors, [&](const JacobianPanels::Panel& p) {
    for (std::size_t a = 0; a < p.blocks.size(); ++a) {
      const auto& [row, first, count] = p.blocks[a];
      const double* left = p.jacobian + first;
      add_gram_matrix(1.0, left, p.stride, p.rows, matrix.data() + row * n + row, n, count, pool);
      for (std::size_t b = a + 1; b < p.blocks.size(); ++b) {
        const auto& [column, start, width] = p.blocks[b];
        add_product(left, p.stride, p.jacobian + start, p.stride, p.rows, matrix.data() + row * n + column, n, count,
                    width, pool);
      }
      add_product(p.residuals, 1, left, p.stride, p.rows, vector.data() + row, n, 1, count, pool);
    }
  });
}

}  // namespace nbm
