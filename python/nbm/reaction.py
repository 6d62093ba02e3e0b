"""Problems that are not linear in u, and the linear ones that they are near a function."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbm.fields import as_field, depends_on_u
from nbm.problem import Medium, Problem

if TYPE_CHECKING:
    from nbm.evaluation import Evaluation

__all__ = ["linearized", "linearized_about"]

Float64Array = NDArray[np.float64]
Function = Callable[[Float64Array], Float64Array]


def linearized(problem: Problem, solution: Evaluation) -> Problem:
    """Return the linear problem that a nonlinear one is near a solution; a linear one as it is.

    R(u) becomes R(v) + R'(v) (u - v) with v the solution: k = R'(v), f - R(v) + R'(v) v; and mu(u) becomes mu(v). Where
    v solves the problem, it solves this one too. Errors found for this one are those of v, but for their square and for
    what they make of mu.
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
    if depends_on_u(medium.mu):
        medium = dataclasses.replace(medium, mu=_value(medium.mu, about, f"{side}.mu"))
    if medium.reaction is None:
        return medium
    from nbm.expression_of_u import ExpressionOfU  # only now: importing nbm needs no SymPy

    reaction = ExpressionOfU(medium.reaction, f"{side}.reaction")
    source = as_field(medium.f, f"{side}.f")

    def k(points: Float64Array) -> Float64Array:
        return reaction.derivative(about(points), points)

    def f(points: Float64Array) -> Float64Array:
        v = about(points)
        return source.evaluate(points) - reaction.value(v, points) + reaction.derivative(v, points) * v

    return dataclasses.replace(medium, k=k, f=f, reaction=None)


def _value(expression: Any, about: Function, name: str) -> Function:
    from nbm.expression_of_u import ExpressionOfU

    of_u = ExpressionOfU(expression, name)
    return lambda points: of_u.value(about(points), points)
