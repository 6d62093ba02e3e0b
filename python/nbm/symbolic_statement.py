"""The fields of a problem whose solution is known, derived by SymPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from nbm.box import Box
from nbm.differentiation import Differentiator
from nbm.errors import InvalidArgument
from nbm.fields import as_field
from nbm.level_set_normals import unit_normals
from nbm.problem import Medium
from nbm.symbols import x, y, z
from nbm.sympy_nodes import with_our_symbols
from nbm.walls import FACES, Neumann, Robin, WallCondition

__all__ = ["fields_of", "gradient_of"]

# Of the longest edge, as the rows take it (interface_point.hpp): on grids, whose second derivatives jump, another step
# would give another normal.
_NORMAL_STEP = 1e-5


def fields_of(given: Mapping[str, Any], level_set: Any, box: Box, walls: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of :class:`nbm.ManufacturedProblem` but for the box; see :func:`nbm.manufactured`."""
    e = {name: _as_expression(value, name) for name, value in given.items()}
    resistance, reaction = e["resistance"], e["surface_reaction"]
    transfers = {face: _as_expression(h, f"walls.{face}") for face, h in walls.items()}
    sides = {s: _medium(e[f"u_{s}"], e[f"mu_{s}"], e[f"k_{s}"], transfers) for s in ("minus", "plus")}
    flux_jump = [
        e["mu_plus"] * p - e["mu_minus"] * m
        for p, m in zip(gradient_of(e["u_plus"]), gradient_of(e["u_minus"]), strict=True)
    ]
    flux_mean = [
        (e["mu_plus"] * p + e["mu_minus"] * m) / 2
        for p, m in zip(gradient_of(e["u_plus"]), gradient_of(e["u_minus"]), strict=True)
    ]
    has_interface, level_set, normal_of = _interface(level_set, box)
    jump_u = e["u_plus"] - e["u_minus"]
    if not resistance.is_zero:
        jump_u = _less(jump_u, resistance, normal_of(flux_mean))
    jump_flux = normal_of(flux_jump)
    if not reaction.is_zero:
        jump_flux = _less(jump_flux, reaction, (e["u_plus"] + e["u_minus"]) / 2)
    return {
        "level_set": level_set,
        "exact_minus": e["u_minus"],
        "exact_plus": e["u_plus"],
        "minus": sides["minus"],
        "plus": sides["plus"],
        "jump_u": jump_u if has_interface else 0.0,
        "jump_flux": jump_flux if has_interface else 0.0,
        "resistance": resistance if has_interface else 0.0,
        "surface_reaction": reaction if has_interface else 0.0,
    }


def _interface(level_set: Any, box: Box) -> tuple[bool, Any, Callable[[list[sp.Expr]], Any]]:
    """Return whether there is an interface, its level set, and what takes the normal component of vectors on it."""
    if level_set is None:
        return False, None, lambda vector: sp.Integer(0)
    if not callable(level_set) or isinstance(level_set, sp.Expr):
        phi = _as_expression(level_set, "level_set")
        if not phi.free_symbols:
            return False, phi, lambda vector: sp.Integer(0)
        return True, phi, lambda vector: _normal_component(vector, phi)
    field = as_field(level_set, "level_set")
    step = _NORMAL_STEP * max(box.edge)

    def normal_of(vector: list[sp.Expr]) -> Any:
        components = [as_field(component, "jump_flux") for component in vector]

        def values(points: NDArray[np.float64]) -> NDArray[np.float64]:
            vectors = np.stack([component.evaluate(points) for component in components], axis=1)
            return np.asarray(np.einsum("ij,ij->i", vectors, unit_normals(field.evaluate, points, step)))

        return values

    return True, level_set, normal_of


def _less(jump: Any, factor: sp.Expr, mean: Any) -> Any:
    """Return jump - factor * mean, of expressions or functions of points."""
    if isinstance(jump, sp.Expr) and isinstance(mean, sp.Expr):
        return jump - factor * mean
    parts = [as_field(part, "jump_u") for part in (jump, factor, mean)]

    def values(points: NDArray[np.float64]) -> NDArray[np.float64]:
        of_jump, of_factor, of_mean = (part.evaluate(points) for part in parts)
        return np.asarray(of_jump - of_factor * of_mean)

    return values


def _as_expression(value: Any, name: str) -> sp.Expr:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating, sp.Expr)):
        kind = type(value).__name__
        raise InvalidArgument(f"{name}: got {kind}, expected an expression of nbm.symbols or a number", name)
    return with_our_symbols(sp.sympify(value, strict=True), name)


def gradient_of(u: sp.Expr) -> list[sp.Expr]:
    """Return the derivatives of u by x, y and z."""
    return [derivative(u) for derivative in _derivatives()]


def _derivatives() -> list[Differentiator]:
    return [Differentiator(c) for c in (x, y, z)]


def _medium(u: sp.Expr, mu: sp.Expr, k: sp.Expr, transfers: Mapping[str, sp.Expr]) -> Medium:
    divergence = sp.Add(*(by(mu) * by(u) + mu * by(by(u)) for by in _derivatives()))
    walls = {face: _wall(u, mu, face, h) for face, h in transfers.items()}
    return Medium(k=k, mu=mu, f=k * u - divergence, boundary=u, walls=walls)


def _wall(u: sp.Expr, mu: sp.Expr, face: str, h: sp.Expr) -> WallCondition:
    if face not in FACES:
        raise InvalidArgument(f"walls: got face {face!r}, expected one of {', '.join(FACES)}", "walls")
    outward = mu * gradient_of(u)[FACES.index(face) // 2] * (-1 if face.endswith("-") else 1)
    return Neumann(outward) if h.is_zero else Robin(h=h, u=u + outward / h)


def _normal_component(vector: list[sp.Expr], level_set: sp.Expr) -> sp.Expr:
    normal = gradient_of(level_set)
    length = sp.sqrt(sp.Add(*(n**2 for n in normal)))
    return sp.Add(*(v * n for v, n in zip(vector, normal, strict=True))) / length
