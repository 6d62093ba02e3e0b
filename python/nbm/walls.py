"""Conditions on the walls of the box."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nbm.box import Box
from nbm.errors import InvalidArgument
from nbm.fields import FieldLike, as_field, is_expression

__all__ = ["AXES", "FACES", "Dirichlet", "Neumann", "Periodic", "Robin", "WallCondition", "as_walls", "with_faces"]

AXES = ("x", "y", "z")
FACES = ("x-", "x+", "y-", "y+", "z-", "z+")  # in the order of the engine
_ROUNDING = 1e-9  # of the edge: how near to a face its values are asked for


@dataclass(frozen=True, eq=False)
class Dirichlet:
    """A wall where u is given, by a field of its own instead of ``boundary``.

    Args:
        u: A field as of :class:`nbm.Medium`; on edges of two such walls that of the first in the order of the axes.
    """

    u: FieldLike = 0.0


@dataclass(frozen=True, eq=False)
class Neumann:
    """A wall with a given flux: mu du/dn = flux, n outward; what it brings into the box.

    Args:
        flux: A field as of :class:`nbm.Medium`, units of mu times u over length; 0 insulates, as a plane of symmetry
            does.
    """

    flux: FieldLike = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Robin:
    """A wall with transfer to surroundings: mu du/dn = h (u_surroundings - u), n outward (convection, leaky walls).

    Args:
        h: Transfer coefficient, not negative, a field as of :class:`nbm.Medium`; units of mu over length.
        u: Of the surroundings, a field likewise.
    """

    h: FieldLike
    u: FieldLike = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Periodic:
    """The two walls of an axis as one surface: the box is a cell that repeats along it.

    Level set and mu are the same on both walls; u on the upper one is u on the lower one and ``jump``.

    Args:
        jump: A field as of :class:`nbm.Medium`, units of u, asked for on the lower wall; a number E L is a mean
            gradient E along an edge of length L.
        source: What the surface brings into the box: mu du/dx on the upper wall less that on the lower one, for the
            axis x; a field likewise, units of mu times u over length, asked for on the upper wall.

    Walls of other axes that give u must go over too: their u at the upper edge is that at the lower one and ``jump``.
    Trained networks are periodic by construction; they take a ``jump`` that is one number, and no ``source``.
    """

    jump: FieldLike = 0.0
    source: FieldLike = 0.0


WallCondition: TypeAlias = Dirichlet | Neumann | Robin | Periodic


def as_walls(walls: Mapping[str, WallCondition] | None, name: str) -> dict[str, WallCondition]:
    """Return conditions by face, periods by axis; ``InvalidArgument`` for other keys and conditions, and for two."""
    if walls is not None and not isinstance(walls, Mapping):
        raise InvalidArgument(f"{name}: got {type(walls).__name__}, expected conditions by face", name)
    checked = dict(walls or {})
    for face, condition in checked.items():
        if face in AXES:
            _check_period(face, condition, checked, name)
        elif face not in FACES:
            raise InvalidArgument(f"{name}: got face {face!r}, expected one of {', '.join(FACES + AXES)}", name)
        elif isinstance(condition, Periodic):
            message = f"{name}: {face}: nbm.Periodic(...) ties both walls of an axis, give it for {face[0]!r}"
            raise InvalidArgument(message, name)
        elif not isinstance(condition, (Dirichlet, Neumann, Robin)):
            expected = "expected nbm.Dirichlet(...), nbm.Neumann(...) or nbm.Robin(...)"
            raise InvalidArgument(f"{name}: {face}: got {type(condition).__name__}, {expected}", name)
    return checked


def _check_period(axis: str, condition: Any, walls: Mapping[str, Any], name: str) -> None:
    if not isinstance(condition, Periodic):
        expected = f"expected nbm.Periodic(...), or conditions for {axis}- and {axis}+"
        raise InvalidArgument(f"{name}: {axis}: got {type(condition).__name__}, {expected}", name)
    if name != "walls":
        message = f"{name}: {axis}: a period holds on both sides, give it in the walls of the problem"
        raise InvalidArgument(message, name)
    for face in (f"{axis}-", f"{axis}+"):
        if face in walls:
            raise InvalidArgument(f"{name}: {face} has two conditions, its own and that of the period {axis!r}", name)


def with_faces(boundary: FieldLike, faces: Mapping[str, FieldLike], box: Box, name: str) -> FieldLike:
    """Return one field for u on the boundary: that of each face on it, ``boundary`` on the others."""
    if not faces:
        return boundary
    if all(isinstance(u, numbers.Real) or is_expression(u) for u in (boundary, *faces.values())):
        from nbm.symbols import Piecewise  # late, as SymPy takes long to import

        pieces = [(faces[face], _is_on(face, box)) for face in FACES if face in faces]
        return Piecewise(*pieces, (boundary, True))
    native = as_field(boundary, name)
    parts = [(*_side_of(face, box), as_field(faces[face], f"{name} of {face}")) for face in FACES if face in faces]

    def values(points: NDArray[np.float64]) -> NDArray[np.float64]:
        out = native.evaluate(points)
        for axis, sign, place, field in reversed(parts):
            on = sign * points[:, axis] >= sign * place
            out[on] = field.evaluate(points[on])
        return out

    return values


def _is_on(face: str, box: Box) -> Any:
    from nbm.symbols import x, y, z

    axis, sign, place = _side_of(face, box)
    return (x, y, z)[axis] >= place if sign > 0 else (x, y, z)[axis] <= place


def _side_of(face: str, box: Box) -> tuple[int, float, float]:
    """Return axis, sign and a coordinate just inside of a face."""
    axis, upper = FACES.index(face) // 2, face.endswith("+")
    inside = _ROUNDING * box.edge[axis]
    return axis, 1.0 if upper else -1.0, box.upper[axis] - inside if upper else box.lower[axis] + inside
