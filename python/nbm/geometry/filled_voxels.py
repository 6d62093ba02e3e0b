"""Surfaces from images whose voxels hold how much of them is filled, more exact than where values cross a threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbm.geometry.packages import scipy_module

__all__ = ["fit", "fractions", "keeping_volume", "volume_of"]

Float64Array = NDArray[np.float64]
_FULL = 0.01  # of the span of values: nearer to an end a voxel is full or empty
_LEAST_FULL = 0.25  # of the voxels above the threshold that are full, and of those below that are empty
_CUT = (0.3, 1.6)  # voxels that are neither, for each face between voxels on different sides of the threshold
_PARTS = 4  # samples along the edge of a voxel, at its inner points
_STEPS = 6
_BAND = 1.5  # voxels from the surface within which a voxel may be cut
_ALONG = (np.arange(_PARTS) + 0.5) / _PARTS - 0.5
_INNER = np.stack(np.meshgrid(_ALONG, _ALONG, _ALONG, indexing="ij"), axis=-1).reshape(-1, 3)


def fractions(values: Float64Array, threshold: float) -> Float64Array | None:
    """Return how much of each voxel is filled, or None where the image does not look as if its values meant that.

    It does if most values are near one of two ends, the threshold is halfway, and between both sides there is one layer
    of others: an image that is unsharp over more than a voxel has several, one that is noisy has them everywhere.
    """
    low, high = float(values.min()), float(values.max())
    filled = (values - low) / (high - low)
    above = values > threshold
    full, empty = filled > 1 - _FULL, filled < _FULL
    if abs((threshold - low) / (high - low) - 0.5) > 0.05:
        return None
    if full.sum() < _LEAST_FULL * above.sum() or empty.sum() < _LEAST_FULL * (~above).sum():
        return None
    faces = sum(int(np.count_nonzero(np.diff(above, axis=axis))) for axis in range(3))
    cut = above.size - int(full.sum()) - int(empty.sum())
    return filled if _CUT[0] * faces <= cut <= _CUT[1] * faces else None


def fit(distance: Float64Array, filled: Float64Array, spacing: Float64Array) -> Float64Array:
    """Return a level set near a signed distance whose voxels are filled as given.

    Where a voxel is filled too much the surface moves by as much of a voxel.
    """
    edge = _edge(spacing)
    level = distance.copy()
    for _ in range(_STEPS):
        near, samples = _samples(level, spacing)
        # A sample at the surface is filled in part: with it a voxel changes steadily.
        inside = np.clip(0.5 - samples * (_PARTS / edge), 0.0, 1.0).mean(axis=1)
        level[near] += edge * (inside - filled[near])
    return level


def volume_of(distance: Float64Array, spacing: Float64Array) -> float:
    """Return the volume inside of a signed distance, in voxels."""
    near, samples = _samples(distance, spacing)
    return float(np.count_nonzero(samples < 0)) / len(_INNER) + float(np.count_nonzero(distance[~near] < 0))


def keeping_volume(distance: Float64Array, wanted: float, spacing: Float64Array) -> Float64Array:
    """Return a signed distance shifted, by a voxel at most, so that ``wanted`` voxels lie inside."""
    near, samples = _samples(distance, spacing)
    count = round((wanted - float(np.count_nonzero(distance[~near] < 0))) * len(_INNER))
    count = min(max(count, 0), samples.size - 1)
    shift = float(np.partition(samples.ravel(), count)[count])
    edge = _edge(spacing)
    return distance - min(max(shift, -edge), edge)


def _samples(level: Float64Array, spacing: Float64Array) -> tuple[NDArray[np.bool_], Float64Array]:
    """Return which voxels the surface may cut, and the level set within these, (n, samples).

    Between voxels it has the cubic interpolation of level sets on grids.
    """
    ndimage = scipy_module("ndimage")
    near = np.abs(level) < _BAND * float(spacing.max())
    coefficients = ndimage.spline_filter(level, order=3, mode="nearest")
    at = (np.argwhere(near)[:, None] + _INNER).reshape(-1, 3)
    samples = ndimage.map_coordinates(coefficients, at.T, order=3, mode="nearest", prefilter=False)
    return near, samples.reshape(-1, len(_INNER))


def _edge(spacing: Float64Array) -> float:
    return float(np.prod(spacing) ** (1 / 3))
