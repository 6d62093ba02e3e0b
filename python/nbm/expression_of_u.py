"""Expressions of the solution, such as reactions: evaluated in NumPy, since native ones are of x, y and z alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from nbm.errors import InvalidArgument
from nbm.symbols import u, x, y, z
from nbm.sympy_nodes import NodeProgram, nodes_of

__all__ = ["ExpressionOfU"]

Float64Array = NDArray[np.float64]
_NUMPY: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "negate": np.negative,
    "power": np.power,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "abs": np.abs,
    "sign": np.sign,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "less": np.less,
    "select": np.where,
}


class ExpressionOfU:
    """An expression of u, x, y, z and its derivative by u at points, in NumPy."""

    def __init__(self, expression: sp.Expr, name: str) -> None:
        """Check and prepare an expression of ``nbm.symbols``.

        Raises:
            InvalidArgument: another symbol, or a function that fields cannot have.
        """
        own = {str(symbol): symbol for symbol in (u, x, y, z)}
        unknown = sorted(str(s) for s in expression.free_symbols if str(s) not in own)
        if unknown:
            message = f"{name}: unknown symbol {unknown[0]}; expected u, x, y and z only"
            raise InvalidArgument(message, name)
        expression = expression.xreplace({s: own[str(s)] for s in expression.free_symbols})
        self._value = nodes_of(expression, name)
        self._derivative = nodes_of(sp.diff(expression, u), name)

    def value(self, at: Float64Array, points: Float64Array) -> Float64Array:
        """Return its values for u (n,) at points (n, 3)."""
        return _evaluate(self._value, at, points)

    def derivative(self, at: Float64Array, points: Float64Array) -> Float64Array:
        """Return those of its derivative likewise."""
        return _evaluate(self._derivative, at, points)


def _evaluate(program: NodeProgram, at: Float64Array, points: Float64Array) -> Float64Array:
    known = {"u": at, "x": points[:, 0], "y": points[:, 1], "z": points[:, 2]}
    results: list[Any] = []
    with np.errstate(all="ignore"):  # whoever takes the values looks whether they are finite
        for op, operands, number in zip(*program, strict=True):
            if op == "constant":
                results.append(number)
            elif op in known:
                results.append(known[op])
            else:
                values = [results[i] for i in operands if i >= 0]
                if op == "select":
                    values[0] = np.asarray(values[0]) != 0
                results.append(_NUMPY[op](*values) * 1.0)
    return np.broadcast_to(np.asarray(results[-1], dtype=np.float64), at.shape)
