"""Unit normals of level sets that are functions or grids."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["unit_normals"]

Float64Array = NDArray[np.float64]


def unit_normals(evaluate: Callable[[Float64Array], Float64Array], points: Float64Array, step: float) -> Float64Array:
    """Return grad(phi)/|grad(phi)| by central differences at points (n, 3), (n, 3); 0 where the gradient is.

    Args:
        evaluate: The level set: points (n, 3) to (n,).
        points: Where.
        step: Half of the difference, box units; the error is of its second order.
    """
    shifted = np.concatenate([points + step * e for e in (*np.eye(3), *(-np.eye(3)))])
    values = np.asarray(evaluate(shifted)).reshape(6, -1)
    gradient = (values[:3] - values[3:]).T
    length = np.linalg.norm(gradient, axis=1, keepdims=True)
    return np.asarray(gradient / np.where(length > 0, length, 1.0))
