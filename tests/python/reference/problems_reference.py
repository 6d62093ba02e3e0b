"""The three problems of docs/method.md, section 11, as plain NumPy functions of (x, y, z) made by SymPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import sympy as sp

Scalar = Callable[..., object]
X, Y, Z = COORDINATES = sp.symbols("x y z", real=True)


@dataclass(frozen=True)
class ReferenceProblem:
    """Functions of three equal-shaped arrays; pairs are (minus, plus). ``symbols`` keeps the expressions."""

    level_set: Scalar
    u: tuple[Scalar, Scalar]
    mu: tuple[Scalar, Scalar]
    k: tuple[Scalar, Scalar]
    f: tuple[Scalar, Scalar]
    jump_u: Scalar
    jump_flux: Scalar
    symbols: dict[str, sp.Expr]


def _gradient(u: sp.Expr) -> sp.Matrix:
    return sp.Matrix([sp.diff(u, c) for c in COORDINATES])


def _flux_divergence(u: sp.Expr, mu: sp.Expr) -> sp.Expr:
    return sum(sp.diff(mu * sp.diff(u, c), c) for c in COORDINATES)


def _function(expression: sp.Expr) -> Scalar:
    # Adding 0 * x gives constants the shape of the points.
    function = sp.lambdify(COORDINATES, expression, "numpy", cse=True)
    return lambda x, y, z: function(x, y, z) + 0.0 * x


def manufactured(
    level_set: sp.Expr, u: tuple[sp.Expr, sp.Expr], mu: tuple[sp.Expr, sp.Expr], k: tuple[sp.Expr, sp.Expr]
) -> ReferenceProblem:
    """Derive f = k u - div(mu grad u), alpha = [u] and beta = [mu du/dn] from the exact solution."""
    u, mu, k = (tuple(sp.sympify(e) for e in pair) for pair in (u, mu, k))
    normal = _gradient(level_set) / sp.sqrt(_gradient(level_set).dot(_gradient(level_set)))
    f = tuple(ks * us - _flux_divergence(us, ms) for us, ms, ks in zip(u, mu, k, strict=True))
    jump_flux = mu[1] * _gradient(u[1]).dot(normal) - mu[0] * _gradient(u[0]).dot(normal)
    symbols = {
        "level_set": level_set,
        "u_minus": u[0], "u_plus": u[1],
        "mu_minus": mu[0], "mu_plus": mu[1],
        "k_minus": k[0], "k_plus": k[1],
    }  # fmt: skip
    return ReferenceProblem(
        level_set=_function(level_set),
        u=(_function(u[0]), _function(u[1])),
        mu=(_function(mu[0]), _function(mu[1])),
        k=(_function(k[0]), _function(k[1])),
        f=(_function(f[0]), _function(f[1])),
        jump_u=_function(u[1] - u[0]),
        jump_flux=_function(jump_flux),
        symbols=symbols,
    )


def _star_level_set() -> sp.Expr:
    r2 = X**2 + Y**2 + Z**2
    theta = sp.atan2(Y, X)
    petals = ((3, 0.1, 0.5), (4, -0.1, 1.8), (7, 0.15, 0))
    waves = sum(beta * sp.cos(n * (theta - shift)) for n, beta, shift in petals)
    return sp.sqrt(r2) - 0.483 * (1 + ((X**2 + Y**2) / r2) ** 2 * waves)


@cache
def reference_problem(name: str) -> ReferenceProblem:
    """``name``: sphere, star or ellipsoid."""
    if name == "sphere":
        return manufactured(
            sp.sqrt(X**2 + Y**2 + Z**2) - 0.5,
            (sp.exp(Z), sp.cos(X) * sp.sin(Y)),
            (Y**2 * sp.log(X + 2) + 4, sp.exp(-Z)),
            (0, 0),
        )
    if name == "star":
        t = (Y - X) / 3
        return manufactured(
            _star_level_set(),
            (
                sp.sin(2 * X) * sp.cos(2 * Y) * sp.exp(Z),
                (16 * t**5 - 20 * t**3 + 5 * t) * sp.log(X + Y + 3) * sp.cos(Z),
            ),
            (10 + (sp.sin(4 * sp.pi * X) - sp.sin(4 * sp.pi * Y)) * sp.cos(Z), 1),
            (0, 0),
        )
    if name == "ellipsoid":
        return manufactured(
            (X / 0.7) ** 2 + (Y / 0.5) ** 2 + (Z / 0.3) ** 2 - 1,
            (sp.exp(X + Y + Z), sp.sin(X) * sp.sin(Y) * sp.sin(Z)),
            (1, sp.Float("1e-3")),
            (0, 0),
        )
    raise KeyError(name)
