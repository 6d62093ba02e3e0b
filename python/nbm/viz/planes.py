"""Points of planes through a box, and of uniform grids over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbm.box import Box
from nbm.errors import InvalidArgument
from nbm.geometry.arguments import axis_number

__all__ = ["Plane", "grid_axes", "plane"]

Float64Array = NDArray[np.float64]


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
    if resolution < 2:
        raise InvalidArgument(f"resolution: got {resolution}, expected at least 2", "resolution")
    across, up = [other for other in range(3) if other != normal]
    lower, upper = np.asarray(box.lower), np.asarray(box.upper)
    level = float((lower[normal] + upper[normal]) / 2) if position is None else float(position)
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


def grid_axes(box: Box, cells: int) -> list[Float64Array]:
    """Return the coordinates along x, y, z of a grid with ``cells`` along the longest edge and cells nearly cubes."""
    counts = [max(4, round(cells * edge / max(box.edge))) for edge in box.edge]
    return [np.linspace(box.lower[a], box.upper[a], counts[a] + 1) for a in range(3)]
