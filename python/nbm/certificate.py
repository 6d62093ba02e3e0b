"""Whether a trained solution can be trusted: residuals at points that training never saw, and what they say about u.

The estimate of the error is a stability bound of the equation with coefficients frozen, so it errs on the large side:
docs/how-to-choose.md, "Can I trust it?", says by how much.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.error_norms import low_discrepancy_points
from nbm.errors import InvalidArgument
from nbm.grid_solver import solve_on_grid
from nbm.sampling import Sampler

if TYPE_CHECKING:
    from nbm.evaluation import Evaluation
    from nbm.problem import Problem

__all__ = ["Certificate", "GridCheck", "ResidualNorms", "certify"]

Float64Array = NDArray[np.float64]
_SCHEME_ERROR = 4.0  # times (2 h / L)^2: see Certificate.tolerance
_OVERESTIMATE = 4.0
_LEAST_TOLERANCE = 1e-3
_OVERFITTED = 3.0  # held-out RMS over that of the last training step; sampling alone gives up to 1.5
_FIRST_HELD_OUT_DRAW = 2**40  # training counts its draws from 0


@dataclass(frozen=True, kw_only=True)
class ResidualNorms:
    """Size of one kind of residual.

    Attributes:
        rms: Root of the mean square.
        max: Largest absolute value.
        relative: ``rms`` over the RMS of the quantity it concerns; nan where that is not defined.
        points: At how many points.
    """

    rms: float
    max: float
    points: int
    relative: float = math.nan


@dataclass(frozen=True, kw_only=True)
class GridCheck:
    """The difference of a solution from the classical one on a grid of ``cells``: by max and root mean square."""

    cells: tuple[int, int, int]
    linf: float
    rmse: float


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What was found about a solution; printing shows it as a table.

    Attributes:
        cell_size: h per axis, box units.
        residuals: By group of rows, on cells of size h, divided by the Jacobi diagonal (docs/method.md, section 3).
        residuals_half: The same on cells of size h/2: much larger than on h only where h does not resolve the solution.
        boundary: u - g on the box boundary; relative to the RMS of u in the box.
        jump_u: u+ - u- minus the given jump on the interface, relative to u; None without interface.
        jump_flux: The same for the jump of the flux, relative to the larger of the two fluxes.
        size: RMS of u in the box.
        contributions: Parts of ``estimated_rmse``: "equation", "boundary", "jump_u", "jump_flux".
        estimated_rmse: Estimate of the RMS error of u, rather too large than too small.
        grid: The sharper estimate, where it was asked for; then this one decides.
        tolerance: Up to which estimated error over ``size`` the solution is trusted, unless given: 4 (2h/L)^2, L the
            box edge, which is the scheme's own largest error in the problems of docs/method.md, section 11; 4 times
            that for ``estimated_rmse``, by which factor it exceeds the error; at least 0.001. Beyond, training limits
            the accuracy and not h (of the coarser of the cells, for the grid).
        trusted: Whether nothing speaks against the solution.
        reasons: What does.
    """

    cell_size: tuple[float, float, float]
    residuals: dict[str, ResidualNorms]
    residuals_half: dict[str, ResidualNorms]
    boundary: ResidualNorms
    jump_u: ResidualNorms | None
    jump_flux: ResidualNorms | None
    size: float
    contributions: dict[str, float]
    estimated_rmse: float
    grid: GridCheck | None
    tolerance: float
    trusted: bool
    reasons: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """One line: whether to trust the solution, and why not."""
        if not self.trusted:
            return f"not trusted: {'; '.join(self.reasons)}"
        error = self.estimated_rmse if self.grid is None else self.grid.rmse
        percent = 100 * error / self.size if self.size > 0 else 0.0
        return f"trusted: estimated RMS error {error:.1e}, {percent:.2g} % of u"

    def __str__(self) -> str:
        lines = [f"{'residual':<22}{'rms':>10}{'max':>10}{'relative':>10}{'points':>8}"]
        for name, norms in self.residuals.items():
            lines.append(_line(name, norms))
        for name, norms in self.residuals_half.items():
            lines.append(_line(f"{name}, h/2", norms))
        for name in ("boundary", "jump_u", "jump_flux"):
            norms = getattr(self, name)
            if norms is not None:
                lines.append(_line({"boundary": "u - g"}.get(name, name), norms))
        parts = ", ".join(f"{name} {value:.1e}" for name, value in self.contributions.items())
        lines.append(f"estimated RMS error {self.estimated_rmse:.1e} ({parts}); RMS of u {self.size:.1e}")
        if self.grid is not None:
            grid = self.grid
            lines.append(
                f"against the grid of {'x'.join(map(str, grid.cells))} cells: RMS {grid.rmse:.1e}, max {grid.linf:.1e}"
            )
        return "\n".join([*lines, self.verdict])


