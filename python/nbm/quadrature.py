"""Points and weights on the interface, on walls and in the sides of a box (docs/method.md, section 16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.box import Box
from nbm.level_set_normals import unit_normals
from nbm.rows import grid_points

__all__ = ["OWN", "Quadrature", "Rule", "project"]

Float64Array = NDArray[np.float64]
LevelSet = Callable[[Float64Array], Float64Array]
OWN = -1  # the side of a rule whose points take that on which they lie
_SMOOTH = 0.94  # cosine of the angle between a normal and the mean of its triangle's, 20 degrees
_MOST_BLOCK = 4  # cells along the edge of a block that one rule covers

# Barycentric points and weights on triangles, exact for polynomials of degree 4 (Dunavant 1985) and 2.
_A, _B = 0.445948490915965, 0.091576213509771
_DEGREE_4 = np.array([[p, p, 1 - 2 * p] for p in (_A, _B)])[:, [[0, 1, 2], [1, 2, 0], [2, 0, 1]]].reshape(6, 3)
_DEGREE_4_WEIGHTS = np.repeat([0.223381589678011, 0.109951743655322], 3)
_DEGREE_2 = np.full((3, 3), 1 / 6) + np.eye(3) / 2
# The same in tetrahedra, of degree 2.
_FAR, _NEAR = 0.58541019662496845, 0.13819660112501052
_IN_TETRAHEDRON = np.full((4, 4), _NEAR) + (_FAR - _NEAR) * np.eye(4)


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """Points (n, 3) and weights (n,) of an integral, with the side whose u counts there.

    Attributes:
        points: Box coordinates.
        weights: Areas or volumes; those of volumes may be negative next to a curved interface.
        side: 0 minus, 1 plus, ``OWN``.
        normals: (n, 3) on surfaces: from minus to plus, or out of the box.
        piece: (n,) on the interface: the connected piece.
        rough: (n,) bool, on the interface: in a triangle across an edge of it, or one that its cells do not resolve.
    """

    points: Float64Array
    weights: Float64Array
    side: int
    normals: Float64Array | None = None
    piece: NDArray[np.int32] | None = None
    rough: NDArray[np.bool_] | None = None

    def near(self, point: Float64Array) -> Rule:
        """Return the rule of the piece that comes nearest to a point (3,)."""
        if self.piece is None or self.normals is None or self.rough is None or self.piece.size == 0:
            return self
        nearest = self.piece[np.argmin(np.sum((self.points - point) ** 2, axis=1))]
        own = self.piece == nearest
        return Rule(
            points=self.points[own],
            weights=self.weights[own],
            side=self.side,
            normals=self.normals[own],
            piece=self.piece[own],
            rough=self.rough[own],
        )


class Quadrature:
    """Rules of a level set on a grid over a box, which is cut as the cells of the discretization are."""

    def __init__(self, level_set: LevelSet, box: Box, cells: int) -> None:
        """Cut a grid with about ``cells`` cells, a multiple of four, along the longest edge of the box."""
        longest = max(box.edge)
        x, y, z = (max(2, round(cells * edge / longest / _MOST_BLOCK)) * _MOST_BLOCK for edge in box.edge)
        self.cells = (x, y, z)
        self.box = box
        self.level_set = level_set
        self.spacing = np.asarray(box.edge) / self.cells
        nodes = grid_points(box, (x + 1, y + 1, z + 1))
        self._cut = _core.cut_grid(box.native, self.cells, np.ascontiguousarray(level_set(nodes)))

    @cached_property
    def _curved(self) -> tuple[Float64Array, Float64Array, NDArray[np.bool_]]:
        """Corners and middles of edges (m, 6, 3), where these lie on the interface, and which triangles are rough."""
        corners = self._cut["triangles"]
        flat = np.concatenate([corners, (corners + np.roll(corners, -1, axis=1)) / 2], axis=1)
        moved, found, ways = project(self.level_set, flat.reshape(-1, 3), self.box, float(self.spacing.min()))
        normals = ways.reshape(-1, 6, 3)
        middle = normals.sum(axis=1)
        middle /= np.maximum(np.linalg.norm(middle, axis=1, keepdims=True), 1e-300)
        rough = np.einsum("mni,mi->mn", normals, middle).min(axis=1, initial=1.0) < _SMOOTH
        whole = np.asarray(found.reshape(-1, 6).all(axis=1))  # else flat: at edges of the interface
        return flat, np.where(whole[:, None, None], moved.reshape(flat.shape), flat), rough

    def interface(self, side: int = OWN) -> Rule:
        """Return the rule on the interface: curved triangles through six points each."""
        _, curved, rough = self._curved
        shape, along, across = _quadratics(_DEGREE_4)
        vectors = np.cross(_combined(along, curved), _combined(across, curved)) * (_DEGREE_4_WEIGHTS / 2)[:, None]
        vectors = vectors.reshape(-1, 3)
        areas = np.linalg.norm(vectors, axis=1)
        return Rule(
            points=_combined(shape, curved).reshape(-1, 3),
            weights=areas,
            side=side,
            normals=vectors / np.where(areas > 0, areas, 1.0)[:, None],
            piece=np.repeat(self._cut["piece"], len(_DEGREE_4)),
            rough=np.repeat(rough, len(_DEGREE_4)),
        )

    def volume(self, side: int) -> Rule:
        """Return the rule in a side: blocks of whole cells, tetrahedra of cut ones, and up to the curved interface."""
        corners = self._cut["tetrahedra"][side]
        edges = corners[:, 1:] - corners[:, :1]
        volumes = np.abs(np.linalg.det(edges)) / 24 if len(edges) else np.empty(0)
        parts = [self._blocks(side), (_combined(_IN_TETRAHEDRON, corners), np.repeat(volumes, 4)), self._shell(side)]
        return Rule(
            points=np.concatenate([points.reshape(-1, 3) for points, _ in parts]),
            weights=np.concatenate([weights for _, weights in parts]),
            side=side,
        )

    def walls(self, numbers: tuple[int, ...], side: int) -> Rule:
        """Return the rule on what a side has of walls (-x, +x, -y, +y, -z, +z are 0 to 5)."""
        wanted = np.isin(self._cut["wall_number"][side], numbers)
        corners, number = self._cut["wall_triangles"][side][wanted], self._cut["wall_number"][side][wanted].astype(int)
        cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        outward = np.eye(3)[number // 2] * (2 * (number % 2) - 1)[:, None]
        return Rule(
            points=_combined(_DEGREE_2, corners).reshape(-1, 3),
            weights=np.repeat(np.linalg.norm(cross, axis=1) / 6, 3),
            side=side,
            normals=np.repeat(outward, 3, axis=0),
        )

    def _blocks(self, side: int) -> tuple[Float64Array, Float64Array]:
        """Gauss's rules in whole cells, and in blocks of two and four where all of their cells are whole."""
        whole = self._cut["cell"].reshape(self.cells) == side
        points, weights = [np.empty((0, 3))], [np.empty(0)]
        size = _MOST_BLOCK
        covered = np.zeros(self.cells, dtype=bool)
        while size:
            free = _all_of_blocks(whole & ~covered, size)
            covered |= _spread(free, size)
            node, weight = np.polynomial.legendre.leggauss(2 if size == 1 else 3)
            grid = np.stack(np.meshgrid(node, node, node, indexing="ij"), axis=-1).reshape(-1, 3)
            products = np.einsum("i,j,k->ijk", weight, weight, weight).ravel() / 8
            edge = size * self.spacing
            low = np.asarray(self.box.lower) + np.argwhere(free) * edge
            points.append((low[:, None, :] + edge * (1 + grid) / 2).reshape(-1, 3))
            weights.append(np.tile(products * edge.prod(), len(low)))
            size //= 2
        return np.concatenate(points), np.concatenate(weights)

    def _shell(self, side: int) -> tuple[Float64Array, Float64Array]:
        """What lies between the flat and the curved triangles: the map is that of a prism, half-way up."""
        flat, curved, _ = self._curved
        shape, along, across = _quadratics(_DEGREE_2)
        middle = (flat + curved) / 2
        areas = np.cross(_combined(along, middle), _combined(across, middle)) / 6
        volumes = np.einsum("mqi,mqi->mq", _combined(shape, curved - flat), areas)
        return _combined(shape, middle), (volumes if side == 0 else -volumes).ravel()


