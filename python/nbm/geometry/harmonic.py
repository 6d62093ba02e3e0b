"""Values of a harmonic function between scattered nodes, from harmonic polynomials fitted to those around."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbm.errors import InvalidArgument
from nbm.geometry.packages import scipy_module

__all__ = ["harmonic_values"]

Float64Array = NDArray[np.float64]
_NODES = 60  # for 16 polynomials up to degree 3
_FEWEST = 16


def harmonic_values(
    nodes: Float64Array, values: Float64Array, usable: NDArray[np.bool_], points: Float64Array
) -> Float64Array:
    """Return values at points (n, 3), fourth order in the distance of the nodes.

    Args:
        nodes: (m, 3).
        values: (m,) of a function that is harmonic where ``usable``.
        usable: (m,) which nodes to take.
        points: (n, 3) among these.

    Raises:
        InvalidArgument: fewer nodes than a fit needs.
    """
    known = nodes[usable]
    if len(known) < _FEWEST:
        message = f"nodes: {len(known)} lie inside, expected at least {_FEWEST}; take more cells"
        raise InvalidArgument(message, "cells")
    tree = scipy_module("spatial").cKDTree(known)
    distance, index = tree.query(points, k=min(_NODES, len(known)))
    found = values[usable]
    result = np.empty(len(points))
    for i, point in enumerate(points):
        radius = distance[i, -1]
        basis = _harmonic((known[index[i]] - point) / radius)
        weight = np.exp(-2 * (distance[i] / radius) ** 2)
        result[i] = np.linalg.lstsq(basis * weight[:, None], found[index[i]] * weight, rcond=None)[0][0]
    return result


def _harmonic(at: Float64Array) -> Float64Array:
    """Return the 16 harmonic polynomials up to degree 3 at points (n, 3), (n, 16); the first is 1."""
    x, y, z = at.T
    columns = [np.ones_like(x), x, y, z, x * y, x * z, y * z, x**2 - y**2, 2 * z**2 - x**2 - y**2]
    columns += [x * y * z, z * (x**2 - y**2), x * (x**2 - 3 * y**2), y * (3 * x**2 - y**2)]
    columns += [x * (4 * z**2 - x**2 - y**2), y * (4 * z**2 - x**2 - y**2), z * (2 * z**2 - 3 * x**2 - 3 * y**2)]
    return np.stack(columns, axis=1)
