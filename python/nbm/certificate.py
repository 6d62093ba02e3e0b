"""Whether a solution can be trusted, without knowing the true one (docs/method.md, section 15).

What a solution leaves of its problem is solved for by the classical solver on two grids: their answers say how far u is
off, and their difference how far to believe that. What no grid of that size can see is looked for by itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.arguments import as_instance, as_integer, as_real, as_seed
from nbm.errors import InvalidArgument, NbmError
from nbm.jump_errors import jump_errors
from nbm.problem import Problem
from nbm.reaction import linearized
from nbm.sampling import Sampler
from nbm.strict_json import with_nan
from nbm.walls import AXES

if TYPE_CHECKING:
    from nbm.evaluation import Evaluation

__all__ = ["Certificate", "ResidualNorms", "certify"]

Float64Array = NDArray[np.float64]
_TOLERANCE = _core.TRUSTED_OF_RANGE
_OF_DEVIATION = _core.TRUSTED_OF_DEVIATION  # times the tolerance
_MOST_UNSEEN = 5e-4  # of the range of u, by sources narrower than the cells: their size is known but roughly
_PARTS = {
    "grid": "what the grid would still add",
    "change": "what the finer grid changes",
    "sources": "sources narrower than the cells",
    "flux": "flux at the interface between the nodes",
}


@dataclass(frozen=True, kw_only=True)
class ResidualNorms:
    """Size of one kind of residual.

    Attributes:
        rms: Root of the mean square.
        max: Largest absolute value.
        relative: ``rms`` over the size of the quantity it concerns; nan where that is not defined.
        points: At how many points.
    """

    rms: float
    max: float
    points: int
    relative: float = math.nan


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What was found about a solution; printing shows it as a table.

    Attributes:
        cells: Of the finer grid, along x, y, z.
        estimated_rmse: Estimate of the RMS error of u over the box, in units of u.
        estimated_max: The same of the largest error, of what the grids see.
        range: Largest u less the smallest, at most ten standard deviations: what errors are compared with, since u has
            no zero of its own, and peaks excuse no error elsewhere.
        tolerance: ``estimated_rmse`` over ``range`` up to which the solution is trusted; of the standard deviation of u
            it may be twice as much.
        parts: What the estimate is made of, RMS in units of u: "grid", "change", "sources", "flux".
        places: Where most of "sources" and "flux" is, (x, y, z).
        boundary: u - g on the box boundary, where its flux is given the residual of that as a value of u; and over
            a period that of the jump of u; relative to the range.
        jump_u: u+ - u- minus the given jump on the interface, relative to the range; None without interface.
        jump_flux: The same for the jump of the flux, relative to the larger of the two fluxes.
        trusted: Whether nothing speaks against the solution.
        reasons: What does.
    """

    cells: tuple[int, int, int]
    estimated_rmse: float
    estimated_max: float
    range: float
    tolerance: float
    parts: dict[str, float]
    places: dict[str, tuple[float, float, float]]
    boundary: ResidualNorms
    jump_u: ResidualNorms | None
    jump_flux: ResidualNorms | None
    trusted: bool
    reasons: tuple[str, ...]

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Certificate:
        """Return the certificate that ``dataclasses.asdict`` took apart, also by way of ``as_json``."""
        norms = {
            name: None if given[name] is None else ResidualNorms(**with_nan(ResidualNorms, given[name]))
            for name in ("boundary", "jump_u", "jump_flux")
        }
        places = {
            name: tuple(math.nan if at is None else at for at in place) for name, place in given["places"].items()
        }
        tuples = {"cells": tuple(given["cells"]), "reasons": tuple(given["reasons"])}
        parts = {name: math.nan if value is None else value for name, value in given["parts"].items()}
        return cls(**{**with_nan(cls, given), **norms, **tuples, "places": places, "parts": parts})

    @property
    def relative(self) -> float:
        """``estimated_rmse`` over ``range``."""
        return self.estimated_rmse / self.range if self.range > 0 else (0.0 if self.estimated_rmse == 0 else math.inf)

    @property
    def verdict(self) -> str:
        """One line: whether to trust the solution, and why not."""
        if not self.trusted:
            return f"not trusted: {'; '.join(self.reasons)}"
        return f"trusted: estimated RMS error {self.estimated_rmse:.1e}, {100 * self.relative:.2g} % of the range of u"

    def __str__(self) -> str:
        lines = [f"{'':<40}{'RMS':>10}{'of range':>10}"]
        for name, value in self.parts.items():
            relative = value / self.range if self.range > 0 else math.nan
            lines.append(f"{_PARTS[name]:<40}{value:>10.1e}{relative:>10.1e}")
        lines.append(f"{'estimated error of u':<40}{self.estimated_rmse:>10.1e}{self.relative:>10.1e}")
        lines.append(f"{'residual':<22}{'rms':>10}{'max':>10}{'relative':>10}{'points':>8}")
        for name, norms in (("u - g", self.boundary), ("jump of u", self.jump_u), ("jump of flux", self.jump_flux)):
            if norms is not None:
                of_size = "" if math.isnan(norms.relative) else f"{norms.relative:.1e}"
                lines.append(f"{name:<22}{norms.rms:>10.1e}{norms.max:>10.1e}{of_size:>10}{norms.points:>8}")
        return "\n".join([*lines, self.verdict])


