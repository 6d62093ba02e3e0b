"""A solution at the nodes of a uniform grid over its box, as VTK image data; see :meth:`nbm.Solution.to_vtk`."""

from __future__ import annotations

import operator
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.errors import InvalidArgument
from nbm.fields import GridField
from nbm.host_solution import sides_of
from nbm.rows import grid_points
from nbm.vtk_image import write_vti

if TYPE_CHECKING:
    from nbm.evaluation import Evaluation
    from nbm.problem import Problem

__all__ = ["write_grid"]

_OF_SOLUTION = ("u", "u_minus", "u_plus", "side", "level_set", "gradient")
_OF_PROBLEM = ("residual", "error", "estimate")
_FIELDS = (*_OF_SOLUTION, *_OF_PROBLEM)
_ESTIMATE_CELLS = 48
_ESTIMATE_TOLERANCE = 1e-8  # of the linear system


def write_grid(
    solution: Evaluation,
    path: str | os.PathLike[str],
    shape: Sequence[int],
    fields: Sequence[str],
    problem: Problem | None = None,
) -> None:
    """Write ``fields`` at the nodes of a grid of ``shape`` (x, y, z), first and last nodes on the box."""
    nodes = _three_nodes(shape)
    if isinstance(fields, str) or not isinstance(fields, Sequence):
        raise InvalidArgument(f"fields: got {fields!r}, expected a list of {', '.join(_FIELDS)}", "fields")
    unknown = [name for name in fields if name not in _FIELDS]
    if unknown:
        raise InvalidArgument(f"fields: got {unknown[0]!r}, expected any of {', '.join(_FIELDS)}", "fields")
    of_problem = [name for name in fields if name in _OF_PROBLEM]
    if of_problem and problem is None:
        raise InvalidArgument(f"problem: {of_problem[0]!r} is a field of a problem; pass problem=", "problem")
    lower, upper = (np.asarray(corner, dtype=np.float64) for corner in (solution.box.lower, solution.box.upper))
    axes = [np.linspace(lower[axis], upper[axis], nodes[axis]) for axis in range(3)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    spacing = (upper - lower) / (np.asarray(nodes) - 1)
    samples = _sample(solution, points, fields) | _sample_of_problem(solution, problem, points, of_problem)
    grids = {name: samples[name].reshape(*nodes, *samples[name].shape[1:]) for name in fields}
    write_vti(path, solution.box.lower, tuple(spacing.tolist()), nodes, grids)


def _sample(solution: Evaluation, points: NDArray[np.float64], fields: Sequence[str]) -> dict[str, NDArray[Any]]:
    samples: dict[str, NDArray[Any]] = {}
    if "gradient" in fields:
        samples["u"], samples["gradient"] = solution.value_and_gradient(points)
    elif "u" in fields:
        samples["u"] = solution(points)
    if "side" in fields or "level_set" in fields:
        samples["level_set"] = solution.level_set(points)
        samples["side"] = sides_of(samples["level_set"])
    if "u_minus" in fields:
        samples["u_minus"] = solution.minus(points)
    if "u_plus" in fields:
        samples["u_plus"] = solution.plus(points)
    return samples


def _sample_of_problem(
    solution: Evaluation, problem: Any, points: NDArray[np.float64], fields: Sequence[str]
) -> dict[str, NDArray[Any]]:
    samples: dict[str, NDArray[Any]] = {}
    if "residual" in fields:
        from nbm.viz.maps import equation_residual

        samples["residual"] = equation_residual(solution, problem, points)
    if "error" in fields:
        exact = getattr(problem, "exact", None)
        if exact is None:
            message = "fields: 'error' needs a problem whose solution is known; 'estimate' does not"
            raise InvalidArgument(message, "fields")
        samples["error"] = solution(points) - exact(points)
    if "estimate" in fields:
        samples["estimate"] = _grid_difference(solution, problem)(points)
    return samples


def _grid_difference(solution: Evaluation, problem: Problem) -> GridField:
    """Return how far the networks are from the classical solution, at the nodes of its grid."""
    cells, shape = (_ESTIMATE_CELLS,) * 3, (_ESTIMATE_CELLS + 1,) * 3
    classical = _core.solve_on_grid(problem.native, cells, _ESTIMATE_TOLERANCE, solution.threads)["values"]
    return GridField((solution(grid_points(problem.box, shape)) - classical).reshape(shape), problem.box, "linear")


def _three_nodes(shape: Sequence[int]) -> tuple[int, int, int]:
    try:
        nodes = [operator.index(count) for count in shape]
    except TypeError:
        nodes = []
    if len(nodes) != 3 or min(nodes) < 2:
        raise InvalidArgument(f"shape: got {shape}, expected three numbers of nodes of at least 2", "shape")
    return nodes[0], nodes[1], nodes[2]
