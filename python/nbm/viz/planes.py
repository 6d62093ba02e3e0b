"""Points of planes through a box, and of uniform grids over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbm.arguments import as_integer, as_real
from nbm.box import Box
from nbm.errors import InvalidArgument
from nbm.geometry.arguments import axis_number

if TYPE_CHECKING:
    from nbm.evaluation import Evaluation

__all__ = ["Plane", "grid_axes", "plane", "telling_plane"]

Float64Array = NDArray[np.float64]
_MOST_POINTS = 2**14  # along an edge of a picture
_COARSE = 32  # points along an edge, to choose a plane by
_TELLING = 0.2  # of what u differs by beside the middle: less is nearly constant
_ROUND_OFF = 1e-6


@dataclass(frozen=True, kw_only=True)
class Plane:
    """Points of a plane.

    Attributes:
        points: (ny, nx, 3), box coordinates.
        horizontal: (nx,) coordinates along the first of the two axes in the plane.
        vertical: (ny,) coordinates along the second.
        axes: Numbers of these axes, and of the normal.
        position: Of the plane on its normal.
    """

    points: Float64Array
    horizontal: Float64Array
    vertical: Float64Array
    axes: tuple[int, int, int]
    position: float

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of points, (ny, nx)."""
        return self.points.shape[0], self.points.shape[1]


def plane(box: Box, axis: str, position: float | None, resolution: int) -> Plane:
    """Return the points of a plane; ``position`` None is the middle, ``resolution`` the points of the longer edge.

    Raises:
        InvalidArgument: no such axis, a plane outside of the box, or fewer than two points.
    """
    normal = axis_number(axis)
    as_integer(resolution, "resolution", 2, _MOST_POINTS)
    across, up = [other for other in range(3) if other != normal]
    lower, upper = np.asarray(box.lower), np.asarray(box.upper)
    level = float((lower[normal] + upper[normal]) / 2) if position is None else as_real(position, "position")
    if not lower[normal] <= level <= upper[normal]:
        bounds = f"[{lower[normal]}, {upper[normal]}]"
        raise InvalidArgument(f"position: got {level}, expected a plane in the box, {axis} in {bounds}", "position")
    edges = upper - lower
    scale = resolution / max(edges[across], edges[up])
    horizontal = np.linspace(lower[across], upper[across], max(2, round(scale * edges[across])))
    vertical = np.linspace(lower[up], upper[up], max(2, round(scale * edges[up])))
    points = np.empty((len(vertical), len(horizontal), 3))
    points[..., normal] = level
    points[..., across] = horizontal[None, :]
    points[..., up] = vertical[:, None]
    return Plane(points=points, horizontal=horizontal, vertical=vertical, axes=(across, up, normal), position=level)


def telling_plane(solution: Evaluation, axis: str | None, position: float | None) -> tuple[str, float]:
    """Return axis and position of a plane that shows how u differs, where these are not given.

    The middle plane on which u differs most; or, where symmetry makes u nearly constant on the middle planes, one that
    is a quarter of an edge beside the middle.
    """
    names = ("z", "y", "x") if axis is None else (axis,)
    spread, name, at = _liveliest(solution, names, 0.5)
    if position is not None:
        return name, as_real(position, "position")
    beside = _liveliest(solution, names, 0.25)
    return (name, at) if spread >= _TELLING * beside[0] else beside[1:]


def _liveliest(solution: Evaluation, names: Sequence[str], part: float) -> tuple[float, str, float]:
    """Return how much u differs on the plane where it does most, normal and place; the first of planes that are equal.

    The planes are ``part`` of an edge away from the upper end.
    """
    found = []
    for name in names:
        a = axis_number(name)
        at = part * solution.box.lower[a] + (1 - part) * solution.box.upper[a]
        values = solution(plane(solution.box, name, at, _COARSE).points.reshape(-1, 3))
        found.append((float(np.std(values)), name, at))
    largest = max(spread for spread, _, _ in found)
    return next(one for one in found if one[0] >= (1 - _ROUND_OFF) * largest)


def grid_axes(box: Box, cells: int) -> list[Float64Array]:
    """Return the coordinates along x, y, z of a grid with ``cells`` along the longest edge and cells nearly cubes."""
    as_integer(cells, "cells", 4, _MOST_POINTS)
    counts = [max(4, round(cells * edge / max(box.edge))) for edge in box.edge]
    return [np.linspace(box.lower[a], box.upper[a], counts[a] + 1) for a in range(3)]
