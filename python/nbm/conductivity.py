"""Effective properties of a cell of a composite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from nbm.arguments import as_choice, as_instance
from nbm.problem import Medium, Problem
from nbm.quantities import Quantity
from nbm.solution import Solution
from nbm.solving import solve
from nbm.walls import FACES, Neumann, WallCondition

__all__ = ["effective_conductivity"]


def effective_conductivity(
    problem: Problem,
    *,
    walls: Literal["insulated", "uniform"] = "insulated",
    solver: Callable[[Problem], Solution] = solve,
    cells: int = 32,
) -> Quantity:
    """Return the effective conductivity tensor (3, 3) of a cell of a composite.

    For each axis j, div(mu grad u) = 0 is solved with a mean gradient of 1 along j, and column j is the mean of
    mu grad u.

    Args:
        problem: Box, level set, mu of both sides and the interface's resistance are taken; there are no sources.
        walls: "insulated": between two plates, u = x_j on the two walls normal to j, and no flux through the other
            four, as in a measurement. Where the box is a cell of a periodic composite and its middle planes are planes
            of symmetry, as of cubic arrays of balls, this is the tensor of the composite. "uniform": u = x_j on all
            walls, an upper bound for the composite that falls with the number of inclusions in the cell (Huet,
            J. Mech. Phys. Solids 38, 1990).
        solver: Of the three problems, for example ``lambda p: nbm.solve_on_grid(p, 96)``.
        cells: Of the quadrature, as for :meth:`nbm.Solution.quantities`.

    Raises:
        InvalidArgument: as :meth:`nbm.Solution.quantities` does.
    """
    as_instance(problem, "problem", Problem, "nbm.Problem(...)")
    as_choice(walls, "walls", ("insulated", "uniform"))
    columns = []
    for axis in range(3):
        cell = _cell(problem, axis, walls == "insulated")
        columns.append(solver(cell).quantities(cell, cells=cells).mean_flux())
    parts = {name: max(column.parts[name] for column in columns) for name in columns[0].parts}
    value = np.stack([column.value for column in columns], axis=1)
    return Quantity(value=value, error=sum(parts.values()), parts=parts)


def _cell(problem: Problem, axis: int, insulated: bool) -> Problem:
    from nbm.symbols import x, y, z  # only now: importing nbm needs no SymPy

    others = [face for face in FACES if face[0] != "xyz"[axis]] if insulated else []
    conditions: dict[str, WallCondition] = dict.fromkeys(others, Neumann(0.0))
    return Problem(
        problem.box,
        problem.level_set,
        minus=Medium(mu=problem.minus.mu),
        plus=Medium(mu=problem.plus.mu),
        resistance=problem.resistance,
        boundary=(x, y, z)[axis],
        walls=conditions,
    )
