"""Surfaces of molecules as level sets: van der Waals, solvent-accessible, solvent-excluded.

The solvent-excluded surface (Richards 1977) bounds what a probe of radius p that rolls over the atoms cannot reach:
points farther than p from the outside of the solvent-accessible solid. Its level set is p minus that distance.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm.geometry.packages import scipy_module

__all__ = ["SolventExcluded", "UnionOfBalls"]

Float64Array = NDArray[np.float64]
_ROUND = 1e-9  # Å, of a point that lies on a sphere


class UnionOfBalls:
    """min over the atoms of |x - c| - r: the distance outside, and inside a level set with the right zero."""

    def __init__(self, centers: Float64Array, radii: Float64Array) -> None:
        """Index the balls: centres (n, 3), radii (n,)."""
        self.centers, self.radii = centers, radii
        self._tree = scipy_module("spatial").cKDTree(centers)
        self._largest = float(radii.max())

    def __call__(self, points: Float64Array) -> Float64Array:
        """Return the level set at points (n, 3), (n,)."""
        values = np.empty(len(points))
        left = np.arange(len(points))
        count = min(8, len(self.centers))
        while left.size:
            distance, index = self._tree.query(points[left], k=count)
            distance, index = distance.reshape(left.size, -1), index.reshape(left.size, -1)
            values[left] = (distance - self.radii[index]).min(axis=1)
            if count == len(self.centers):
                break
            # An atom beyond those looked at is at least as far as the last of them.
            left = left[distance[:, -1] - self._largest < values[left]]
            count = min(4 * count, len(self.centers))
        return values


class SolventExcluded:
    """The level set of the solvent-excluded solid.

    The boundary of the solvent-accessible solid consists of parts of spheres, the circles in which two of these meet,
    and the points in which three do. The last are computed, the circles and spheres are sampled ``step`` apart, so that
    distances from them are wrong by about step^2 / (8 p).

    Args:
        centers: (n, 3), Å.
        radii: (n,), Å.
        probe: Radius p of the probe, Å.
        step: Distance of samples, Å.
    """

    def __init__(self, centers: Float64Array, radii: Float64Array, probe: float, step: float = 0.15) -> None:
        """Sample the boundary; see the class."""
        self._probe = probe
        self._accessible = UnionOfBalls(centers, radii + probe)
        samples = _Boundary(centers, radii + probe, step)
        self._tree = scipy_module("spatial").cKDTree(samples.points())

    def __call__(self, points: Float64Array) -> Float64Array:
        """Return the level set at points (n, 3), (n,): negative inside, exact up to the sampling."""
        outside = self._accessible(points)
        values = self._probe + outside
        inside = outside < 0
        values[inside] = self._probe - self._tree.query(points[inside])[0]
        return values


class _Boundary:
    """Samples of the boundary of a union of balls."""

    def __init__(self, centers: Float64Array, radii: Float64Array, step: float) -> None:
        self._centers, self._radii, self._step = centers, radii, step
        self._tree = scipy_module("spatial").cKDTree(centers)
        self._neighbours = self._find_neighbours()

    def points(self) -> Float64Array:
        """Return samples (n, 3)."""
        parts = []
        for i in range(len(self._centers)):
            parts.append(self._outside(self._sphere(i), i))
            for j in self._neighbours[i]:
                if j > i:
                    parts.append(self._outside(self._circle(i, j), i, j))
            for j, k in combinations([n for n in self._neighbours[i] if n > i], 2):
                if k in self._neighbour_sets[j]:
                    parts.append(self._outside(self._corners(i, j, k), i, j, k))
        return np.concatenate(parts)

    def _find_neighbours(self) -> list[list[int]]:
        neighbours = []
        for i, (center, radius) in enumerate(zip(self._centers, self._radii, strict=True)):
            near = self._tree.query_ball_point(center, radius + self._radii.max())
            distance = np.linalg.norm(self._centers[near] - center, axis=1)
            meets = (distance < radius + self._radii[near]) & (np.array(near) != i)
            neighbours.append([int(n) for n in np.array(near)[meets]])
        self._neighbour_sets = [set(n) for n in neighbours]
        return neighbours

    def _outside(self, points: Float64Array, *on: int) -> Float64Array:
        """Keep the points that lie in none of the other balls around the first."""
        others = [n for n in self._neighbours[on[0]] if n not in on]
        if not others or len(points) == 0:
            return points
        gap = np.linalg.norm(points[:, None] - self._centers[others], axis=2) - self._radii[others]
        return np.asarray(points[(gap > -_ROUND).all(axis=1)])

    def _sphere(self, i: int) -> Float64Array:
        radius = self._radii[i]
        count = max(16, round(4 * np.pi * radius**2 / self._step**2))
        n = np.arange(count) + 0.5
        polar, turn = np.arccos(1 - 2 * n / count), np.pi * (1 + np.sqrt(5)) * n  # the Fibonacci lattice
        direction = np.column_stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)])
        return np.asarray(self._centers[i] + radius * direction)

    def _circle(self, i: int, j: int) -> Float64Array:
        a, b = self._radii[i], self._radii[j]
        across = self._centers[j] - self._centers[i]
        d = float(np.linalg.norm(across))
        along = (d**2 + a**2 - b**2) / (2 * d)
        squared = a**2 - along**2
        if squared <= 0:  # one ball lies in the other
            return np.empty((0, 3))
        u, v = _normals_to(across / d)
        angle = np.linspace(0, 2 * np.pi, max(8, round(2 * np.pi * np.sqrt(squared) / self._step)), endpoint=False)
        ring = np.cos(angle)[:, None] * u + np.sin(angle)[:, None] * v
        return np.asarray(self._centers[i] + across / d * along + np.sqrt(squared) * ring)

    def _corners(self, i: int, j: int, k: int) -> Float64Array:
        """Return the points, two or none, where three spheres meet."""
        c, r = self._centers, self._radii
        ex = c[j] - c[i]
        d = float(np.linalg.norm(ex))
        ex = ex / d
        along = float(ex @ (c[k] - c[i]))
        ey = c[k] - c[i] - along * ex
        height = float(np.linalg.norm(ey))
        if height < _ROUND:
            return np.empty((0, 3))
        ey = ey / height
        x = (r[i] ** 2 - r[j] ** 2 + d**2) / (2 * d)
        y = (r[i] ** 2 - r[k] ** 2 + along**2 + height**2 - 2 * along * x) / (2 * height)
        squared = r[i] ** 2 - x**2 - y**2
        if squared < 0:
            return np.empty((0, 3))
        z = np.sqrt(squared) * np.cross(ex, ey)
        return np.array([c[i] + x * ex + y * ey + z, c[i] + x * ex + y * ey - z])


def _normals_to(direction: Float64Array) -> tuple[Any, Any]:
    other = np.eye(3)[int(np.argmin(np.abs(direction)))]
    u = np.cross(direction, other)
    u = u / np.linalg.norm(u)
    return u, np.cross(direction, u)
