"""Coefficients: what may stand for one, and its native form."""

from __future__ import annotations

import hashlib
import inspect
import math
import numbers
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.arguments import as_choice, as_instance, as_real
from nbm.arrays import as_points, as_values
from nbm.box import Box
from nbm.errors import InvalidArgument

if TYPE_CHECKING:
    import sympy as sp

__all__ = ["FieldLike", "GridField", "as_field", "depends_on_u", "is_expression"]


@dataclass(frozen=True, eq=False)
class GridField:
    """A field given by its values at the nodes of a uniform grid over a box of its own, of any resolution.

    Outside of its box the polynomial of the nearest cell goes on; :class:`nbm.Problem` asks that grids cover its box.

    Args:
        values: (nx, ny, nz), first and last nodes on the box; any real array (of truth values: 0 and 1), kept as a
            float64 copy.
        box: Where the nodes lie; box units of the problem.
        interpolation: "linear" (second order), "cubic" (Catmull-Rom: C1, third order), "quadratic_eno" (third order
            where smooth, without new extrema next to jumps and kinks).

    Raises:
        InvalidArgument: another shape, type or interpolation, values that are not finite, or fewer nodes an axis than 2
            (linear), 3 (quadratic_eno), 4 (cubic).
    """

    values: NDArray[np.float64]
    box: Box
    interpolation: str = "cubic"

    def __post_init__(self) -> None:
        """Copy the values and build the native grid."""
        array = np.asarray(self.values)
        if array.dtype.kind not in "biuf" or array.ndim != 3:
            given = f"an array of {array.dtype} with shape {array.shape}"
            raise InvalidArgument(f"values: got {given}, expected real numbers with shape (nx, ny, nz)", "values")
        as_instance(self.box, "box", Box, "nbm.Box")
        copy = np.array(array, dtype=np.float64, order="C")
        copy.setflags(write=False)
        object.__setattr__(self, "values", copy)
        object.__setattr__(self, "_native", _core.GridField(self.box.native, copy, str(self.interpolation)))

    @classmethod
    def from_voxels(
        cls, values: Any, box: Box, *, order: Literal["C", "F"] = "C", interpolation: str = "linear"
    ) -> GridField:
        """Make a field from values at the centres of voxels that fill a box, as images and simulations have them.

        Between the centres the field interpolates; in the half voxel at the faces of the box it goes on as the nearest
        value. A level set from a mask, ``0.5 - mask``, has its zero half-way between unlike voxels.

        Args:
            values: (nx, ny, nz) at ``box.lower + (i + 1/2) * voxel``; real numbers or truth values.
            box: What the voxels fill.
            order: "C": the first index of ``values`` runs along x. "F": along z, as in arrays of VTK once they are
                reshaped to (nz, ny, nx).
            interpolation: As for the class.

        Raises:
            InvalidArgument: as for the class, and another order.
        """
        as_choice(order, "order", ("C", "F"))
        as_instance(box, "box", Box, "nbm.Box")
        array = np.asarray(values)
        if array.ndim != 3 or 0 in array.shape:
            raise InvalidArgument(f"values: got shape {array.shape}, expected (nx, ny, nz)", "values")
        padded = np.pad(array if order == "C" else array.T, 1, mode="edge")
        half = [edge / (2 * (count - 2)) for edge, count in zip(box.edge, padded.shape, strict=True)]
        outer = Box(
            [a - d for a, d in zip(box.lower, half, strict=True)], [b + d for b, d in zip(box.upper, half, strict=True)]
        )
        return cls(padded, outer, interpolation)

    @property
    def native(self) -> _core.GridField:
        """The grid of the native engine."""
        return self._native  # type: ignore[attr-defined, no-any-return]

    def __call__(self, points: Any) -> NDArray[np.float64]:
        """Return the interpolated values at points (..., 3) as (...), float64."""
        at = as_points(points)
        return self.native.evaluate(at.reshape(-1, 3)).reshape(at.shape[:-1])

    def __repr__(self) -> str:
        return f"GridField(values of shape {self.values.shape}, {self.box!r}, interpolation={self.interpolation!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return GridField, (self.values, self.box, self.interpolation)


FieldLike: TypeAlias = "float | sp.Expr | GridField | Callable[..., Any]"


