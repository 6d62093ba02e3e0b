"""How far a solution is from a known one, measured off the training points."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbm.errors import InvalidField

__all__ = ["ErrorNorms", "error_norms", "low_discrepancy_points", "points_near_interface"]

Float64Array = NDArray[np.float64]

# The additive recurrence of the generalised golden ratio in three dimensions, the root of g^4 = g + 1.
_GOLDEN = 1.2207440846057596
_STEPS = np.array([_GOLDEN**-1, _GOLDEN**-2, _GOLDEN**-3])


@dataclass(frozen=True, kw_only=True)
class ErrorNorms:
    """Differences of a solution from the exact one.

    Attributes:
        linf: The largest absolute error.
        rmse: The root of the mean squared error.
        relative_linf: ``linf`` over the largest absolute value of the exact solution (nan where that is 0).
        points: How many points they were measured at.
    """

    linf: float
    rmse: float
    relative_linf: float
    points: int

    def __str__(self) -> str:
        return (
            f"L-infinity {self.linf:.3e}, RMSE {self.rmse:.3e}, relative L-infinity {self.relative_linf:.3e} "
            f"at {self.points} points"
        )


def error_norms(values: Float64Array, exact: Float64Array, points: Float64Array) -> ErrorNorms:
    """Compare values (n,) with exact ones (n,) at points (n, 3).

    Raises:
        InvalidField: the exact solution is not finite at one of the points.
    """
    finite = np.isfinite(exact)
    if not finite.all():
        at = int(np.argmin(finite))
        where = (float(points[at, 0]), float(points[at, 1]), float(points[at, 2]))
        message = f"the exact solution is {exact[at]} at {where}, expected a finite value"
        raise InvalidField(message, "exact", float(exact[at]), where)
    error = np.abs(values - exact)
    linf = float(error.max(initial=0.0))
    size = float(np.abs(exact).max(initial=0.0))
    rmse = math.sqrt(float(np.mean(error**2))) if error.size else 0.0
    return ErrorNorms(linf=linf, rmse=rmse, relative_linf=linf / size if size > 0 else math.nan, points=error.size)


def low_discrepancy_points(lower: Float64Array, upper: Float64Array, count: int, first: int = 0) -> Float64Array:
    """Return points number ``first`` to ``first + count`` of an evenly spread sequence over a box, (count, 3)."""
    number = np.arange(first + 1, first + count + 1, dtype=np.float64)[:, None]
    return np.asarray(lower + (upper - lower) * ((0.5 + number * _STEPS) % 1.0), dtype=np.float64)


def points_near_interface(
    level_set: Callable[[Float64Array], Float64Array],
    lower: Float64Array,
    upper: Float64Array,
    distance: float,
    count: int,
    most_candidates: int = 4_000_000,
) -> Float64Array:
    """Return at most ``count`` points with |phi|/|grad phi|, the distance from the interface, below ``distance``.

    Fewer, or none, where the interface is too small or absent for ``most_candidates`` trial points.
    """
    found: list[Float64Array] = []
    missing, first, block = count, 0, 200_000
    step = 1e-4 * (upper - lower)
    while missing > 0 and first < most_candidates:
        points = low_discrepancy_points(lower, upper, block, first)
        first += block
        phi = level_set(points)
        gradient = np.stack([_slope(level_set, points, step, axis) for axis in range(3)])
        near = points[np.abs(phi) < distance * np.linalg.norm(gradient, axis=0)][:missing]
        found.append(near)
        missing -= len(near)
    return np.concatenate(found)


def _slope(
    level_set: Callable[[Float64Array], Float64Array], points: Float64Array, step: Float64Array, axis: int
) -> Float64Array:
    shift = np.zeros(3)
    shift[axis] = step[axis]
    return np.asarray((level_set(points + shift) - level_set(points - shift)) / (2 * step[axis]))
