#pragma once
#include <vector>

#include "nbm/core/aligned_buffer.hpp"
#include "nbm/training/backend.hpp"
#include "training/damped_solver.hpp"

namespace nbm {

// The linearized residuals of a Gauss-Newton step on the CPU: what TrainingBackend asks of a backend about them, with
// the rows given (docs/method.md, section 10).
class NBM_EXPORT LeastSquares {
 public:
  GroupSums linearize(const Siren& siren, std::span<const double> parameters, const RowSet& rows,
                      const PerGroup<double>& factors, LinearSystem system, std::span<double> gradient,
                      ThreadPool& pool);
  void append_normal_equations(std::vector<double>& message) const;
  void take_normal_equations(std::span<const double> message);
  bool solve_damped(double damping, std::span<double> step, ThreadPool& pool);

 private:
  GroupSums make_normal_equations(const Siren& siren, std::span<const double> parameters, const RowSet& rows,
                                  const PerGroup<double>& factors, ThreadPool& pool);
  GroupSums make_row_system(const Siren& siren, std::span<const double> parameters, const RowSet& rows,
                            const PerGroup<double>& factors, ThreadPool& pool);
  void scale_columns(ThreadPool& pool);
  bool solve_row_system(double damping, std::span<double> step, ThreadPool& pool);
  double product_with_column(std::size_t unknown, const std::vector<double>& by_row) const;
  // number(unknown) to the trained parameters of all networks, 0 to those that are held.
  template <class Number>
  void spread(std::span<double> parameters, Number number) const;

  LinearSystem system_ = LinearSystem::normal;
  index_t networks_ = kSides;
  index_t count_ = 0, trained_ = 0, padded_ = 0;  // parameters of one network, those trained, and these padded
  std::vector<double> matrix_;                    // upper triangle: J'J, or S S' with S = J diag(J'J)^(-1/2)
  std::vector<double> vector_;                    // J'r, or r
  std::vector<double> solution_;
  // For the system of the rows: S' [unknown][row], padded unknowns of all networks, and diag(J'J)^(-1/2).
  index_t rows_ = 0;
  AlignedBuffer<double> columns_;
  std::vector<double> inverse_norms_;
  DampedSolver solver_;
};

struct NetworkSizes {
  index_t networks, parameters;  // of each, those that are trained
};

// The normal equations of networks without what a message need not hold: the half below the diagonal, and the padding:
// n (n + 1) / 2 + n numbers for n = networks * parameters. pack: appends matrix and vector, padded; unpack: the
// reverse.
NBM_EXPORT void pack_normal_equations(std::span<const double> matrix, std::span<const double> vector,
                                      NetworkSizes sizes, std::vector<double>& message);
NBM_EXPORT void unpack_normal_equations(std::span<const double> message, NetworkSizes sizes, std::span<double> matrix,
                                        std::span<double> vector);

}  // namespace nbm
