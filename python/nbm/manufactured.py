"""Problems with a known solution."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from nbm.arrays import as_points
from nbm.box import Box
from nbm.differentiation import Differentiator
from nbm.errors import InvalidArgument
from nbm.fields import FieldLike, as_field
from nbm.level_set_normals import unit_normals
from nbm.problem import Medium, Problem
from nbm.symbols import x, y, z
from nbm.sympy_nodes import with_our_symbols

__all__ = ["ManufacturedProblem", "manufactured"]

_NORMAL_STEP = 1e-4  # of the longest edge: of second order, so 1e-8, with rounding far below


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
        given = as_points(points)
        at = given.reshape(-1, 3)
        is_minus = self.native.level_set.evaluate(at) < 0
        gradient = np.empty_like(at)
        for chosen, u in ((is_minus, self.exact_minus), (~is_minus, self.exact_plus)):
            for axis, derivative in enumerate(_gradient(u)):
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
) -> ManufacturedProblem:
    """State the problem that has a given solution: sources, jumps and boundary values are derived symbolically.

    f = k u - div(mu grad u) on each side, jump_u = u+ - u-, jump_flux = (mu+ grad u+ - mu- grad u-) . n with
    n = grad(level_set) / |grad(level_set)|, and each side's own solution on the box (docs/method.md, section 1).

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

    Raises:
        InvalidArgument: an argument that is no expression, an unknown symbol or function.
        InvalidField: a coefficient, source or jump that is not finite, or mu not positive, where it would be used.
    """
    given = {"u_minus": u_minus, "u_plus": u_plus, "mu_minus": mu_minus, "mu_plus": mu_plus}
    given |= {"k_minus": k_minus, "k_plus": k_plus}
    e = {name: _as_expression(value, name) for name, value in given.items()}
    sides = {s: _medium(e[f"u_{s}"], e[f"mu_{s}"], e[f"k_{s}"]) for s in ("minus", "plus")}
    flux_jump = [
        e["mu_plus"] * p - e["mu_minus"] * m
        for p, m in zip(_gradient(e["u_plus"]), _gradient(e["u_minus"]), strict=True)
    ]
    box = Box() if box is None else box
    has_interface, level_set, jump_flux = _interface(level_set, flux_jump, box)
    return ManufacturedProblem(
        box,
        level_set,
        exact_minus=e["u_minus"],
        exact_plus=e["u_plus"],
        minus=sides["minus"],
        plus=sides["plus"],
        jump_u=e["u_plus"] - e["u_minus"] if has_interface else 0.0,
        jump_flux=jump_flux,
    )


def _interface(level_set: Any, flux_jump: list[sp.Expr], box: Box) -> tuple[bool, Any, Any]:
    """Return whether there is an interface, its level set, and the jump of the flux on it."""
    if level_set is None:
        return False, None, 0.0
    if not callable(level_set) or isinstance(level_set, sp.Expr):
        phi = _as_expression(level_set, "level_set")
        return (True, phi, _normal_component(flux_jump, phi)) if phi.free_symbols else (False, phi, 0.0)
    field = as_field(level_set, "level_set")
    components = [as_field(component, "jump_flux") for component in flux_jump]
    step = _NORMAL_STEP * max(box.edge)

    def jump_flux(points: NDArray[np.float64]) -> NDArray[np.float64]:
        vectors = np.stack([component.evaluate(points) for component in components], axis=1)
        return np.asarray(np.einsum("ij,ij->i", vectors, unit_normals(field.evaluate, points, step)))

    return True, level_set, jump_flux


def _as_expression(value: Any, name: str) -> sp.Expr:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating, sp.Expr)):
        kind = type(value).__name__
        raise InvalidArgument(f"{name}: got {kind}, expected an expression of nbm.symbols or a number", name)
    return with_our_symbols(sp.sympify(value, strict=True), name)


def _gradient(u: sp.Expr) -> list[sp.Expr]:
    return [derivative(u) for derivative in _derivatives()]


def _derivatives() -> list[Differentiator]:
    return [Differentiator(c) for c in (x, y, z)]


def _medium(u: sp.Expr, mu: sp.Expr, k: sp.Expr) -> Medium:
    divergence = sp.Add(*(by(mu) * by(u) + mu * by(by(u)) for by in _derivatives()))
    return Medium(k=k, mu=mu, f=k * u - divergence, boundary=u)


def _normal_component(vector: list[sp.Expr], level_set: sp.Expr) -> sp.Expr:
    normal = _gradient(level_set)
    length = sp.sqrt(sp.Add(*(n**2 for n in normal)))
    return sp.Add(*(v * n for v, n in zip(vector, normal, strict=True))) / length
