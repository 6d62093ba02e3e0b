#include "training/device_least_squares.hpp"

#include <algorithm>
#include <cmath>

#include "core/branches.hpp"
#include "core/device_buffer.hpp"
#include "core/lanes.hpp"
#include "training/clear_held.hpp"
#include "training/device_loss.hpp"
#include "training/fused_stencils.hpp"
#include "training/jacobian_kernels.hpp"
#include "training/least_squares.hpp"
#include "training/row_tasks.hpp"
#include "training/warps.hpp"

namespace nbm::cuda {
namespace {

constexpr index_t kMostPanel = 4096;
constexpr int kPanels = 7;  // filled side by side: one for each piece of the usual draws

// Rows of one set.
struct RowPiece {
  RowKind kind;
  std::size_t set;    // as in RowTask
  std::size_t group;  // whose rows they are
  int only_side;      // of rows of one network; -1: of both
  index_t rows;

  bool one_sided() const { return only_side >= 0; }
};

std::vector<RowPiece> weighted_pieces(const DeviceRows& rows, const DeviceRowCounts& counts,
                                      const PerGroup<double>& factors) {
  std::vector<RowPiece> pieces;
  for (int side = 0; side < kSides; ++side) {
    pieces.push_back({RowKind::regular, static_cast<std::size_t>(side), kRegularGroup, side, counts.regular[side]});
  }
  for (std::size_t s = 0; s < rows.points.size(); ++s) {
    const DevicePointRows& set = rows.points[s];
    const int only_side = set.one_sided() ? (set.touches[0] ? 0 : 1) : -1;
    pieces.push_back({RowKind::points, s, static_cast<std::size_t>(set.group), only_side, counts.points[s]});
  }
  pieces.push_back({RowKind::irregular, 0, kIrregularGroup, -1, counts.irregular});
  std::erase_if(pieces, [&](const RowPiece& piece) { return piece.rows == 0 || !(factors[piece.group] > 0); });
  return pieces;
}

}  // namespace

struct DeviceLeastSquares::State {
  State(const Siren& of, cudaStream_t s, index_t bytes)
      : siren(of),
        stream(s),
        panel_bytes(bytes),
        networks(of, s),
        blas(s),
        branches(kPanels),
        count(of.parameter_count()),
        trained(of.trained_count()),
        padded(padded_unknowns(of)),
        held(trained < count ? HeldWeights() : HeldWeights(of, padded)) {}

  Siren siren;
  cudaStream_t stream;
  index_t panel_bytes;
  DeviceNetworks<double> networks;
  Blas blas;
  Branches branches;
  index_t count, trained, padded;  // parameters of one network, those behind held layers, and these padded
  HeldWeights held;                // among the trained ones: they have columns of zeros
  LinearSystem system = LinearSystem::normal;
  // Panels of the Jacobian, [parameter][row], of which kPanels are filled side by side, or all of it.
  DeviceBuffer<double> columns[kPanels], all_columns, residuals[kPanels], workspace[kPanels];
  // J'r [2 padded], and the squares of each panel: what the host reads of a linearization, in one copy.
  DeviceBuffer<double> read;
  DeviceBuffer<double> row_residuals;  // of all rows, for their system
  DeviceBuffer<double> matrix, damped, solution, product, inverse_norms, outcome;
  DeviceBuffer<int> failed;
  index_t unknowns = 0;
  std::vector<double> host;
  PerGroup<double> squares_of_groups{};

  NetworkSizes sizes() const { return {kSides, trained}; }
  index_t held_layers() const { return count - trained; }
  double* squares() { return read.data() + 2 * padded; }
  const double* right_side() const { return system == LinearSystem::rows ? row_residuals.data() : read.data(); }

  void fill(const NetworkPair<double>& nets, const DeviceRows& rows, const RowPiece& piece,
            const JacobianPanel& panel) {
    switch (piece.kind) {
      case RowKind::regular: return launch_difference_jacobian(nets.side[piece.set], rows.regular[piece.set], panel);
      case RowKind::points: return launch_point_jacobian(nets, rows.points[piece.set], panel);
      case RowKind::irregular:
        if (has_fused_stencils(siren)) return launch_fused_stencil_jacobian(siren, nets, rows.irregular, panel);
        return launch_stencil_jacobian(nets, rows.irregular, static_cast<int>(trained), panel);
    }
  }

  // Rows [begin, end) of a piece.
  struct Part {
    RowPiece piece;
    index_t begin, end;
    index_t corner, width;  // of the columns that they have
  };

