"""Solids by their level sets, and what is made of them: unions, differences, shells, copies, blends."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm.arrays import as_points
from nbm.box import Box
from nbm.errors import InvalidArgument, NbmWarning
from nbm.fields import GridField
from nbm.geometry.arguments import axis_number, positive, triple, vector
from nbm.geometry.packages import scipy_module

__all__ = ["Shape"]

Float64Array = NDArray[np.float64]
_CHUNK = 1_000_000  # points evaluated at once
_UNITS = {1e-3: "millimetres", 1e3: "metres", 0.0254: "inches", 1e-6: "micrometres"}


class Shape:
    """A solid: its level set is negative inside and positive outside.

    A shape is a function of points (n, 3), float64, to (n,), so that it may stand for the ``level_set`` of a problem as
    it is; values on a grid (:meth:`on_grid`) train many times faster and can be kept in model files.

    The value is the signed distance for shapes that were read from files, and for spheres and the like. Combinations
    keep the sign and the zero everywhere, and a slope of at most 1, but are the distance only where one part alone
    decides.

    Args:
        evaluate: The level set: points (n, 3) to (n,), box units.
        lower: Smallest x, y, z of the solid; may be infinite.
        upper: Largest x, y, z.
        name: What errors call it.
        notes: What was found and mended while it was made, one sentence each.
    """

    def __init__(
        self,
        evaluate: Callable[[Float64Array], Float64Array],
        lower: Sequence[float] | Float64Array,
        upper: Sequence[float] | Float64Array,
        *,
        name: str = "shape",
        notes: Sequence[str] = (),
    ) -> None:
        """Hold the function; see the class."""
        self.lower = np.array(lower, dtype=np.float64)
        self.upper = np.array(upper, dtype=np.float64)
        self.name = name
        self.notes = tuple(notes)
        self._evaluate = evaluate

    def __call__(self, points: Any) -> Float64Array:
        """Return the level set at points (n, 3), box units, as (n,), float64."""
        at = as_points(points)
        if len(at) <= _CHUNK:
            return np.asarray(self._evaluate(at), dtype=np.float64)
        return np.concatenate([self._evaluate(at[i : i + _CHUNK]) for i in range(0, len(at), _CHUNK)])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {triple(self.lower)} to {triple(self.upper)}>"

    def box(self, margin: float = 0.25) -> Box:
        """Return a box around the solid, ``margin`` of its longest edge wider on every side.

        Raises:
            InvalidArgument: the solid has no bounds.
        """
        self._require_bounds("box")
        width = margin * float((self.upper - self.lower).max())
        return Box(tuple(self.lower - width), tuple(self.upper + width))

    def on_grid(self, box: Box | None = None, cells: int = 96, *, interpolation: str = "cubic") -> GridField:
        """Return the level set at the nodes of a grid over the box.

        Args:
            box: The box of the problem; default :meth:`box`.
            cells: Along the longest edge of the box; the other edges get as many as make the cells nearly cubes.
            interpolation: As for :class:`nbm.GridField`.

        Raises:
            InvalidArgument: no part of the solid lies in the box, or it is smaller than a cell.
        """
        box = self.box() if box is None else box
        if cells < 4:
            raise InvalidArgument(f"cells: got {cells}, expected at least 4", "cells")
        self.check_inside(box, max(box.edge) / cells)
        counts = [max(4, round(cells * edge / max(box.edge))) for edge in box.edge]
        axes = [np.linspace(box.lower[a], box.upper[a], counts[a] + 1) for a in range(3)]
        nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        values = self(nodes.reshape(-1, 3)).reshape(nodes.shape[:3])
        return GridField(values, box, interpolation)

    def check_inside(self, box: Box, cell_size: float = 0.0) -> None:
        """Raise ``InvalidArgument`` where the solid misses the box, or a cell would swallow it; warn where it is cut.

        The sentence says which unit of length would make it fit, if one would.
        """
        low, high = np.asarray(box.lower), np.asarray(box.upper)
        spans = f"{self.name} spans {triple(self.lower)} to {triple(self.upper)}"
        bounds = f"the box {triple(low)} to {triple(high)}"
        if np.any(self.upper < low) or np.any(self.lower > high):
            message = f"{spans}: no part of it lies in {bounds}; {self._unit_hint(low, high)}"
            raise InvalidArgument(message, "box")
        size = self.upper - self.lower
        if np.all(np.isfinite(size)) and size.max() < 2 * cell_size:
            message = f"{spans}, less than two cells of {cell_size:.3g} in {bounds}; {self._unit_hint(low, high)}"
            raise InvalidArgument(message, "box")
        if np.all(np.isfinite(size)) and np.all(self.lower < low) and np.all(self.upper > high):
            message = f"{spans} and encloses {bounds}; {self._unit_hint(low, high)}"
            warnings.warn(message, NbmWarning, stacklevel=3)

    def __or__(self, other: Shape) -> Shape:
        """Return the union."""
        _require_shape(other, "|")
        lower, upper = np.minimum(self.lower, other.lower), np.maximum(self.upper, other.upper)
        return self._with(other, lambda p: np.minimum(self(p), other(p)), lower, upper, "|")

    def __and__(self, other: Shape) -> Shape:
        """Return the intersection."""
        _require_shape(other, "&")
        lower, upper = np.maximum(self.lower, other.lower), np.minimum(self.upper, other.upper)
        return self._with(other, lambda p: np.maximum(self(p), other(p)), lower, upper, "&")

    def __sub__(self, other: Shape) -> Shape:
        """Return this without the other."""
        _require_shape(other, "-")
        return self._with(other, lambda p: np.maximum(self(p), -other(p)), self.lower, self.upper, "-")

    def __invert__(self) -> Shape:
        """Return the outside."""
        return self._new(lambda p: -self(p), np.full(3, -np.inf), np.full(3, np.inf), f"~{self.name}")

    def blend(self, other: Shape, radius: float) -> Shape:
        """Return the union with a fillet of about this radius (quadratic smooth minimum, Quilez 2013)."""
        positive(radius, "radius")
        _require_shape(other, "blend")

        def evaluate(points: Float64Array) -> Float64Array:
            a, b = self(points), other(points)
            overlap = np.maximum(radius - np.abs(a - b), 0.0)
            return np.minimum(a, b) - overlap**2 / (4 * radius)

        lower, upper = np.minimum(self.lower, other.lower), np.maximum(self.upper, other.upper)
        return self._with(other, evaluate, lower - radius / 4, upper + radius / 4, "blend")

    def offset(self, distance: float) -> Shape:
        """Return the solid grown by a distance, or shrunk where that is negative."""
        shift = float(distance)
        return self._new(lambda p: self(p) - shift, self.lower - shift, self.upper + shift, f"{self.name} offset")

    def shell(self, thickness: float) -> Shape:
        """Return the wall of this thickness whose middle is the surface."""
        half = positive(thickness, "thickness") / 2
        return self._new(lambda p: np.abs(self(p)) - half, self.lower - half, self.upper + half, f"{self.name} shell")

    def translate(self, by: Sequence[float]) -> Shape:
        """Return the solid moved by (x, y, z)."""
        shift = vector(by, "by")
        return self._new(lambda p: self(p - shift), self.lower + shift, self.upper + shift, self.name)

    def rotate(self, axis: str | Sequence[float], degrees: float) -> Shape:
        """Return the solid turned about an axis through the origin, "x", "y", "z" or a vector, by the right hand."""
        turn = scipy_module("spatial.transform").Rotation
        direction = np.eye(3)[axis_number(axis)] if isinstance(axis, str) else vector(axis, "axis")
        if not np.any(direction):
            raise InvalidArgument("axis: got a vector of length 0", "axis")
        matrix = turn.from_rotvec(direction / np.linalg.norm(direction) * math.radians(degrees)).as_matrix()
        corners = np.array([[(self.lower, self.upper)[i >> a & 1][a] for a in range(3)] for i in range(8)])
        with np.errstate(invalid="ignore"):
            turned = corners @ matrix.T
        if not np.all(np.isfinite(turned)):
            turned = np.array([np.full(3, -np.inf), np.full(3, np.inf)])
        return self._new(lambda p: self(p @ matrix), turned.min(axis=0), turned.max(axis=0), self.name)

    def scale(self, factor: float) -> Shape:
        """Return the solid ``factor`` times as large about the origin."""
        by = positive(factor, "factor")
        return self._new(lambda p: by * self(p / by), by * self.lower, by * self.upper, self.name)

    def array(self, counts: Sequence[int], spacing: Sequence[float]) -> Shape:
        """Return copies on a lattice: ``counts`` along x, y, z, ``spacing`` apart; the first stays in its place.

        Raises:
            InvalidArgument: a copy does not fit into its spacing.
        """
        number = np.asarray(counts, dtype=np.int64)
        step = vector(spacing, "spacing")
        if number.shape != (3,) or number.min() < 1:
            raise InvalidArgument(f"counts: got {counts}, expected three numbers of at least 1", "counts")
        self._require_bounds("array")
        if np.any((number > 1) & (step < self.upper - self.lower)):
            message = f"spacing: got {triple(step)}, expected at least the size {triple(self.upper - self.lower)}"
            raise InvalidArgument(message, "spacing")
        middle = (self.lower + self.upper) / 2
        safe = np.where(number > 1, step, 1.0)

        def evaluate(points: Float64Array) -> Float64Array:
            # The nearest copy is the one before or after on each axis.
            before = np.floor((points - middle) / safe)
            values = np.full(len(points), np.inf)
            for corner in range(8):
                copy = np.clip(before + [corner >> a & 1 for a in range(3)], 0, number - 1)
                values = np.minimum(values, self(points - copy * step))
            return values

        return self._new(evaluate, self.lower, self.upper + (number - 1) * step, f"{self.name} array")

    def _with(
        self,
        other: Shape,
        evaluate: Callable[[Float64Array], Float64Array],
        lower: Float64Array,
        upper: Float64Array,
        sign: str,
    ) -> Shape:
        notes = (*self.notes, *other.notes)
        return Shape(evaluate, lower, upper, name=f"({self.name} {sign} {other.name})", notes=notes)

    def _new(
        self, evaluate: Callable[[Float64Array], Float64Array], lower: Float64Array, upper: Float64Array, name: str
    ) -> Shape:
        return Shape(evaluate, lower, upper, name=name, notes=self.notes)

    def _require_bounds(self, name: str) -> None:
        if not (np.all(np.isfinite(self.lower)) and np.all(np.isfinite(self.upper))):
            raise InvalidArgument(f"{name}: {self.name} has no bounds; give a box, or intersect it with one", name)

    def _unit_hint(self, low: Float64Array, high: Float64Array) -> str:
        size, edge = float((self.upper - self.lower).max()), float((high - low).max())
        for factor, unit in _UNITS.items():
            inside = np.all(self.lower * factor < high) and np.all(self.upper * factor > low)
            if inside and 0.05 * edge < factor * size < 1.5 * edge:
                return f"are its units {unit}? scale={factor:g} would make it fit"
        return "move or scale it, or give another box"


def _require_shape(other: Any, sign: str) -> None:
    if not isinstance(other, Shape):
        raise InvalidArgument(f"{sign}: got {type(other).__name__}, expected a shape", "other")
