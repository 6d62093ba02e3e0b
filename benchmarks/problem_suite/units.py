"""The same problem stated in other units: positions, u and coefficients scaled and shifted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

import nbm
from nbm.symbols import x, y, z
from problem_suite.balls import heated
from problem_suite.case import SMOOTH, Case, random_points


@dataclass(frozen=True, kw_only=True)
class Units:
    """Positions become ``shift + length X``, u becomes ``offset + value u``, mu becomes ``mu`` times itself."""

    title: str
    length: float = 1.0
    shift: float = 0.0
    value: float = 1.0
    offset: float = 0.0
    mu: float = 1.0


COPIES = (
    Units(title="length 10⁻⁹", length=1e-9),
    Units(title="length 10³", length=1e3),
    Units(title="u × 10⁻⁶", value=1e-6),
    Units(title="u × 10⁴", value=1e4),
    Units(title="u + 300", offset=300.0),
    Units(title="μ × 10⁻¹²", mu=1e-12),
    Units(title="μ × 10⁹", mu=1e9),
    Units(title="box shifted by 100 edges", shift=200.0),  # the boxes have edge 2
)


def sphere() -> Case:
    """Return the sphere of docs/method.md, section 11."""
    problem = nbm.problems.sphere()
    points = random_points(problem.box)
    return Case(title="sphere", problem=problem, points=points, truth=problem.exact(points), bars=SMOOTH)


ORIGINALS = {"sphere": sphere, "heated": heated}


def in_units(case: Case, units: Units) -> Case:
    """Return the case in other units; its fields have to be numbers or expressions.

    k u - div(mu grad u) = f and the jumps keep their form with k mu / length^2, f mu value / length^2 + k offset,
    jump_u value, jump_flux mu value / length.
    """
    old, moved = case.problem, [(c - units.shift) / units.length for c in (x, y, z)]

    def at(field: Any) -> Any:
        return sp.sympify(field).subs(dict(zip((x, y, z), moved, strict=True)), simultaneous=True)

    def boundary(field: Any) -> Any:
        return None if field is None else units.offset + units.value * at(field)

    def medium(side: nbm.Medium) -> nbm.Medium:
        k = units.mu / units.length**2 * at(side.k)
        f = units.mu * units.value / units.length**2 * at(side.f) + units.offset * k
        return nbm.Medium(k=k, mu=units.mu * at(side.mu), f=f, boundary=boundary(side.boundary))

    def position(values: Any) -> Any:
        return units.shift + units.length * np.asarray(values, dtype=np.float64)

    problem = nbm.Problem(
        nbm.Box(tuple(position(old.box.lower)), tuple(position(old.box.upper))),
        units.length * at(old.level_set),
        minus=medium(old.minus),
        plus=medium(old.plus),
        jump_u=units.value * at(old.jump_u),
        jump_flux=units.mu * units.value / units.length * at(old.jump_flux),
        boundary=boundary(old.boundary),
    )
    return Case(
        title=f"{case.title}: {units.title}",
        problem=problem,
        points=position(case.points),
        truth=units.offset + units.value * case.truth,
        offset=units.offset + units.value * case.offset,
        bars=case.bars,
    )
