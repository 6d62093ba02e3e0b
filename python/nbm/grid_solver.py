"""The classical solver: the same rows on a uniform grid, solved as one sparse system (docs/method.md, section 9).

It needs no network: an independent check of a trained solution, and a solver where the scheme's accuracy is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.error_norms import ErrorNorms, error_norms
from nbm.rows import cell_counts, grid_points
from nbm.solution import Solution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbm.problem import Problem

__all__ = ["GridSolution", "solve_on_grid"]

Float64Array = NDArray[np.float64]


class GridSolution(Solution):
    """The classical solution: u at the nodes of a uniform grid, and a :class:`Solution` everywhere in the box.

    Between the nodes each side is interpolated by cubics from its own nodes and a continuation beyond the interface, so
    that nothing is averaged across a jump. Nodes are in C order of ``shape``. A model file keeps the function, and
    :func:`nbm.load` returns it as a plain :class:`Solution`.

    Attributes:
        points: (n, 3) nodes, box coordinates.
        values: (n,) u at the nodes, each on its own side.
        node_side: (n,) uint8, 0 where the level set is negative, 1 elsewhere.
        shape: Nodes per axis: cells + 1.
        residuals: Relative residual norms of the system, one an iteration; the last is that of ``values``.
        node_error: At the nodes against the exact solution, where the problem has one; else None.
    """

    def __init__(self, problem: Problem, shape: tuple[int, int, int], solved: dict[str, Any]) -> None:
        """Wrap what the native solver returned; :func:`solve_on_grid` does that."""
        super().__init__(solved["solution"])
        self.points: Float64Array = grid_points(problem.box, shape)
        self.values: Float64Array = solved["values"]
        self.node_side: NDArray[np.uint8] = solved["side"]
        self.shape = shape
        self.residuals: tuple[float, ...] = tuple(solved["residuals"])
        exact = getattr(problem, "exact", None)
        self.node_error: ErrorNorms | None = (
            None if exact is None else error_norms(self.values, exact(self.points), self.points)
        )

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
        cells: Cells per axis, a number or one per axis, 3 to 640.
        tolerance: Residual of the system relative to its right side.
        threads: Threads to work with; 0 means all cores. The result has the same bits for any number.

    Raises:
        InvalidArgument: an unusable number of cells or tolerance.
        InvalidField: a coefficient that is not finite, or a mu that is not positive.
        NbmError: the iteration did not reach the tolerance.
    """
    counts = cell_counts(cells)
    solved = _core.solve_on_grid(problem.native, counts, tolerance, threads)
    return GridSolution(problem, (counts[0] + 1, counts[1] + 1, counts[2] + 1), solved)
