#pragma once
#include <array>
#include <span>
#include <string>
#include <vector>

#include "nbm/core/communicator.hpp"
#include "nbm/network/evaluate.hpp"
#include "nbm/problem/box.hpp"
#include "nbm/rows/row_sets.hpp"

namespace nbm {

// How the interface enters: by finite volumes of cut cells (section 7), or by rows for the two jump conditions at
// points of the interface, with regular rows everywhere (section 10).
enum class Discretization { bochkov_gibou, direct_jump };
NBM_EXPORT Discretization parse_discretization(const std::string& name);
NBM_EXPORT std::string to_string(Discretization discretization);

// Weights of the groups: paper has all 1; balanced makes all groups of one order at the discretization error.
enum class Loss { balanced, paper };
NBM_EXPORT Loss parse_loss(const std::string& name);
NBM_EXPORT std::string to_string(Loss loss);

// lambda_g of loss = sum_g lambda_g^2 mean(r^2 over group g).
NBM_EXPORT PerGroup<double> group_weights(Loss loss, Discretization discretization, const Box& box,
                                          Vec3<double> cell_size);

// What half a squared residual counts for in half the loss: lambda^2 / N, or nothing without rows. Host and device.
NBM_HD double group_factor(double weight, double rows) { return rows > 0 ? weight * weight / rows : 0.0; }

// Sums over rows of this process, or of all after sum_over_ranks.
struct NBM_EXPORT GroupSums {
  PerGroup<double> squares{};  // of residuals
  PerGroup<double> rows{};     // how many

  double mean_square(std::size_t group) const;
  double loss(const PerGroup<double>& weights) const;
};

NBM_EXPORT PerGroup<double> row_counts(const RowSet& rows);

// Residuals of this process's rows.
// Rows are cut into tasks by their number alone and summed in a fixed order: the same bits for any number of threads.
NBM_EXPORT GroupSums loss_sums(const Siren& siren, std::span<const double> parameters, const RowSet& rows,
                               Precision precision, ThreadPool& pool);

// Also their gradient: adds sum_g factors[g] sum_i r_i dr_i/dparameters to `gradient`.
// parameters, gradient: of all networks, as many as the rows have.
NBM_EXPORT GroupSums add_loss_gradient(const Siren& siren, std::span<const double> parameters, const RowSet& rows,
                                       const PerGroup<double>& factors, Precision precision, std::span<double> gradient,
                                       ThreadPool& pool);

// Numbers padded to whole vectors of the CPU.
NBM_EXPORT index_t padded(index_t numbers);
// Unknowns of one network in the normal equations: its parameters that are trained, padded. The rows and columns of the
// padding are zero.
NBM_EXPORT index_t padded_unknowns(const Siren& siren);

// The normal equations of the rows weighted by sqrt(factors[g]), in double precision: adds J'J to the upper triangle of
// `matrix` ([n][n] row-major, n = networks * padded_unknowns) and J'r to `vector` ([n]).
NBM_EXPORT GroupSums add_normal_equations(const Siren& siren, std::span<const double> parameters, const RowSet& rows,
                                          const PerGroup<double>& factors, std::span<double> matrix,
                                          std::span<double> vector, ThreadPool& pool);

}  // namespace nbm
