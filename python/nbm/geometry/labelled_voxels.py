"""Surfaces from labels, which say of each voxel only whether its centre is inside.

A Gaussian makes a steady function of the labels, and rounds off what is as small as it. A solid whose own indicator,
blurred in the same way, has the values of the blurred labels is not rounded off; but all of it would follow the
scatter of the centres as well. So the surface moves only where both differ by more than that scatter.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbm.errors import InvalidArgument
from nbm.geometry.filled_voxels import keeping_volume
from nbm.geometry.isosurface import redistance
from nbm.geometry.packages import scipy_module

__all__ = ["blurred", "blurred_solid", "labelled_solid"]

Float64Array = NDArray[np.float64]
# Lengths in voxels.
_WIDTH = 1.0  # standard deviation of the Gaussian
_SLOPE = 1 / (np.sqrt(2 * np.pi) * _WIDTH)  # of a plane's blurred indicator where it is 1/2
# A layer of voxels filled in part, half a voxel to either side, is blurred already: by a box of variance 1/12.
_WIDTH_OF_FILLED = np.sqrt(_WIDTH**2 - 1 / 12)
_SCATTER = 0.06  # of blurred labels about a blurred solid, as a distance: 0.03 on spheres, 0.045 on tubes of ten voxels
_NEIGHBOURHOOD = 3.0  # standard deviation of the weights with which squares of distances are averaged
_STEPS = 8


def blurred(values: Float64Array, width: float) -> Float64Array:
    """Return the values under a Gaussian of a standard deviation of ``width`` voxels."""
    return np.asarray(scipy_module("ndimage").gaussian_filter(values, width, mode="nearest"))


def blurred_solid(inside: Float64Array, width: float, spacing: Float64Array) -> Float64Array:
    """Return the signed distance from where blurred labels, 1 inside and 0 outside, are 1/2; with the volume kept.

    Raises:
        InvalidArgument: nowhere are they more than 1/2, or nowhere less.
    """
    level = 0.5 - blurred(inside, width)
    if level.min() >= 0 or level.max() < 0:
        few, what = ("inside", "solid") if level.min() >= 0 else ("outside", "outside")
        message = f"smoothing: a Gaussian of {width:g} voxels leaves nothing {few}: the {what} is thinner than it"
        raise InvalidArgument(f"{message}; smoothing = 0 takes the voxels as they are", "smoothing")
    return keeping_volume(redistance(level, spacing), float(inside.sum()), spacing)


def labelled_solid(inside: Float64Array, spacing: Float64Array) -> Float64Array:
    """Return the level set of a solid, near a signed distance, whose blurred indicator is that of the labels."""
    edge = float(np.prod(spacing) ** (1 / 3))
    wanted = blurred(inside, _WIDTH)
    level = blurred_solid(inside, _WIDTH, spacing) / edge
    trust = _trust(level, _missing(level, wanted))
    for _ in range(_STEPS):
        level -= trust * _missing(level, wanted)
    return keeping_volume(level * edge, float(inside.sum()), spacing)


def _missing(level: Float64Array, wanted: Float64Array) -> Float64Array:
    """Return how far the surface has to move outward for the blurred indicator to be what is wanted."""
    filled = np.clip(0.5 - level, 0.0, 1.0)
    return np.asarray((wanted - blurred(filled, _WIDTH_OF_FILLED)) / _SLOPE)


def _trust(level: Float64Array, missing: Float64Array) -> Float64Array:
    """Return which share of the mean square of distances around a point is more than the scatter of the centres."""
    band = (np.abs(level) < 1).astype(np.float64)
    weight = np.maximum(blurred(band, _NEIGHBOURHOOD), np.finfo(np.float64).tiny)
    square = blurred(missing**2 * band, _NEIGHBOURHOOD) / weight
    return np.clip(1 - _SCATTER**2 / np.maximum(square, np.finfo(np.float64).tiny), 0.0, 1.0)