def certify(
    solution: Evaluation, problem: Problem, *, cells: int | None, points: int, seed: int, tolerance: float | None
) -> Certificate:
    """Examine a solution; see :meth:`nbm.Solution.certify`."""
    problem = linearized(as_instance(problem, "problem", Problem, "nbm.Problem(...)"), solution)
    if problem.box != solution.box:
        raise InvalidArgument(f"problem: its box is {problem.box}, expected that of the solution", "problem")
    as_integer(points, "points", 100)
    as_seed(seed)
    if tolerance is not None and not as_real(tolerance, "tolerance") > 0:
        raise InvalidArgument(f"tolerance: got {tolerance}, expected a positive number", "tolerance")
    if cells is None:
        corrected = solution.info.get("correction_cells", "").split()
        cells = max((int(count) for count in corrected), default=64)
    as_integer(cells, "cells", 32, 512)
    try:
        estimate = _core.estimate_error(problem.native, solution.native, cells, solution.threads)
    except NbmError as error:
        if isinstance(error, InvalidArgument):
            raise
        estimate = failed_estimate()
        return make_certificate(solution, problem, estimate, points, seed, tolerance, (f"no estimate: {error}",))
    return make_certificate(solution, problem, estimate, points, seed, tolerance)


def failed_estimate() -> dict[str, Any]:
    """Return what is known where the grids could not be solved: nothing."""
    nowhere = (math.nan,) * 3
    return {
        "cells": (0, 0, 0),
        "rms": math.inf,
        "max": math.inf,
        "range": math.nan,
        "parts": {},
        "source_place": nowhere,
        "flux_place": nowhere,
    }


