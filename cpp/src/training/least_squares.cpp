#include "training/least_squares.hpp"

#include <algorithm>
#include <cmath>

#include "training/jacobian_panels.hpp"

namespace nbm {

GroupSums LeastSquares::linearize(const Siren& siren, std::span<const double> parameters, const RowSet& rows,
                                  const PerGroup<double>& factors, LinearSystem system, std::span<double> gradient,
                                  ThreadPool& pool) {
  check_parameters(siren, parameters, rows.networks());
  networks_ = static_cast<index_t>(rows.networks());
  system_ = system;
  count_ = siren.parameter_count();
  trained_ = siren.trained_count();
  padded_ = padded_unknowns(siren);
  if (system == LinearSystem::rows) {
    const GroupSums sums = make_row_system(siren, parameters, rows, factors, pool);
    spread(gradient, [&](std::size_t unknown) { return product_with_column(unknown, vector_); });
    scale_columns(pool);
    return sums;
  }
  const GroupSums sums = make_normal_equations(siren, parameters, rows, factors, pool);
  spread(gradient, [&](std::size_t unknown) { return vector_[unknown]; });
  return sums;
}

GroupSums LeastSquares::make_normal_equations(const Siren& siren, std::span<const double> parameters,
                                              const RowSet& rows, const PerGroup<double>& factors, ThreadPool& pool) {
  const auto n = static_cast<std::size_t>(networks_ * padded_);
  matrix_.assign(n * n, 0.0);
  vector_.assign(n, 0.0);
  return add_normal_equations(siren, parameters, rows, factors, matrix_, vector_, pool);
}

// J' and r of all rows.
GroupSums LeastSquares::make_row_system(const Siren& siren, std::span<const double> parameters, const RowSet& rows,
                                        const PerGroup<double>& factors, ThreadPool& pool) {
  rows_ = 0;
  for (const double count : row_counts(rows)) rows_ += static_cast<index_t>(count);
  std::fill_n(columns_.reserve(networks_ * padded_ * rows_), networks_ * padded_ * rows_, 0.0);
  vector_.assign(static_cast<std::size_t>(rows_), 0.0);
  index_t first_row = 0;
  return JacobianPanels(siren, parameters, rows, pool).for_each(factors, [&](const JacobianPanels::Panel& panel) {
    constexpr index_t kColumnsInTask = 64;
    for (const auto& [to, from, columns] : panel.blocks) {
      pool.run((columns + kColumnsInTask - 1) / kColumnsInTask,
               [&, to = to, from = from, columns = columns](index_t t) {
                 const index_t end = std::min(columns, (t + 1) * kColumnsInTask);
                 for (index_t p = t * kColumnsInTask; p < end; ++p) {
                   double* column = columns_.data() + (to + p) * rows_ + first_row;
                   for (index_t i = 0; i < panel.rows; ++i) column[i] = panel.jacobian[i * panel.stride + from + p];
                 }
               });
    }
    std::copy_n(panel.residuals, panel.rows, vector_.data() + first_row);
    first_row += panel.rows;
  });
}

// S' in the place of J', and the matrix S S'.
void LeastSquares::scale_columns(ThreadPool& pool) {
  inverse_norms_.assign(static_cast<std::size_t>(networks_ * padded_), 0.0);
  pool.run(networks_ * padded_, [&](index_t p) {
    double* column = columns_.data() + p * rows_;
    double squares = 0;
    for (index_t i = 0; i < rows_; ++i) squares += column[i] * column[i];
    if (!(squares > 0)) return;  // no row depends on it: it stays where it is
    const double inverse = 1.0 / std::sqrt(squares);
    inverse_norms_[static_cast<std::size_t>(p)] = inverse;
    for (index_t i = 0; i < rows_; ++i) column[i] *= inverse;
  });
  matrix_.assign(static_cast<std::size_t>(rows_ * rows_), 0.0);
  add_gram_matrix(1.0, columns_.data(), rows_, networks_ * padded_, matrix_.data(), rows_, rows_, pool);
}

bool LeastSquares::solve_damped(double damping, std::span<double> step, ThreadPool& pool) {
  if (system_ == LinearSystem::rows) return solve_row_system(damping, step, pool);
  solution_.resize(vector_.size());
  if (!solver_.solve(matrix_, vector_, {1.0 + damping, 0.0}, solution_, pool)) return false;
  spread(step, [&](std::size_t unknown) { return solution_[unknown]; });
  return true;
}

// (J'J + damping D) x = -J'r with D = diag(J'J) has the solution x = D^(-1/2) S' y, (S S' + damping) y = -r.
bool LeastSquares::solve_row_system(double damping, std::span<double> step, ThreadPool& pool) {
  solution_.resize(vector_.size());
  if (!solver_.solve(matrix_, vector_, {1.0, damping}, solution_, pool)) return false;
  spread(step, [&](std::size_t unknown) { return inverse_norms_[unknown] * product_with_column(unknown, solution_); });
  return true;
}

double LeastSquares::product_with_column(std::size_t unknown, const std::vector<double>& by_row) const {
  const double* column = columns_.data() + static_cast<index_t>(unknown) * rows_;
  double product = 0;
  for (index_t i = 0; i < rows_; ++i) product += column[i] * by_row[static_cast<std::size_t>(i)];
  return product;
}

template <class Number>
void LeastSquares::spread(std::span<double> parameters, Number number) const {
  for (index_t network = 0; network < networks_; ++network) {
    const auto own = parameters.subspan(static_cast<std::size_t>(network * count_), static_cast<std::size_t>(count_));
    const index_t held = count_ - trained_;
    std::fill_n(own.begin(), held, 0.0);
    for (index_t p = held; p < count_; ++p) {
      own[static_cast<std::size_t>(p)] = number(static_cast<std::size_t>(network * padded_ + p - held));
    }
  }
}

void LeastSquares::append_normal_equations(std::vector<double>& message) const {
  pack_normal_equations(matrix_, vector_, {networks_, trained_}, message);
}

void LeastSquares::take_normal_equations(std::span<const double> message) {
  unpack_normal_equations(message, {networks_, trained_}, matrix_, vector_);
}

namespace {

// use(piece) for the rows of the upper triangle, each from its diagonal on, and then for the vector, in pieces without
// padding.
template <class Number, class Use>
void for_each_piece(std::span<Number> matrix, std::span<Number> vector, NetworkSizes sizes, Use use) {
  const auto networks = static_cast<std::size_t>(sizes.networks), count = static_cast<std::size_t>(sizes.parameters);
  const std::size_t n = vector.size(), padded = n / networks;
  for (std::size_t of_row = 0; of_row < networks; ++of_row) {
    for (std::size_t p = 0; p < count; ++p) {
      const std::size_t row = (of_row * padded + p) * n;
      for (std::size_t s = of_row; s < networks; ++s) {
        const std::size_t first = s == of_row ? p : 0;
        use(matrix.subspan(row + s * padded + first, count - first));
      }
    }
  }
  for (std::size_t s = 0; s < networks; ++s) use(vector.subspan(s * padded, count));
}

}  // namespace

void pack_normal_equations(std::span<const double> matrix, std::span<const double> vector, NetworkSizes sizes,
                           std::vector<double>& message) {
  for_each_piece(matrix, vector, sizes,
                 [&](std::span<const double> piece) { message.insert(message.end(), piece.begin(), piece.end()); });
}

void unpack_normal_equations(std::span<const double> message, NetworkSizes sizes, std::span<double> matrix,
                             std::span<double> vector) {
  const double* next = message.data();
  for_each_piece(matrix, vector, sizes, [&](std::span<double> piece) {
    std::copy_n(next, piece.size(), piece.begin());
    next += piece.size();
  });
}

}  // namespace nbm
