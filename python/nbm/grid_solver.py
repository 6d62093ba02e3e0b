"""The classical solver: the same rows on a uniform grid, solved as one sparse system (docs/method.md, section 9).

It needs no network: an independent check of a trained solution, and a solver where values on a grid are enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.error_norms import ErrorNorms, error_norms
from nbm.rows import cell_counts, grid_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbm.problem import Problem

__all__ = ["GridSolution", "solve_on_grid"]

Float64Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class GridSolution:
    """u at the nodes of a uniform grid; nodes in C order of ``shape``.

    Attributes:
        points: (n, 3) nodes, box coordinates.
        values: (n,) u at the nodes.
        side: (n,) uint8, 0 where the level set is negative, 1 elsewhere.
        shape: Nodes per axis: cells + 1.
        residuals: Relative residual norms of the system, one an iteration; the last is that of ``values``.
        error: Against the exact solution, where the problem has one; else None.
    """

    points: Float64Array
    values: Float64Array
    side: NDArray[np.uint8]
    shape: tuple[int, int, int]
    residuals: tuple[float, ...]
    error: ErrorNorms | None

    def on_grid(self) -> Float64Array:
        """Return the values as an array of ``shape``, indexed by x, y, z."""
        return self.values.reshape(self.shape)


def solve_on_grid(
    problem: Problem, cells: int | Sequence[int] = 64, *, tolerance: float = 1e-10, threads: int = 0
) -> GridSolution:
    """Solve the problem on the nodes of a uniform grid by a Krylov method with algebraic multigrid.

    Second order in the cell size. 64 cells per axis take about a second, 128 some ten seconds and 1 GB.

    Args:
        problem: The interface problem.
        cells: Cells per axis, a number or one per axis, 2 to 640.
        tolerance: Residual of the system relative to its right side.
        threads: Threads to work with; 0 means all cores. The result has the same bits for any number.

    Raises:
        InvalidArgument: an unusable number of cells or tolerance.
        InvalidField: a coefficient that is not finite, or a mu that is not positive.
        NbmError: the iteration did not reach the tolerance.
    """
    counts = cell_counts(cells)
    solved = _core.solve_on_grid(problem.native, counts, tolerance, threads)
    shape = (counts[0] + 1, counts[1] + 1, counts[2] + 1)
    points = grid_points(problem.box, shape)
    exact = getattr(problem, "exact", None)
    return GridSolution(
        points=points,
        values=solved["values"],
        side=solved["side"],
        shape=shape,
        residuals=tuple(solved["residuals"]),
        error=None if exact is None else error_norms(solved["values"], exact(points), points),
    )
