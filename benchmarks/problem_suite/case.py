"""What a case of the suite is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import nbm

Float64Array = NDArray[np.float64]

POINTS, POINT_SEED = 6000, 7


@dataclass(frozen=True, kw_only=True)
class Bars:
    """What ``nbm.solve`` has to reach on a case.

    Attributes:
        rms: RMS error over the size of u; inf where only the grid is the bar.
        of_grid: RMS error over that of ``nbm.solve_on_grid(problem, cells=64)`` at the same points.
        seconds: On two cores that do nothing else.
    """

    rms: float
    of_grid: float
    seconds: float = 20.0


SMOOTH = Bars(rms=2e-5, of_grid=0.1)  # a formula, and an interface that is smooth and well inside of the box
BALL = Bars(rms=np.inf, of_grid=0.1)  # a formula, but a thin layer or a small piece
GRID = Bars(rms=np.inf, of_grid=1.0)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A problem, points, and u there.

    Attributes:
        title: What it is, in a few words.
        problem: The statement.
        points: (n, 3), box coordinates; training does not know them.
        truth: (n,) u at the points.
        truth_error: RMS error of ``truth`` itself, units of u; 0 for formulas.
        offset: A constant in u that no error is measured against, such as 300 kelvin.
        bars: What has to be reached.
    """

    title: str
    problem: nbm.Problem
    points: Float64Array
    truth: Float64Array
    bars: Bars
    truth_error: float = 0.0
    offset: float = 0.0

    @property
    def size(self) -> float:
        """Largest absolute value of u less its offset: what errors are measured against."""
        return float(np.abs(self.truth - self.offset).max())


def random_points(box: nbm.Box) -> Float64Array:
    """Return the points of a case without points of its own."""
    return np.random.default_rng(POINT_SEED).uniform(box.lower, box.upper, (POINTS, 3))


def cube_of(half: float) -> nbm.Box:
    """Return the box from -half to half on every axis."""
    return nbm.Box((-half,) * 3, (half,) * 3)
