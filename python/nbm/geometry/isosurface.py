"""Surfaces of level sets on grids as triangles, and distances from them on the grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm.geometry.packages import package, scipy_module

__all__ = ["isosurface", "redistance"]

Float64Array = NDArray[np.float64]
Int64Array = NDArray[np.int64]
_BAND = 4  # nodes from the surface within which the distance is that to the triangles


def isosurface(
    values: Float64Array, origin: Float64Array, spacing: Float64Array, level: float = 0.0
) -> tuple[Float64Array, Int64Array]:
    """Return vertices (n, 3) and triangles (m, 3) of ``values`` = level by marching cubes, outward from smaller values.

    Args:
        values: (nx, ny, nz) at ``origin + (i, j, k) * spacing``.
        origin: (3,) the node (0, 0, 0).
        spacing: (3,) distances of neighbouring nodes.
        level: Which surface. Nodes exactly on it count as outside.
    """
    igl = package("igl", "surfaces of grids", "libigl")
    shifted = values - level
    shifted = np.where(shifted == 0.0, np.finfo(np.float64).tiny, shifted)
    low, high = _occupied(shifted)
    part = shifted[tuple(slice(low[a], high[a]) for a in range(3))]
    if min(part.shape) < 2:
        return np.empty((0, 3)), np.empty((0, 3), dtype=np.int64)
    axes = [origin[a] + spacing[a] * np.arange(low[a], high[a]) for a in range(3)]
    # libigl runs through x fastest.
    nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).transpose(2, 1, 0, 3).reshape(-1, 3)
    flat = np.ascontiguousarray(part.transpose(2, 1, 0).reshape(-1))
    vertices, faces, _ = igl.marching_cubes(flat, np.ascontiguousarray(nodes), *part.shape, 0.0)
    return np.ascontiguousarray(vertices), np.ascontiguousarray(faces)


def redistance(values: Float64Array, spacing: Float64Array) -> Float64Array:
    """Return the signed distance from the zero of ``values`` at the same nodes, with the same signs.

    Near the surface it is the exact distance to the triangles of marching cubes; further off it is that of the closest
    node of this band plus the distance from there, wrong by less than a spacing.
    """
    ndimage = scipy_module("ndimage")
    igl = package("igl", "distances on grids", "libigl")
    vertices, faces = isosurface(values, np.zeros(3), spacing)
    inside = values < 0
    if len(faces) == 0:
        return np.where(inside, -np.inf, np.inf)
    sign_changes = np.zeros(values.shape, dtype=bool)
    for axis in range(3):
        here, there = _pair(axis, slice(None, -1)), _pair(axis, slice(1, None))
        change = inside[here] != inside[there]
        sign_changes[here] |= change
        sign_changes[there] |= change
    band = ndimage.binary_dilation(sign_changes, iterations=_BAND)
    tree = igl.AABB()
    tree.init(vertices, faces)
    at = np.argwhere(band) * spacing
    distance = np.empty(values.shape)
    distance[band] = np.sqrt(tree.squared_distance(vertices, faces, np.ascontiguousarray(at))[0])
    if not band.all():
        beyond, nearest = ndimage.distance_transform_edt(~band, sampling=spacing, return_indices=True)
        distance[~band] = (beyond + distance[tuple(nearest)])[~band]
    return np.where(inside, -distance, distance)


def _occupied(values: Float64Array) -> tuple[list[int], list[int]]:
    """Return the first and one past the last node an axis of the part in which the sign changes."""
    inside = values < 0
    low, high = [], []
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        some, every = np.asarray(inside.any(axis=others)), np.asarray(inside.all(axis=others))
        mixed = np.flatnonzero(some & ~every)
        steps = np.flatnonzero(some[1:] != some[:-1])
        if mixed.size == 0 and steps.size == 0:
            low.append(0)
            high.append(0)
            continue
        ends = np.concatenate([mixed, steps, steps + 1])
        low.append(max(0, int(ends.min()) - 1))
        high.append(min(values.shape[axis], int(ends.max()) + 2))
    return low, high


def _pair(axis: int, part: slice) -> tuple[Any, ...]:
    return tuple(part if a == axis else slice(None) for a in range(3))
