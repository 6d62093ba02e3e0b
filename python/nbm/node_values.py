"""The classical solution at the nodes of a grid; :func:`nbm.solve_on_grid` makes a solution of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.problem import Problem
from nbm.rows import cell_counts, grid_points

__all__ = ["NodeValues", "solve_nodes"]


@dataclass(frozen=True, kw_only=True, eq=False)
class NodeValues:
    """u at nodes in C order of ``shape``.

    Attributes:
        points: (n, 3) nodes, box coordinates.
        values: (n,) u at the nodes, each on its own side.
        shape: Nodes per axis.
        solved: All that the engine returned.
    """

    points: NDArray[np.float64]
    values: NDArray[np.float64]
    shape: tuple[int, int, int]
    solved: dict[str, Any]


def solve_nodes(
    problem: Problem, cells: int | Sequence[int], *, tolerance: float = 1e-10, threads: int = 0
) -> NodeValues:
    """Solve at the nodes; arguments and errors as for :func:`nbm.solve_on_grid`."""
    counts = cell_counts(cells)
    solved = _core.solve_on_grid(problem.native, counts, tolerance, threads)
    shape = (counts[0] + 1, counts[1] + 1, counts[2] + 1)
    return NodeValues(points=grid_points(problem.box, shape), values=solved["values"], shape=shape, solved=solved)
