"""A solution, and the same as the classical solver sees it on two grids, which tells the error of quantities."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.problem import Problem

if TYPE_CHECKING:
    from nbm.evaluation import Evaluation

__all__ = ["Look", "Looks"]

Float64Array = NDArray[np.float64]
Look = tuple[Float64Array, Float64Array]  # u (n,) and its gradient (n, 3), empty where that is not wanted
_CELLS = 64  # of the finer grid along the longest edge, unless the solution has a grid of its own
_FEWEST_CELLS = 48  # along the longest edge of a solution's own grid, for it to be the finer one
_LEAST = 16  # cells along an axis of the finer grid


class Looks:
    """u of a solution, and of it without its correction but with what two grids, one twice as fine, miss in that.

    Attributes:
        coarse_cell: Edge of a cell of the coarser grid, the geometric mean.
    """

    def __init__(self, solution: Evaluation, problem: Problem) -> None:
        """Solve on the grids; one that the solution has already, if it is fine enough, is the finer one."""
        native, self._threads = solution.native, solution.threads
        self._base = native.uncorrected()
        own = cast("Float64Array | None", native.correction)
        cells = _cells(problem)
        if own is not None and max(own.shape[1:]) > _FEWEST_CELLS and min(own.shape[1:]) > _LEAST:
            cells = np.array(own.shape[1:]) - 1
        self.coarse_cell = float(np.prod(np.asarray(problem.box.edge) / (cells // 2)) ** (1 / 3))
        itself = None if own is None else native.correction_alone()
        reused = own is not None and tuple(cells + 1) == own.shape[1:]
        self._added = (
            itself,
            itself if reused else self._missing(problem, cells),
            self._missing(problem, cells // 2),
        )

    def own(self, points: Float64Array, side: int, *, gradient: bool = False) -> Look:
        """Return u of a side, or where that is negative of each point's, and its gradient if wanted."""
        return self._sum(self._evaluate(self._base, points, side, gradient), 0, points, side, gradient)

    def all(self, points: Float64Array, side: int, *, gradient: bool = False) -> tuple[Look, Look, Look]:
        """Return the same of the solution, by the finer grid and by the coarser one."""
        base = self._evaluate(self._base, points, side, gradient)
        first, second, third = (self._sum(base, i, points, side, gradient) for i in range(3))
        return first, second, third

    def _sum(self, base: Look, which: int, points: Float64Array, side: int, gradient: bool) -> Look:
        added = self._added[which]
        if added is None:
            return base
        u, slope = self._evaluate(added, points, side, gradient)
        return base[0] + u, base[1] + slope

    def _missing(self, problem: Problem, cells: NDArray[np.int64]) -> _core.Solution:
        x, y, z = cells.tolist()
        return _core.correct(problem.native, self._base, (x, y, z), 1e-8, self._threads).correction_alone()

    def _evaluate(self, solution: _core.Solution, points: Float64Array, side: int, gradient: bool) -> Look:
        at = np.ascontiguousarray(points)
        if gradient and side < 0:
            return solution.evaluate_gradient(at, self._threads, "float64")
        if gradient:
            return solution.evaluate_gradient_side(side, at, self._threads, "float64")
        none = np.zeros((0, 3))
        if side < 0:
            return solution.evaluate(at, self._threads, "float64"), none
        return solution.evaluate_side(side, at, self._threads, "float64"), none


def _cells(problem: Problem) -> NDArray[np.int64]:
    edge = np.asarray(problem.box.edge)
    return np.asarray(np.maximum(_LEAST, 2 * np.round(0.5 * _CELLS * edge / edge.max()).astype(np.int64)))
