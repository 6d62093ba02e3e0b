"""A solution at the nodes of a uniform grid over its box, as VTK image data; see :meth:`nbm.Solution.to_vtk`."""

from __future__ import annotations

import operator
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbm.errors import InvalidArgument
from nbm.host_solution import sides_of
from nbm.vtk_image import write_vti

if TYPE_CHECKING:
    from nbm.solution import Solution

__all__ = ["write_grid"]

_FIELDS = ("u", "side", "level_set", "gradient")


def write_grid(solution: Solution, path: str | os.PathLike[str], shape: Sequence[int], fields: Sequence[str]) -> None:
    """Write ``fields`` at the nodes of a grid of ``shape`` (x, y, z), first and last nodes on the box."""
    nodes = _three_nodes(shape)
    unknown = [name for name in fields if name not in _FIELDS]
    if unknown:
        raise InvalidArgument(f"fields: got {unknown[0]!r}, expected any of {', '.join(_FIELDS)}", "fields")
    lower, upper = (np.asarray(corner, dtype=np.float64) for corner in (solution.box.lower, solution.box.upper))
    axes = [np.linspace(lower[axis], upper[axis], nodes[axis]) for axis in range(3)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    spacing = (upper - lower) / (np.asarray(nodes) - 1)
    samples = _sample(solution, points, fields)
    grids = {name: values.reshape(*nodes, *values.shape[1:]) for name, values in samples.items()}
    write_vti(path, solution.box.lower, tuple(spacing.tolist()), nodes, grids)


def _sample(solution: Solution, points: NDArray[np.float64], fields: Sequence[str]) -> dict[str, NDArray[Any]]:
    samples: dict[str, NDArray[Any]] = {}
    if "gradient" in fields:
        samples["u"], samples["gradient"] = solution.value_and_gradient(points)
    elif "u" in fields:
        samples["u"] = solution(points)
    if "side" in fields or "level_set" in fields:
        samples["level_set"] = solution.level_set(points)
        samples["side"] = sides_of(samples["level_set"])
    return {name: samples[name] for name in fields}


def _three_nodes(shape: Sequence[int]) -> tuple[int, int, int]:
    try:
        nodes = [operator.index(count) for count in shape]
    except TypeError:
        nodes = []
    if len(nodes) != 3 or min(nodes) < 2:
        raise InvalidArgument(f"shape: got {shape}, expected three numbers of nodes of at least 2", "shape")
    return nodes[0], nodes[1], nodes[2]
