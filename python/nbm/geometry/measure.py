"""What a solid measures, and which box and cells suit it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbm.box import Box
from nbm.geometry.isosurface import isosurface
from nbm.geometry.packages import scipy_module
from nbm.geometry.shape import Shape

__all__ = ["Measures", "measure"]

Float64Array = NDArray[np.float64]
_CELLS_PER_WALL = 3
_SMALL_CHANGE = 0.15  # between the surfaces of all nodes and of every second one
_SMALLEST_PART = 0.005  # of the surface, which may be thinner than what counts as the thinnest wall
_MOST_PROBES = 20_000
_FEWEST_CELLS, _MOST_CELLS = 32, 512


@dataclass(frozen=True, kw_only=True)
class Measures:
    """Measures of a solid, in the units of its coordinates.

    Attributes:
        lower: Smallest x, y, z.
        upper: Largest.
        volume: Of the solid.
        area: Of its surface.
        pieces: Parts of the solid that do not touch.
        cavities: Parts of the outside that the solid encloses.
        thinnest_wall: Thickness of the solid, along the normal, that 0.5 % of the surface falls short of.
        thinnest_gap: The same of the outside between two parts of the surface; infinite where there is none.
        spacing: Of the grid on which all of this was measured.
        box: A box that suits.
        cells: Along its longest edge, of a third of the thinnest wall or gap, at most 512.
    """

    lower: tuple[float, float, float]
    upper: tuple[float, float, float]
    volume: float
    area: float
    pieces: int
    cavities: int
    thinnest_wall: float
    thinnest_gap: float
    spacing: float
    box: Box
    cells: int


def measure(shape: Shape, cells: int = 96, box: Box | None = None) -> Measures:
    """Measure a solid on a grid with ``cells`` along the longest edge of the box, by default a box around it.

    Raises:
        InvalidArgument: the solid has no bounds and no box was given, or is smaller than two cells.
    """
    grid_box = shape.box(0.08) if box is None else box
    grid = shape.on_grid(grid_box, cells, interpolation="linear")
    values, origin = np.asarray(grid.values), np.asarray(grid_box.lower)
    spacing = np.asarray(grid_box.edge) / (np.array(values.shape) - 1)
    vertices, faces = isosurface(values, origin, spacing)
    volume, area = _extrapolated(values, origin, spacing)
    label = scipy_module("ndimage").label
    corners = [vertices[faces[:, i]] for i in range(3)]
    twice = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    open_at_box = bool(np.any(_shell(values) < 0))
    wall, gap = _thicknesses(values, origin, spacing, vertices, faces, twice)
    thinnest = min(wall, gap)
    suggested = shape.box() if box is None else box
    wanted = _CELLS_PER_WALL * max(suggested.edge) / thinnest if np.isfinite(thinnest) else _FEWEST_CELLS
    return Measures(
        lower=tuple(vertices.min(axis=0).tolist()),
        upper=tuple(vertices.max(axis=0).tolist()),
        volume=_volume(values, spacing) if open_at_box else volume,
        area=area,
        pieces=int(label(values < 0)[1]),
        cavities=max(0, int(label(np.pad(values >= 0, 1, constant_values=True))[1]) - 1),
        thinnest_wall=wall,
        thinnest_gap=gap,
        spacing=float(spacing.max()),
        box=suggested,
        cells=int(np.clip(8 * np.ceil(wanted / 8), _FEWEST_CELLS, _MOST_CELLS)),
    )


def _extrapolated(values: Float64Array, origin: Float64Array, spacing: Float64Array) -> tuple[float, float]:
    """Return volume and area of the surface.

    Triangles with corners on a curved surface enclose too little, by an error of second order. The surface of every
    second node tells how much (Richardson), unless the solid is too thin for these nodes.
    """
    fine, coarse = (_of_triangles(values[::n, ::n, ::n], origin, n * spacing) for n in (1, 2))
    near = all(abs(c - f) < _SMALL_CHANGE * abs(f) for f, c in zip(fine, coarse, strict=True))
    if not near or bool(np.any(_shell(values[::2, ::2, ::2]) < 0)):
        return fine
    return fine[0] + (fine[0] - coarse[0]) / 3, fine[1] + (fine[1] - coarse[1]) / 3


def _of_triangles(values: Float64Array, origin: Float64Array, spacing: Float64Array) -> tuple[float, float]:
    vertices, faces = isosurface(np.ascontiguousarray(values), origin, spacing)
    corners = [vertices[faces[:, i]] for i in range(3)]
    twice = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    return float(np.einsum("ij,ij->", corners[0], twice) / 6), float(np.linalg.norm(twice, axis=1).sum() / 2)


def _volume(values: Float64Array, spacing: Float64Array) -> float:
    """Return the volume inside where the surface leaves the grid: nodes, filled by their distance."""
    filled = np.clip(0.5 - values / spacing.mean(), 0.0, 1.0)
    for axis in range(3):
        weights = np.ones(values.shape[axis])
        weights[[0, -1]] = 0.5
        filled = filled * weights.reshape([-1 if a == axis else 1 for a in range(3)])
    return float(filled.sum() * spacing.prod())


def _shell(values: Float64Array) -> Float64Array:
    return np.concatenate([np.take(values, [0, -1], axis).ravel() for axis in range(3)])


def _thicknesses(
    values: Float64Array,
    origin: Float64Array,
    spacing: Float64Array,
    vertices: Float64Array,
    faces: NDArray[np.int64],
    twice: Float64Array,
) -> tuple[float, float]:
    """Return the thinnest wall and gap: how far a normal goes until it meets the surface again."""
    length = np.linalg.norm(twice, axis=1)
    order = np.argsort(length)[-max(1, len(length) * 2 // 3) :]  # slivers have no reliable normal
    chosen = order[:: max(1, len(order) // _MOST_PROBES)]
    normal = twice[chosen] / length[chosen, None]
    start = vertices[faces[chosen]].mean(axis=1)
    thinnest = []
    for direction in (-1.0, 1.0):
        way = _march(values, origin, spacing, start, direction * normal, direction)
        known = way[np.isfinite(way)]
        enough = known.size > _SMALLEST_PART * len(way)
        thinnest.append(float(np.quantile(known, _SMALLEST_PART * len(way) / known.size)) if enough else np.inf)
    return thinnest[0], thinnest[1]


def _march(
    values: Float64Array,
    origin: Float64Array,
    spacing: Float64Array,
    start: Float64Array,
    direction: Float64Array,
    sign: float,
) -> Float64Array:
    """Return how far points go until ``sign`` times the level set is negative again; infinite where they leave."""
    sample = scipy_module("ndimage").map_coordinates
    step = 0.5 * float(spacing.min())
    far = np.asarray(values.shape) - 1
    way = np.full(len(start), np.inf)
    going = np.arange(len(start))
    distance = np.full(len(start), step)
    before = np.zeros(len(start))
    while going.size:
        at = (start[going] + distance[going, None] * direction[going] - origin) / spacing
        stays = np.all((at >= 0) & (at <= far), axis=1)
        going, at = going[stays], at[stays]
        now = sign * sample(values, at.T, order=1)
        back = (now < 0) & (distance[going] > 1.5 * step)
        crossing = going[back]
        fraction = before[crossing] / np.maximum(before[crossing] - now[back], 1e-300)
        way[crossing] = distance[crossing] - step * (1 - np.clip(fraction, 0.0, 1.0))
        before[going] = np.maximum(now, 0.0)
        going = going[~back]
        distance[going] += step
    return way