def project(
    level_set: LevelSet, points: Float64Array, box: Box, reach: float
) -> tuple[Float64Array, NDArray[np.bool_], Float64Array]:
    """Return points (n, 3) moved along the gradient onto the interface, whether they met it, and the directions (n, 3).

    Points on walls move within these.

    Args:
        level_set: Points (n, 3) to values (n,).
        points: Near the interface.
        box: In which they stay.
        reach: How far they may go, box units.
    """
    lower, upper = np.asarray(box.lower), np.asarray(box.upper)
    step = 0.05 * reach
    way = unit_normals(level_set, points, step)
    way[np.minimum(points - lower, upper - points) < 1e-9 * (upper - lower)] = 0.0
    way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-300)
    slope = (level_set(points + step * way) - level_set(points - step * way)) / (2 * step)
    value = first = level_set(points)
    distance = np.zeros(len(points))
    safe = np.where(slope > 0, slope, np.inf)
    for _ in range(5):
        distance = np.clip(distance - value / safe, -reach, reach)
        value = level_set(points + distance[:, None] * way)
    met = np.abs(value) <= 1e-3 * np.abs(first) + 1e-9 * reach * slope
    moved = np.clip(points + distance[:, None] * way, lower, upper)
    return np.where(met[:, None], moved, points), met, way


def _quadratics(at: Float64Array) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return the six quadratic functions of a triangle, (q, 6), and their derivatives along two of its edges."""
    a, b, c = at.T
    zero = np.zeros_like(a)
    values = [a * (2 * a - 1), b * (2 * b - 1), c * (2 * c - 1), 4 * a * b, 4 * b * c, 4 * c * a]
    along = [1 - 4 * a, 4 * b - 1, zero, 4 * (a - b), 4 * c, -4 * c]
    across = [1 - 4 * a, zero, 4 * c - 1, -4 * b, 4 * b, 4 * (a - c)]
    return np.stack(values, axis=1), np.stack(along, axis=1), np.stack(across, axis=1)


def _combined(weights: Float64Array, corners: Float64Array) -> Float64Array:
    """Return sums of corners (m, c, 3) with weights (q, c) as (m, q, 3)."""
    return np.asarray(np.einsum("qc,mci->mqi", weights, corners))


def _all_of_blocks(cells: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    x, y, z = (count // size for count in cells.shape)
    return np.asarray(cells.reshape(x, size, y, size, z, size).all(axis=(1, 3, 5)))


def _spread(blocks: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    return np.asarray(blocks.repeat(size, axis=0).repeat(size, axis=1).repeat(size, axis=2))