def _line(name: str, norms: ResidualNorms) -> str:
    relative = "" if math.isnan(norms.relative) else f"{norms.relative:.1e}"
    return f"{name:<22}{norms.rms:>10.1e}{norms.max:>10.1e}{relative:>10}{norms.points:>8}"


def certify(
    solution: Evaluation,
    problem: Problem,
    *,
    cell_size: float | Sequence[float] | None,
    discretization: str | None,
    points: int,
    seed: int,
    grid_cells: int | Sequence[int] | None,
    tolerance: float | None,
) -> Certificate:
    """Examine a solution; see :meth:`nbm.Solution.certify`."""
    if problem.box != solution.box:
        raise InvalidArgument(f"problem: its box is {problem.box}, expected that of the solution", "problem")
    if points < 100:
        raise InvalidArgument(f"points: got {points}, expected at least 100", "points")
    if tolerance is not None and not tolerance > 0:
        raise InvalidArgument(f"tolerance: got {tolerance}, expected a positive number", "tolerance")
    info = solution.info
    h = _cell_size(cell_size, info.get("cell_size"))
    discretization = info.get("discretization", "bochkov_gibou") if discretization is None else discretization
    half = (h[0] / 2, h[1] / 2, h[2] / 2)
    full_residuals = _held_out(solution, problem, discretization, h, points, seed)
    half_residuals = _held_out(solution, problem, discretization, half, points, seed)
    lower, upper = np.asarray(problem.box.lower), np.asarray(problem.box.upper)
    size = _rms(solution(low_discrepancy_points(lower, upper, 4096)))
    boundary = _norms(full_residuals.pop("boundary"), size)
    half_residuals.pop("boundary")
    jumps = _jumps(solution, problem, points // 5, seed, size)
    contributions = {
        "equation": max(
            _stability(problem, sizes) * _rms(residuals.get("regular", np.zeros(1)))
            for sizes, residuals in ((h, full_residuals), (half, half_residuals))
        ),
        "boundary": boundary.rms,
    }
    if jumps is not None:
        flux_error = jumps.flux_error
        if "irregular" in full_residuals:
            flux_error = _interface_stability(problem, h) * _rms(full_residuals["irregular"])
        contributions |= {"jump_u": jumps.value.rms, "jump_flux": flux_error}
    grid = None if grid_cells is None else _grid_check(solution, problem, grid_cells)
    certificate = Certificate(
        cell_size=h,
        residuals={name: _norms(values) for name, values in full_residuals.items()},
        residuals_half={name: _norms(values) for name, values in half_residuals.items()},
        boundary=boundary,
        jump_u=None if jumps is None else jumps.value,
        jump_flux=None if jumps is None else jumps.flux,
        size=size,
        contributions=contributions,
        estimated_rmse=math.sqrt(sum(part**2 for part in contributions.values())),
        grid=grid,
        tolerance=_default_tolerance(problem, h, grid) if tolerance is None else float(tolerance),
        trusted=False,
        reasons=(),
    )
    reasons = _reasons(certificate, solution)
    return replace(certificate, trusted=not reasons, reasons=reasons)


def _cell_size(given: float | Sequence[float] | None, trained: str | None) -> tuple[float, float, float]:
    if given is None and trained is None:
        raise InvalidArgument("cell_size: the model does not tell that of its training, pass one", "cell_size")
    try:
        sizes = np.broadcast_to(np.asarray((trained or "").split() if given is None else given, dtype=np.float64), (3,))
    except (TypeError, ValueError):
        sizes = np.zeros(3)
    if not np.all(np.isfinite(sizes) & (sizes > 0)):
        message = f"cell_size: got {given!r}, expected a positive number or three of them, one per axis"
        raise InvalidArgument(message, "cell_size")
    return (float(sizes[0]), float(sizes[1]), float(sizes[2]))


def _held_out(
    solution: Evaluation, problem: Problem, discretization: str, h: tuple[float, float, float], points: int, seed: int
) -> dict[str, Float64Array]:
    options = _core.HeldOutOptions()
    options.set_discretization(discretization)
    options.set_samples(points - 2 * (points // 5), points // 5, points // 5)
    options.set_cell_size(h)
    options.seed = seed
    options.threads = solution.threads
    groups: dict[str, Float64Array] = _core.held_out_residuals(problem.native, solution.native, options)
    return groups


@dataclass(frozen=True, kw_only=True)
class _Jumps:
    value: ResidualNorms
    flux: ResidualNorms
    flux_error: float  # its part in the error of u


def _jumps(solution: Evaluation, problem: Problem, count: int, seed: int, size: float) -> _Jumps | None:
    sampler = Sampler(problem, seed=seed, threads=solution.threads)
    points, normals = sampler.on_interface(_FIRST_HELD_OUT_DRAW, count)
    if len(points) == 0:
        return None
    native = problem.native
    mu_minus, mu_plus = native.minus.mu.evaluate(points), native.plus.mu.evaluate(points)
    value = solution.jump(points) - native.jump_u.evaluate(points)
    flux = solution.flux_jump(problem, points, normals) - native.jump_flux.evaluate(points)
    flux_minus = mu_minus * np.sum(solution.gradient_minus(points) * normals, axis=1)
    flux_plus = mu_plus * np.sum(solution.gradient_plus(points) * normals, axis=1)
    # A plane source of strength q in the middle of a slab of width L raises u by q L / (2 (mu- + mu+)).
    raised = flux / (mu_minus + mu_plus) * max(problem.box.edge) / 2
    return _Jumps(
        value=_norms(value, size),
        flux=_norms(flux, max(_rms(flux_minus), _rms(flux_plus))),
        flux_error=_rms(raised),
    )


def _stability(problem: Problem, h: tuple[float, float, float]) -> float:
    """Bound of error over residual: for constant mu a row is -lap(e) / sum 2/h^2, and -lap >= pi^2 sum 1/L^2."""
    diagonal = sum(2 / size**2 for size in h)
    lowest = math.pi**2 * sum(1 / edge**2 for edge in problem.box.edge)
    return diagonal / lowest


def _interface_stability(problem: Problem, h: tuple[float, float, float]) -> float:
    """Error over residual of a cut cell of constant mu: the residual is a flux jump times area over the diagonal.

    The cell, not the point, is where the scheme balances the flux: at points of the interface the error of the flux
    alternates in sign and raises nothing.
    """
    return max(problem.box.edge) / 4 * sum(2 / size for size in h)


def _grid_check(solution: Evaluation, problem: Problem, cells: int | Sequence[int]) -> GridCheck:
    """Compare the networks with the discrete solution."""
    grid = solve_on_grid(problem, cells, threads=solution.threads)
    error = solution(grid.points) - grid.values
    x, y, z = (count - 1 for count in grid.shape)
    return GridCheck(cells=(x, y, z), linf=float(np.abs(error).max()), rmse=_rms(error))


def _default_tolerance(problem: Problem, h: tuple[float, float, float], grid: GridCheck | None) -> float:
    cells = max(2 * size / edge for size, edge in zip(h, problem.box.edge, strict=True))
    if grid is None:
        return max(_OVERESTIMATE * _SCHEME_ERROR * cells**2, _LEAST_TOLERANCE)
    return max(_SCHEME_ERROR * max(cells, 2 / min(grid.cells)) ** 2, _LEAST_TOLERANCE)


def _reasons(certificate: Certificate, solution: Evaluation) -> tuple[str, ...]:
    reasons: list[str] = []
    size, grid = certificate.size, certificate.grid
    error = certificate.estimated_rmse if grid is None else grid.rmse
    if not error <= certificate.tolerance * size:  # also NaN
        percent = 100 * error / size if size > 0 else math.inf
        largest = max(certificate.contributions, key=lambda name: certificate.contributions[name])
        source = f"mostly from {largest}" if grid is None else "by the grid"
        trusted = f"{100 * certificate.tolerance:.2g} % trusted at this cell size"
        reasons.append(f"the estimated RMS error is {percent:.2g} % of u, {source}, more than the {trusted}")
    if 2 * error <= certificate.tolerance * size:
        return tuple(reasons)  # fitting the points did no harm
    trained = solution.history[-1].groups if solution.history else {}
    for name, norms in {**certificate.residuals, "boundary": certificate.boundary}.items():
        before = math.sqrt(trained.get(name, 0.0))
        if before > 0 and norms.rms > _OVERFITTED * before:
            reasons.append(f"{name} residuals at fresh points are {norms.rms / before:.1f} times those trained on")
    return tuple(reasons)


def _norms(values: Float64Array, size: float = 0.0) -> ResidualNorms:
    rms = _rms(values)
    largest = float(np.abs(values).max(initial=0.0))
    return ResidualNorms(rms=rms, max=largest, points=values.size, relative=rms / size if size > 0 else math.nan)


def _rms(values: Any) -> float:
    return math.sqrt(float(np.mean(np.square(values))))