  std::vector<Part> parts_of(const std::vector<RowPiece>& pieces, index_t most) const {
    std::vector<Part> parts;
    for (const RowPiece& piece : pieces) {
      const index_t corner = piece.one_sided() ? piece.only_side * padded : 0;
      const index_t width = piece.one_sided() ? padded : 2 * padded;
      for (index_t begin = 0; begin < piece.rows; begin += most) {
        parts.push_back({piece, begin, std::min(piece.rows, begin + most), corner, width});
      }
    }
    return parts;
  }

  // Fills part number `number` into columns of `pitch` numbers, and its residuals, on a branch.
  void fill_part(const DeviceRows& rows, const Part& part, std::size_t number, double* jacobian, index_t pitch,
                 double* residual, const PerGroup<double>& factors) {
    const int branch = static_cast<int>(number % kPanels);
    const bool irregular = part.piece.kind == RowKind::irregular, fused = irregular && has_fused_stencils(siren);
    const index_t numbers = fused ? 0 : networks.workspace(irregular ? 1 : kQuantities);
    // Irregular rows have a warp, or one for each side.
    const index_t lanes = (part.end - part.begin) * (fused ? kSides * kLanes : irregular ? kLanes : 1);
    const unsigned warps = warps_for(lanes, 2 * numbers * kLanes * static_cast<index_t>(sizeof(double)));
    double* const own = fused ? nullptr : workspace[branch].resize(index_t{2} * warps * numbers * kLanes);
    const double factor = factors[part.piece.group];
    const JacobianPanel panel{jacobian,
                              pitch,
                              static_cast<int>(held_layers()),
                              static_cast<int>(padded),
                              residual,
                              std::sqrt(factor),
                              part.begin,
                              part.end,
                              own,
                              numbers,
                              warps,
                              branches.fork(branch, stream)};
    fill(networks.views(), rows, part.piece, panel);
    clear_held(held, part.width, jacobian, pitch, part.end - part.begin, panel.stream);
    launch_panel_squares(panel, factor, squares() + number);
  }

  void make_normal_equations(const DeviceRows& rows, const std::vector<RowPiece>& pieces,
                             const PerGroup<double>& factors) {
    const index_t n = 2 * padded, most = std::clamp<index_t>(panel_bytes / (8 * n), kLanes, kMostPanel);
    const std::vector<Part> parts = parts_of(pieces, most);
    start(parts, n);
    for (std::size_t i = 0; i < std::min<std::size_t>(parts.size(), kPanels); ++i) {
      if (columns[i].size() == n * most) continue;
      columns[i].resize(n * most);
      columns[i].zero(stream);  // those of the padding, which stay zero
      residuals[i].resize(most);
    }
    for (std::size_t first = 0; first < parts.size(); first += kPanels) {
      const std::size_t end = std::min(parts.size(), first + kPanels);
      for (std::size_t i = first; i < end; ++i) {
        fill_part(rows, parts[i], i, columns[i - first].data(), most, residuals[i - first].data(), factors);
      }
      branches.join(stream);
      for (std::size_t i = first; i < end; ++i) {
        const auto& [piece, begin, stop, corner, width] = parts[i];
        const double* panel = columns[i - first].data();
        blas.add_gram_matrix(panel, stop - begin, most, width, matrix.data() + corner * n + corner, n);
        blas.add_product(panel, stop - begin, most, width, residuals[i - first].data(), read.data() + corner);
      }
    }
    fetch(parts);
  }

  void make_row_system(const DeviceRows& rows, const std::vector<RowPiece>& pieces, const PerGroup<double>& factors) {
    const index_t n = 2 * padded;
    index_t all = 0;
    for (const RowPiece& piece : pieces) all += piece.rows;
    const std::vector<Part> parts = parts_of(pieces, all);
    start(parts, all);
    all_columns.resize(n * all);
    all_columns.zero(stream);
    row_residuals.resize(all);
    inverse_norms.resize(n);
    index_t first = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i > 0 && i % kPanels == 0) branches.join(stream);
      double* const corner = all_columns.data() + parts[i].corner * all + first;
      fill_part(rows, parts[i], i, corner, all, row_residuals.data() + first, factors);
      first += parts[i].piece.rows;
    }
    branches.join(stream);
    multiply_by_columns(row_residuals.data(), read.data());
    launch_scale_columns(all_columns.data(), all, n, inverse_norms.data(), stream);
    blas.add_row_gram_matrix(all_columns.data(), all, all, n, matrix.data(), all);
    fetch(parts);
  }

  // A system of `size` unknowns, to be added up from zero.
  void start(const std::vector<Part>& parts, index_t size) {
    unknowns = size;
    read.resize(2 * padded + static_cast<index_t>(parts.size()));
    read.zero(stream);
    matrix.resize(size * size);
    matrix.zero(stream);
  }

  // Gradient and squares to the host. Waits for the stream.
  void fetch(const std::vector<Part>& parts) {
    host.resize(static_cast<std::size_t>(read.size()));
    read.download(host, stream);
    wait();
    squares_of_groups = {};
    const double* of_part = host.data() + 2 * padded;
    for (std::size_t i = 0; i < parts.size(); ++i) squares_of_groups[parts[i].piece.group] += of_part[i];
  }

  // target += columns' by a vector of the rows.
  void multiply_by_columns(const double* by, double* target) {
    blas.add_product(all_columns.data(), unknowns, unknowns, 2 * padded, by, target);
  }

  void wait() const { check(cudaStreamSynchronize(stream), "work on the GPU"); }

  // Numbers of padded unknowns to those of the parameters, 0 to held layers.
  void spread(std::span<const double> from, std::span<double> to) const {
    for (index_t s = 0; s < kSides; ++s) {
      double* const own = std::fill_n(to.data() + s * count, held_layers(), 0.0);
      std::copy_n(from.data() + s * padded, trained, own);
    }
  }
};

