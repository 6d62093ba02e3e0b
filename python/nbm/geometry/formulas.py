"""Solids by formula: spheres, boxes, cylinders, tori, and any expression of ``nbm.symbols``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm.errors import InvalidArgument
from nbm.fields import as_field
from nbm.geometry.arguments import axis_number, positive, vector
from nbm.geometry.shape import Shape

__all__ = ["cuboid", "cylinder", "formula", "sphere", "torus"]

Float64Array = NDArray[np.float64]


def sphere(center: Sequence[float] = (0.0, 0.0, 0.0), radius: float = 1.0) -> Shape:
    """Return a ball."""
    middle, r = vector(center, "center"), positive(radius, "radius")
    return Shape(lambda p: np.linalg.norm(p - middle, axis=1) - r, middle - r, middle + r, name="sphere")


def cuboid(lower: Sequence[float], upper: Sequence[float]) -> Shape:
    """Return an axis-aligned box; the level set is the distance."""
    low, high = vector(lower, "lower"), vector(upper, "upper")
    if not np.all(low < high):
        raise InvalidArgument(f"upper: got {upper} with lower {lower}, expected a larger x, y and z", "upper")
    middle, half = (low + high) / 2, (high - low) / 2

    def evaluate(points: Float64Array) -> Float64Array:
        beyond = np.abs(points - middle) - half
        outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=1)
        return np.asarray(outside + np.minimum(beyond.max(axis=1), 0.0))

    return Shape(evaluate, low, high, name="cuboid")


def cylinder(
    center: Sequence[float] = (0.0, 0.0, 0.0), radius: float = 1.0, height: float = 1.0, axis: str = "z"
) -> Shape:
    """Return a cylinder with flat ends, centred; the level set is the distance."""
    r, half = positive(radius, "radius"), positive(height, "height") / 2
    along = axis_number(axis)
    middle = vector(center, "center")
    size = np.full(3, r)
    size[along] = half

    def evaluate(points: Float64Array) -> Float64Array:
        at = points - middle
        beyond = np.column_stack(
            [np.linalg.norm(np.delete(at, along, axis=1), axis=1) - r, np.abs(at[:, along]) - half]
        )
        return np.asarray(np.linalg.norm(np.maximum(beyond, 0.0), axis=1) + np.minimum(beyond.max(axis=1), 0.0))

    return Shape(evaluate, middle - size, middle + size, name="cylinder")


def torus(center: Sequence[float] = (0.0, 0.0, 0.0), radius: float = 1.0, tube: float = 0.25, axis: str = "z") -> Shape:
    """Return a torus: ``radius`` from its centre to the middle of the tube, ``tube`` the radius of that."""
    big, small = positive(radius, "radius"), positive(tube, "tube")
    along = axis_number(axis)
    middle = vector(center, "center")
    size = np.full(3, big + small)
    size[along] = small

    def evaluate(points: Float64Array) -> Float64Array:
        at = points - middle
        return np.asarray(np.hypot(np.linalg.norm(np.delete(at, along, axis=1), axis=1) - big, at[:, along]) - small)

    return Shape(evaluate, middle - size, middle + size, name="torus")


def formula(level_set: Any, lower: Sequence[float], upper: Sequence[float], *, name: str = "formula") -> Shape:
    """Return the solid where an expression of ``nbm.symbols`` (or a field of another kind) is negative.

    Args:
        level_set: The expression; a number, a grid or a function of points will do as well.
        lower: Smallest x, y, z of the solid.
        upper: Largest.
        name: What errors call it.
    """
    field = as_field(level_set, "level_set")
    return Shape(lambda p: np.asarray(field.evaluate(p)), lower, upper, name=name)
