"""Reactions that are no multiple of u: expressions of u and of position, and their linear form about a function."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from nbm.errors import InvalidArgument
from nbm.fields import as_field
from nbm.problem import Medium, Problem
from nbm.symbols import u, x, y, z
from nbm.sympy_nodes import NodeProgram, nodes_of

if TYPE_CHECKING:
    from nbm.evaluation import Evaluation

__all__ = ["Reaction", "linearized", "linearized_about"]

Float64Array = NDArray[np.float64]
Function = Callable[[Float64Array], Float64Array]
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


class Reaction:
    """R(u, x, y, z) and its derivative by u at points, in NumPy."""

    def __init__(self, expression: sp.Expr, name: str) -> None:
        """Check and prepare an expression of ``nbm.symbols``.

        Raises:
            InvalidArgument: another symbol, or a function that fields cannot have.
        """
        own = {str(symbol): symbol for symbol in (u, x, y, z)}
        unknown = sorted(str(s) for s in expression.free_symbols if str(s) not in own)
        if unknown:
            message = f"{name}: unknown symbol {unknown[0]}; a reaction is a function of u, x, y and z only"
            raise InvalidArgument(message, name)
        expression = expression.xreplace({s: own[str(s)] for s in expression.free_symbols})
        self._value = nodes_of(expression, name)
        self._derivative = nodes_of(sp.diff(expression, u), name)

    def value(self, at: Float64Array, points: Float64Array) -> Float64Array:
        """Return R for u (n,) at points (n, 3)."""
        return _evaluate(self._value, at, points)

    def derivative(self, at: Float64Array, points: Float64Array) -> Float64Array:
        """Return dR/du likewise."""
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


def linearized(problem: Problem, solution: Evaluation) -> Problem:
    """Return the linear problem that a nonlinear one is near a solution; a linear one as it is.

    R(u) becomes R(v) + R'(v) (u - v) with v the solution: k = R'(v), f - R(v) + R'(v) v. Where v solves the problem, it
    solves this one too, and errors found for this one are those of v but for their square.
    """
    sides = (solution.minus, solution.plus)
    minus, plus = (lambda points, side=side: side(points, outside="extrapolate") for side in sides)
    return problem if problem.is_linear else linearized_about(problem, minus, plus)


def linearized_about(problem: Problem, minus: Function, plus: Function) -> Problem:
    """Return the linear problem about functions of points (n, 3) that stand for u on either side."""
    return problem.replace(
        minus=_linear(problem.minus, minus, "minus"),
        plus=_linear(problem.plus, plus, "plus"),
    )


def _linear(medium: Medium, about: Function, side: str) -> Medium:
    if medium.reaction is None:
        return medium
    reaction = Reaction(medium.reaction, f"{side}.reaction")
    source = as_field(medium.f, f"{side}.f")

    def k(points: Float64Array) -> Float64Array:
        return reaction.derivative(about(points), points)

    def f(points: Float64Array) -> Float64Array:
        v = about(points)
        return source.evaluate(points) - reaction.value(v, points) + reaction.derivative(v, points) * v

    return dataclasses.replace(medium, k=k, f=f, reaction=None)
