"""Where u is largest or smallest: the best of many points, then a climb from there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbm.quadrature import Quadrature, project
from nbm.solution_looks import Looks

__all__ = ["climb", "highest"]

Float64Array = NDArray[np.float64]
_MOST_STEPS = 100
_SMALLEST = 1e-7  # of a cell
_AROUND = np.stack(np.meshgrid(*[(-1.0, 0.0, 1.0)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)


def highest(looks: Looks, quadrature: Quadrature, side: int, sign: float) -> tuple[int, Float64Array] | None:
    """Return the side and the point (3,) of the quadrature where ``sign`` times u is largest; None without any.

    Looked at are the side, its walls, the corners of the box that it has, and the interface.
    """
    box = quadrature.box
    corners = np.stack(np.meshgrid(*zip(box.lower, box.upper, strict=True), indexing="ij"), axis=-1).reshape(-1, 3)
    walls = quadrature.walls(tuple(range(6)), side).points
    inside = quadrature.volume(side).points
    if len(inside) == 0:
        return None
    points = np.concatenate([inside, walls, quadrature.interface().points, corners[_is_on(quadrature, corners, side)]])
    values = sign * looks.own(points, side)[0]
    return side, points[np.argmax(values)]


def climb(
    looks: Looks, quadrature: Quadrature, side: int, start: Float64Array, sign: float, of: int = 0
) -> tuple[float, Float64Array]:
    """Return u and the point (3,) where ``sign`` times u is largest around ``start``, within the closure of a side.

    Of the 26 neighbours at some distance the best is gone to; where there is none, the distance is halved. Neighbours
    beyond the interface are moved back onto it. ``of`` is the one of ``looks.all`` that is climbed on.
    """
    at, step = start, quadrature.spacing / 2
    best = sign * looks.all(at[None], side)[of][0][0]
    lower, upper = np.asarray(quadrature.box.lower), np.asarray(quadrature.box.upper)
    for _ in range(_MOST_STEPS):
        points = np.clip(at + step * _AROUND, lower, upper)
        beyond = ~_is_on(quadrature, points, side)
        if beyond.any():
            reach = 2 * float(step.max())
            points[beyond], met, _ = project(quadrature.level_set, points[beyond], quadrature.box, reach)
            points = np.concatenate([points[~beyond], points[beyond][met]])
        values = sign * looks.all(points, side)[of][0] if len(points) else np.array([-np.inf])
        if values.max() > best:
            best, at = values.max(), points[np.argmax(values)]
        else:
            step = step / 2
        if step.max() < _SMALLEST * quadrature.spacing.max():
            break
    return sign * float(best), at


def _is_on(quadrature: Quadrature, points: Float64Array, side: int) -> NDArray[np.bool_]:
    negative = quadrature.level_set(points) < 0
    return np.asarray(negative if side == 0 else ~negative)
