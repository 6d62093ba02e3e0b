"""Coefficients: what may stand for one, and its native form."""

from __future__ import annotations

import hashlib
import numbers
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from nbm import _core
from nbm.box import Box
from nbm.errors import InvalidArgument
from nbm.sympy_nodes import compile_expression

__all__ = ["FieldLike", "GridField", "as_field"]


@dataclass(frozen=True, eq=False)
class GridField:
    """A field given by its values at the nodes of a uniform grid over a box of its own, of any resolution.

    Outside of its box the polynomial of the nearest cell goes on; :class:`nbm.Problem` asks that grids cover its box.

    Args:
        values: (nx, ny, nz), first and last nodes on the box; any real array, kept as a float64 copy.
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
        if array.dtype.kind not in "iuf" or array.ndim != 3:
            given = f"an array of {array.dtype} with shape {array.shape}"
            raise InvalidArgument(f"values: got {given}, expected real numbers with shape (nx, ny, nz)", "values")
        if not isinstance(self.box, Box):
            raise InvalidArgument(f"box: got {type(self.box).__name__}, expected nbm.Box", "box")
        copy = np.array(array, dtype=np.float64, order="C")
        copy.setflags(write=False)
        object.__setattr__(self, "values", copy)
        object.__setattr__(self, "_native", _core.GridField(self.box.native, copy, str(self.interpolation)))

    @property
    def native(self) -> _core.GridField:
        """The grid of the native engine."""
        return self._native  # type: ignore[attr-defined, no-any-return]

    def __call__(self, points: Any) -> NDArray[np.float64]:
        """Return the interpolated values at points (n, 3) as (n,), float64."""
        from nbm.arrays import as_points

        return self.native.evaluate(as_points(points))


FieldLike: TypeAlias = "float | sp.Expr | GridField | Callable[[NDArray[np.float64]], NDArray[np.float64]]"


def as_field(value: Any, name: str) -> _core.Field:
    """Return the native field of a number, SymPy expression, :class:`GridField` or function.

    Args:
        value: A number; an expression of ``nbm.symbols``; a grid; or a function that takes points (n, 3), float64, and
            returns (n,), float64. Functions may be called from any thread, under the GIL: expressions are faster.
        name: What errors call it.

    Raises:
        InvalidArgument: anything else.
    """
    if isinstance(value, _core.Field):
        return value
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return _core.Field.from_number(float(value))
    if isinstance(value, sp.Expr):
        return _core.Field.from_expression(compile_expression(value, name))
    if isinstance(value, GridField):
        return _core.Field.from_grid(value.native)
    if isinstance(value, str):
        raise InvalidArgument(f"{name}: got text; read it with nbm.expressions.parse, or use nbm.symbols", name)
    if callable(value) and not isinstance(value, type):
        return _core.Field.from_callable(value, name)
    kinds = "a number, an expression of nbm.symbols, a GridField or a function of points"
    raise InvalidArgument(f"{name}: got {type(value).__name__}, expected {kinds}", name)


def update_digest(digest: hashlib._Hash, value: Any, name: str) -> None:
    """Add what a field says to a running hash; of a function, only that it is one."""
    digest.update(f"\n{name}:".encode())
    if isinstance(value, GridField):
        digest.update(f"grid {value.box!r} {value.interpolation} {value.values.shape}".encode())
        digest.update(np.ascontiguousarray(value.values, dtype="<f8").tobytes())
    elif isinstance(value, sp.Expr):
        for op, operands, number in zip(*compile_expression(value, name).nodes(), strict=True):
            digest.update(f"{op} {operands} {float(number).hex()};".encode())
    elif isinstance(value, numbers.Real):
        digest.update(f"constant [-1, -1, -1] {float(value).hex()};".encode())
    else:
        digest.update(b"function")
