"""Problems with a known solution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbm.arrays import as_points
from nbm.box import Box
from nbm.fields import FieldLike, as_field
from nbm.problem import Problem

if TYPE_CHECKING:
    import sympy as sp

__all__ = ["ManufacturedProblem", "manufactured"]


class ManufacturedProblem(Problem):
    """A problem whose solution is known; made by :func:`nbm.manufactured`.

    Attributes:
        exact_minus: u where the level set is negative, a SymPy expression.
        exact_plus: u elsewhere.
    """

    def __init__(self, box: Box, level_set: Any, *, exact_minus: sp.Expr, exact_plus: sp.Expr, **fields: Any) -> None:
        """State the problem and its solution; see :func:`nbm.manufactured`."""
        super().__init__(box, level_set, **fields)
        self.exact_minus = exact_minus
        self.exact_plus = exact_plus

    def _statement(self) -> dict[str, Any]:
        return {**super()._statement(), "exact_minus": self.exact_minus, "exact_plus": self.exact_plus}

    def exact(self, points: Any) -> NDArray[np.float64]:
        """Return the exact u at points (..., 3), box coordinates, as (...), float64."""
        given = as_points(points)
        at = given.reshape(-1, 3)
        is_minus = self.native.level_set.evaluate(at) < 0
        values = np.empty(len(at))
        # One side's formula need not make sense on the other side.
        values[is_minus] = self.native.minus.boundary.evaluate(at[is_minus])
        values[~is_minus] = self.native.plus.boundary.evaluate(at[~is_minus])
        return values.reshape(given.shape[:-1])

    def exact_gradient(self, points: Any) -> NDArray[np.float64]:
        """Return the exact gradient of u at points (..., 3) as (..., 3), float64."""
        from nbm.symbolic_statement import gradient_of  # only now: importing nbm needs no SymPy

        given = as_points(points)
        at = given.reshape(-1, 3)
        is_minus = self.native.level_set.evaluate(at) < 0
        gradient = np.empty_like(at)
        for chosen, u in ((is_minus, self.exact_minus), (~is_minus, self.exact_plus)):
            for axis, derivative in enumerate(gradient_of(u)):
                gradient[chosen, axis] = as_field(derivative, "gradient").evaluate(at[chosen])
        return gradient.reshape(given.shape)


def manufactured(
    *,
    u_minus: sp.Expr | float,
    u_plus: sp.Expr | float,
    mu_minus: sp.Expr | float = 1.0,
    mu_plus: sp.Expr | float = 1.0,
    level_set: FieldLike | None = None,
    box: Box | None = None,
    k_minus: sp.Expr | float = 0.0,
    k_plus: sp.Expr | float = 0.0,
    resistance: sp.Expr | float = 0.0,
    surface_reaction: sp.Expr | float = 0.0,
    walls: Mapping[str, sp.Expr | float] | None = None,
) -> ManufacturedProblem:
    """State the problem that has a given solution: sources, jumps and boundary values are derived symbolically.

    f = k u - div(mu grad u) on each side, jump_u = u+ - u-, jump_flux = (mu+ grad u+ - mu- grad u-) . n with
    n = grad(level_set) / |grad(level_set)|, less what resistance and surface reaction make of them, and each side's own
    solution on the box (docs/method.md, section 1).

    Args:
        u_minus: The solution where the level set is negative: a SymPy expression of ``nbm.symbols``, or a number.
        u_plus: The solution elsewhere.
        mu_minus: Diffusion coefficient where the level set is negative; positive there.
        mu_plus: The same elsewhere.
        level_set: Its sign tells the side; None or a number: no interface. A grid or a function of points will do as
            well, such as a shape of ``nbm.geometry``: its normals are then differences, and ``jump_flux`` a function.
        box: The domain, by default [-1, 1]^3.
        k_minus: Reaction coefficient where the level set is negative.
        k_plus: The same elsewhere.
        resistance: Of the interface, as of :class:`nbm.Problem`.
        surface_reaction: The same.
        walls: Faces ("x-", ..., "z+") where not u but its flux is given, with their transfer coefficient h: 0 makes a
            :class:`nbm.Neumann` wall, all else :class:`nbm.Robin`.

    Raises:
        InvalidArgument: an argument that is no expression, an unknown symbol or function.
        InvalidField: a coefficient, source or jump that is not finite, or mu not positive, where it would be used.
    """
    from nbm.symbolic_statement import fields_of

    given = {"u_minus": u_minus, "u_plus": u_plus, "mu_minus": mu_minus, "mu_plus": mu_plus}
    given |= {"k_minus": k_minus, "k_plus": k_plus, "resistance": resistance, "surface_reaction": surface_reaction}
    where = Box() if box is None else box
    return ManufacturedProblem(where, **fields_of(given, level_set, where, walls or {}))
