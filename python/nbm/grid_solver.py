"""The classical solver: the same rows on a uniform grid, solved as one sparse system (docs/method.md, section 9).

It needs no network: an independent check of a trained solution, and a solver where the scheme's accuracy is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm.arguments import as_instance, as_threads
from nbm.error_norms import ErrorNorms, error_norms
from nbm.newton import newton_nodes
from nbm.node_values import NodeValues, solve_nodes
from nbm.problem import Problem
from nbm.solution import Solution

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

    def __init__(self, problem: Problem, nodes: NodeValues) -> None:
        """Wrap what the native solver returned; :func:`solve_on_grid` does that."""
        super().__init__(nodes.solved["solution"], level_set=problem.fields["level_set"])
        self.points: Float64Array = nodes.points
        self.values: Float64Array = nodes.values
        self.node_side: NDArray[np.uint8] = nodes.solved["side"]
        self.shape = nodes.shape
        self.residuals: tuple[float, ...] = tuple(nodes.solved["residuals"])
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

    Second order in the cell size. 64 cells per axis take about a second, 128 some ten seconds and 1 GB; problems with
    reactions (:class:`nbm.Medium`) about five times as long.

    Args:
        problem: The interface problem.
        cells: Cells per axis, a number or one per axis, 3 to 640.
        tolerance: Residual of the system relative to its right side.
        threads: Threads to work with; 0 means all cores. The result has the same bits for any number.

    Raises:
        InvalidArgument: an unusable number of cells or tolerance.
        InvalidField: a coefficient that is not finite, or a mu that is not positive.
        NbmError: the iteration did not reach the tolerance.
        NotConverged: Newton's method, for a problem with reactions, did not converge.
    """
    as_instance(problem, "problem", Problem, "nbm.Problem(...)")
    options: dict[str, Any] = {"tolerance": tolerance, "threads": as_threads(threads)}
    if not problem.is_linear:
        return GridSolution(problem, newton_nodes(problem, cells, **options))
    return GridSolution(problem, solve_nodes(problem, cells, **options))