DeviceLeastSquares::DeviceLeastSquares(const Siren& siren, cudaStream_t stream, index_t panel_bytes)
    : state_(std::make_unique<State>(siren, stream, panel_bytes)) {}
DeviceLeastSquares::~DeviceLeastSquares() = default;

PerGroup<double> DeviceLeastSquares::linearize(const DeviceRows& rows, const DeviceRowCounts& counts,
                                               const double* parameters, const PerGroup<double>& factors,
                                               LinearSystem system, std::span<double> gradient) {
  State& s = *state_;
  s.system = system;
  s.networks.prepare(parameters, kSides, difference_step(rows), s.stream);
  const std::vector<RowPiece> pieces = weighted_pieces(rows, counts, factors);
  if (system == LinearSystem::rows) {
    s.make_row_system(rows, pieces, factors);
  } else {
    s.make_normal_equations(rows, pieces, factors);
  }
  s.spread(s.host, gradient);
  return s.squares_of_groups;
}

void DeviceLeastSquares::enqueue_damped(double damping, const double* parameters, double* outcome) {
  State& s = *state_;
  const index_t n = s.unknowns;
  const bool by_rows = s.system == LinearSystem::rows;
  const DampedDiagonal diagonal = by_rows ? DampedDiagonal{1.0, damping} : DampedDiagonal{1.0 + damping, 0.0};
  s.damped.copy(s.matrix, s.stream);
  s.solution.resize(n);
  s.failed.resize(2);
  launch_damp(s.damped.data(), s.right_side(), diagonal, s.solution.data(), n, s.stream);
  s.blas.solve_positive_definite(s.damped.data(), n, s.solution.data(), s.failed.data());
  CandidateParts parts{s.solution.data(), nullptr, parameters, s.failed.data(), s.count, s.held_layers(), s.padded};
  if (by_rows) {  // docs/method.md, section 10: D^(-1/2) S' y
    s.product.resize(2 * s.padded);
    s.product.zero(s.stream);
    s.multiply_by_columns(s.solution.data(), s.product.data());
    parts.step = s.product.data();
    parts.norms = s.inverse_norms.data();
  }
  launch_candidate(parts, outcome + 1, outcome, s.stream);
}

bool DeviceLeastSquares::solve_damped(double damping, std::span<double> step) {
  State& s = *state_;
  s.outcome.resize(1 + 2 * s.count);
  enqueue_damped(damping, nullptr, s.outcome.data());
  s.host.resize(static_cast<std::size_t>(s.outcome.size()));
  s.outcome.download(s.host, s.stream);
  s.wait();
  std::copy(s.host.begin() + 1, s.host.end(), step.begin());
  return s.host.front() == 0;
}

void DeviceLeastSquares::append_normal_equations(std::vector<double>& message) const {
  const State& s = *state_;
  std::vector<double> matrix(static_cast<std::size_t>(s.matrix.size())), vector(static_cast<std::size_t>(s.unknowns));
  s.matrix.download(matrix, s.stream);
  s.read.download(vector, s.stream);
  s.wait();
  pack_normal_equations(matrix, vector, s.sizes(), message);
}

void DeviceLeastSquares::take_normal_equations(std::span<const double> message) {
  State& s = *state_;
  std::vector<double> matrix(static_cast<std::size_t>(s.matrix.size()), 0.0);
  std::vector<double> vector(static_cast<std::size_t>(s.unknowns), 0.0);
  unpack_normal_equations(message, s.sizes(), matrix, vector);
  s.matrix.upload(matrix, s.stream);
  s.read.upload(vector, s.stream);
  s.wait();
}

}  // namespace nbm::cuda