def make_certificate(
    solution: Evaluation,
    problem: Problem,
    estimate: Mapping[str, Any],
    points: int = 20_000,
    seed: int = 0,
    tolerance: float | None = None,
    reasons: tuple[str, ...] = (),
    interface: tuple[Float64Array, Float64Array] | None = None,
) -> Certificate:
    """Return the certificate of an estimate of the engine, with the residuals of boundary and jumps beside it.

    ``interface``: points and normals where the jumps are looked at; drawn where they are not given.
    """
    spread = estimate["range"]
    if interface is None:
        interface = Sampler(problem, seed=seed, threads=solution.threads).on_interface(2**40, points // 5)
    jump_u, jump_flux = _jumps(solution, problem, *interface, spread)
    limit = _TOLERANCE if tolerance is None else float(tolerance)
    why = reasons or _reasons(estimate, limit)
    return Certificate(
        cells=tuple(estimate["cells"]),
        estimated_rmse=estimate["rms"],
        estimated_max=estimate["max"],
        range=spread,
        tolerance=limit,
        parts=dict(estimate["parts"]),
        places={"sources": tuple(estimate["source_place"]), "flux": tuple(estimate["flux_place"])},
        boundary=_boundary(solution, problem, points // 5, seed, spread),
        jump_u=jump_u,
        jump_flux=jump_flux,
        trusted=not why,
        reasons=why,
    )


def _reasons(estimate: Mapping[str, Any], tolerance: float) -> tuple[str, ...]:
    reasons: list[str] = []
    spread, rms, parts = estimate["range"], estimate["rms"], estimate["parts"]
    if parts["sources"] > _MOST_UNSEEN * spread:
        at = _place(estimate["source_place"])
        reasons.append(f"a source near {at} is narrower than the cells of the grid that looks at it")
    if not rms <= tolerance * spread:  # also NaN
        percent = 100 * rms / spread if spread > 0 else math.inf
        largest = max(parts, key=lambda name: parts[name])
        where = f" near {_place(estimate['flux_place'])}" if largest == "flux" else ""
        reasons.append(
            f"the estimated RMS error is {percent:.2g} % of the range of u, mostly {_PARTS[largest]}{where},"
            f" more than the {100 * tolerance:.2g} % trusted"
        )
    elif rms > _OF_DEVIATION * tolerance * estimate["deviation"]:
        percent = 100 * rms / estimate["deviation"]
        reasons.append(
            f"the estimated RMS error is {percent:.2g} % of the standard deviation of u, more than the"
            f" {100 * _OF_DEVIATION * tolerance:.2g} % trusted"
        )
    return tuple(reasons)


def _place(point: tuple[float, float, float]) -> str:
    return f"({', '.join(f'{coordinate:.3g}' for coordinate in point)})"


def _boundary(solution: Evaluation, problem: Problem, count: int, seed: int, spread: float) -> ResidualNorms:
    lower, upper = np.asarray(problem.box.lower), np.asarray(problem.box.upper)
    points = np.random.default_rng(seed).uniform(lower, upper, (count, 3))
    face = np.arange(count) % 6
    points[np.arange(count), face // 2] = np.where(face % 2 == 0, lower[face // 2], upper[face // 2])
    native, side = problem.native, solution.side(points)
    misses = np.empty(count)
    periodic = np.isin(face // 2, [AXES.index(axis) for axis in problem.periods])
    misses[periodic] = _period_misses(solution, problem, points[periodic], face[periodic] // 2)
    for number, gradient_of in enumerate((solution.gradient_minus, solution.gradient_plus)):
        own = np.flatnonzero((side == number) & ~periodic)
        value, slope, wanted = _core.boundary_conditions(native, number, points[own])
        misses[own] = value * solution(points[own], outside="extrapolate") - wanted
        if problem.has_flux_walls and own.size:
            misses[own] += np.sum(slope * gradient_of(points[own]), axis=1)
    return _norms(misses, spread)


def _period_misses(
    solution: Evaluation, problem: Problem, points: Float64Array, axes: NDArray[np.intp]
) -> Float64Array:
    """Return u on upper walls less u on the lower ones and the jump."""
    lower, upper, misses = points.copy(), points.copy(), np.empty(len(points))
    for axis in np.unique(axes):
        own = axes == axis
        lower[own, axis], upper[own, axis] = problem.box.lower[axis], problem.box.upper[axis]
        jump = problem.fields[f"walls.{AXES[axis]}.jump"].evaluate(lower[own])
        minus, plus = (of_side(upper[own]) - of_side(lower[own]) for of_side in (solution.minus, solution.plus))
        misses[own] = (
            np.where(solution.side(lower[own]) == 0, minus, plus) - jump
        )  # that of the upper wall may be rounded
    return misses


def _jumps(
    solution: Evaluation, problem: Problem, points: Float64Array, normals: Float64Array, spread: float
) -> tuple[ResidualNorms | None, ResidualNorms | None]:
    if len(points) == 0:
        return None, None
    native = problem.native
    sides = ((native.minus.mu, solution.gradient_minus), (native.plus.mu, solution.gradient_plus))
    fluxes = [mu.evaluate(points) * np.sum(gradient(points) * normals, axis=1) for mu, gradient in sides]
    value, flux = jump_errors(problem, points, (solution.minus(points), solution.plus(points)), fluxes)
    return _norms(value, spread), _norms(flux, max(_rms(one) for one in fluxes))


def _norms(values: Float64Array, size: float) -> ResidualNorms:
    rms, largest = _rms(values), float(np.abs(values).max(initial=0.0))
    return ResidualNorms(rms=rms, max=largest, points=values.size, relative=rms / size if size > 0 else math.nan)


def _rms(values: Any) -> float:
    return math.sqrt(float(np.mean(np.square(values))))
