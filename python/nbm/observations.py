"""Observations: values of the solution, or of its gradient, that are known at points."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.errors import FileError, InvalidArgument

__all__ = ["Observations", "all_observations"]

Float64Array = NDArray[np.float64]
_COLUMNS = ("x", "y", "z", "value", "sigma", "nx", "ny", "nz")


@dataclass(frozen=True, eq=False)
class Observations:
    """Values of u, of its gradient or of derivatives along directions, that training fits beside the equation.

    Each is a group of rows of its own (docs/method.md, section 8): residual (u - value) / sigma.

    Example:
        >>> sensors = nbm.Observations(points, values, sigma=0.01)
        >>> solution = nbm.solve(problem, observations=sensors)

    Attributes:
        points: (n, 3), box coordinates, in the box.
        values: (n,) values of u; with ``directions`` derivatives along them; (n, 3): gradients.
        sigma: Standard deviation of the values, in their units: a number, or one a point.
        side: "minus" or "plus": whose network the values concern; None: that of the side on which each point lies.
        directions: (n, 3); None: ``values`` are those of u, or gradients.
        name: Of the group, in the history and in ``weights``: letters, digits, "_" and "-"; each of several needs
            another.
        weight: λ of the group: the loss counts weight² times the mean of the squared residuals. ``weights`` of
            :func:`nbm.solve` multiply it.
        per_draw: Points of a draw, out of many: each once before any comes again. None: all.
    """

    points: Any
    values: Any
    sigma: Any = 1.0
    side: Literal["minus", "plus"] | None = None
    directions: Any = None
    name: str = "data"
    weight: float = 1.0
    per_draw: int | None = None

    def __post_init__(self) -> None:
        points = _array(self.points, "points", (-1, 3))
        n = len(points)
        values = _array(self.values, "values", None)
        directions = None if self.directions is None else _array(self.directions, "directions", (n, 3))
        if values.shape != (n,) and (directions is not None or values.shape != (n, 3)):
            expected = f"({n},)" if directions is not None else f"({n},) or, for gradients, ({n}, 3)"
            raise InvalidArgument(f"values: expected shape {expected}, got {values.shape}", "values")
        sigma = _array(self.sigma, "sigma", None)
        if sigma.shape not in ((), (n,)):
            raise InvalidArgument(f"sigma: expected a number or shape ({n},), got {sigma.shape}", "sigma")
        if self.side not in (None, "minus", "plus"):
            raise InvalidArgument(f"side: expected 'minus', 'plus' or None, got {self.side!r}", "side")
        if self.per_draw is not None and self.per_draw < 1:
            raise InvalidArgument(f"per_draw: must be at least 1, got {self.per_draw}", "per_draw")
        for name, array in (("points", points), ("values", values), ("sigma", sigma), ("directions", directions)):
            object.__setattr__(self, name, array)

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.points)

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str], **options: Any) -> Observations:
        """Read observations from a CSV file.

        The first line names the columns: x, y, z and value; sigma where it differs from point to point; nx, ny and nz
        where the values are derivatives along a direction. ``options`` are those of :class:`Observations`.

        Raises:
            FileError: The file is missing, or a line of it cannot be read.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FileError(f"{path}: cannot be read: {error}", str(path)) from error
        lines = [(number, line) for number, line in enumerate(csv.reader(text.split("\n")), 1) if line]
        header = [name.strip() for name in lines[0][1]] if lines else []
        missing = [name for name in ("x", "y", "z", "value") if name not in header]
        unknown = [name for name in header if name not in _COLUMNS]
        if missing or unknown or len(set(header)) < len(header):
            what = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(unknown) or 'a column twice'}"
            raise FileError(f"{path}: the first line {what}; expected names among {', '.join(_COLUMNS)}", str(path))
        numbers = np.empty((len(lines) - 1, len(header)))
        for row, (number, line) in zip(numbers, lines[1:], strict=True):
            try:
                row[:] = [float(cell) for cell in line]
            except ValueError as error:
                raise FileError(
                    f"{path}, line {number}: expected {len(header)} numbers, got {line}", str(path)
                ) from error
        column = {name: numbers[:, i] for i, name in enumerate(header)}
        if "sigma" in column:
            options["sigma"] = column["sigma"]
        if "nx" in column or "ny" in column or "nz" in column:
            if not {"nx", "ny", "nz"} <= column.keys():
                raise FileError(f"{path}: a direction needs all of nx, ny and nz", str(path))
            options["directions"] = np.stack([column["nx"], column["ny"], column["nz"]], axis=1)
        return cls(np.stack([column["x"], column["y"], column["z"]], axis=1), column["value"], **options)

    def native(self) -> _core.Observations:
        """Return them for the C++ library, a gradient as derivatives along the axes."""
        points, values, sigma, directions = self.points, self.values, np.atleast_1d(self.sigma), self.directions
        if values.ndim == 2:
            directions = np.tile(np.eye(3), (len(self), 1))
            points = np.repeat(points, 3, axis=0)
            sigma = sigma if sigma.size == 1 else np.repeat(sigma, 3)
            values = values.reshape(-1)
        native = _core.Observations(np.ascontiguousarray(points), values, sigma)
        if directions is not None:
            native.set_directions(np.ascontiguousarray(directions))
        native.set_side(self.side or "")
        native.name = self.name
        native.weight = float(self.weight)
        native.per_draw = 0 if self.per_draw is None else int(self.per_draw)
        return native


def all_observations(given: Observations | Sequence[Observations] | None) -> list[Observations]:
    """Return the argument ``observations`` of :func:`nbm.solve` as a list of groups of different names."""
    groups = [] if given is None else list(given) if isinstance(given, Sequence) else [given]
    for group in groups:
        if not isinstance(group, Observations):
            raise InvalidArgument(f"observations: expected nbm.Observations, got {group!r}", "observations")
    return groups


def _array(values: Any, name: str, shape: tuple[int, int] | None) -> Float64Array:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"{name}: expected numbers, got {values!r}", name) from error
    if shape is not None and (array.ndim != 2 or array.shape[1] != 3 or shape[0] not in (-1, len(array))):
        expected = "(n, 3)" if shape[0] < 0 else str(shape)
        raise InvalidArgument(f"{name}: expected shape {expected}, got {array.shape}", name)
    return array