class _Function:
    """A coefficient function as the engine calls it: points (n, 3) in, (n,) float64 out.

    The engine holds it weakly and the field's Python object strongly, so that the garbage collector sees every owner.
    """

    __slots__ = ("__weakref__", "call", "name", "takes_coordinates")

    def __init__(self, call: Callable[..., Any], name: str) -> None:
        """Find out what the function takes."""
        self.call = call
        self.name = name
        self.takes_coordinates = _takes_coordinates(call, name)

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        values = self.call(*points.T) if self.takes_coordinates else self.call(points)
        return as_values(values, len(points), self.name, what="its function returned")


def _takes_coordinates(call: Callable[..., Any], name: str) -> bool:
    """Whether a function is one of x, y, z and not of points; ``InvalidArgument`` where it is neither."""
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):  # of compiled functions nothing is known
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    least = sum(p.default is p.empty for p in positional)
    most = math.inf if any(p.kind is p.VAR_POSITIONAL for p in parameters) else len(positional)
    if least <= 1 <= most:
        return False
    if least <= 3 <= most:
        return True
    message = f"its function takes {least} arguments, expected one, points (n, 3), or three, x, y and z of shape (n,)"
    raise InvalidArgument(f"{name}: {message}", name)


def is_expression(value: Any) -> bool:
    """Whether a value is a SymPy expression; there is none where SymPy, which takes long to import, is not yet."""
    sympy = sys.modules.get("sympy")
    return isinstance(value, getattr(sympy, "Expr", ()))


def depends_on_u(value: Any) -> bool:
    """Whether a value is an expression of the solution, ``nbm.symbols.u``."""
    return is_expression(value) and any(str(symbol) == "u" for symbol in value.free_symbols)


def _compiled(value: Any, name: str) -> Any:
    from nbm.sympy_nodes import compile_expression  # only now: importing nbm needs no SymPy

    return compile_expression(value, name)


def as_field(value: Any, name: str) -> _core.Field:
    """Return the native field of a number, SymPy expression, :class:`GridField` or function.

    Args:
        value: A number; an expression of ``nbm.symbols``; a grid; or a function of points (n, 3), or of x, y and z,
            each (n,), float64, that returns real numbers, (n,) or one for all. Functions may be called from any thread,
            under the GIL: expressions are faster.
        name: What errors call it.

    The function lives as long as the returned object, which whoever uses its engine must keep.

    Raises:
        InvalidArgument: anything else.
    """
    if isinstance(value, _core.Field):
        return value
    if isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_)):
        return _core.Field.from_number(as_real(value, name))
    if is_expression(value):
        return _core.Field.from_expression(_compiled(value, name))
    if isinstance(value, GridField):
        return _core.Field.from_grid(value.native)
    if isinstance(value, str):
        raise InvalidArgument(f"{name}: got text; read it with nbm.expressions.parse, or use nbm.symbols", name)
    if callable(value) and not isinstance(value, type):
        function = _Function(value, name)
        field = _core.Field.from_callable(function, name)
        field.function = function  # type: ignore[attr-defined]
        return field
    kinds = "a number, an expression of nbm.symbols, a GridField or a function of points"
    raise InvalidArgument(f"{name}: got {type(value).__name__}, expected {kinds}", name)


def update_digest(digest: hashlib._Hash, value: Any, name: str) -> None:
    """Add what a field says to a running hash; of a function, only that it is one."""
    digest.update(f"\n{name}:".encode())
    if isinstance(value, GridField):
        digest.update(f"grid {value.box!r} {value.interpolation} {value.values.shape}".encode())
        digest.update(np.ascontiguousarray(value.values, dtype="<f8").tobytes())
    elif is_expression(value):
        from nbm.sympy_nodes import nodes_of  # only now: importing nbm needs no SymPy

        nodes = nodes_of(value, name) if depends_on_u(value) else _compiled(value, name).nodes()
        for op, operands, number in zip(*nodes, strict=True):
            digest.update(f"{op} {operands} {float(number).hex()};".encode())
    elif isinstance(value, numbers.Real):
        digest.update(f"constant [-1, -1, -1] {float(value).hex()};".encode())
    else:
        digest.update(b"function")
