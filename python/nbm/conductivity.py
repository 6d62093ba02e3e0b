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
from nbm.walls import AXES, FACES, Neumann, Periodic, WallCondition

__all__ = ["effective_conductivity"]


def effective_conductivity(
    problem: Problem,
    *,
    walls: Literal["insulated", "periodic", "uniform"] = "insulated",
    solver: Callable[[Problem], Solution] = solve,
    cells: int = 32,
) -> Quantity:
    """Return the effective conductivity tensor (3, 3) of a cell of a composite.

    For each axis j, div(mu grad u) = 0 is solved with a mean gradient of 1 along j, and column j is the mean of
    mu grad u, taken from the fluxes through the walls (docs/method.md, section 16).

    Args:
        problem: Box, level set, mu of both sides and the interface's resistance are taken; there are no sources.
        walls: "insulated": between two plates, u = x_j on the two walls normal to j, and no flux through the other
            four, as in a measurement. "periodic": the cell repeats along all axes, which level set and mu must do; this
            is the tensor of the composite. "uniform": u = x_j on all walls, an upper bound for the composite that falls
            with the number of inclusions in the cell (Huet, J. Mech. Phys. Solids 38, 1990).
        solver: Of the three problems, for example ``lambda p: nbm.solve_on_grid(p, 96)``.
        cells: Of the quadrature, as for :meth:`nbm.Solution.quantities`.

    Raises:
        InvalidArgument: as :meth:`nbm.Solution.quantities` does; a periodic cell whose opposite walls differ.
    """
    as_instance(problem, "problem", Problem, "nbm.Problem(...)")
    as_choice(walls, "walls", ("insulated", "periodic", "uniform"))
    columns = [_mean_flux(solver(cell), cell, cells) for cell in (_cell(problem, axis, walls) for axis in range(3))]
    parts = {name: max(column.parts[name] for column in columns) for name in columns[0].parts}
    value = np.stack([column.value for column in columns], axis=1)
    return Quantity(value=value, error=sum(parts.values()), parts=parts)


def _mean_flux(solution: Solution, cell: Problem, cells: int) -> Quantity:
    """Return the mean of mu grad u, whose divergence is 0, as the moments of the flux through the walls.

    In the volume a good conductor would multiply the errors of a small gradient.
    """
    from nbm.symbols import x, y, z  # only now: importing nbm needs no SymPy

    numbers, box = solution.quantities(cell, cells=cells), cell.box
    volume = float(np.prod(box.edge))
    middle = [0.5 * (lower + upper) for lower, upper in zip(box.lower, box.upper, strict=True)]
    moments = [numbers.flux("walls", weight=c - m) for c, m in zip((x, y, z), middle, strict=True)]
    parts = {name: max(moment.parts[name] for moment in moments) / volume for name in moments[0].parts}
    value = np.array([moment.value for moment in moments]) / volume
    return Quantity(value=value, error=sum(parts.values()), parts=parts)


def _cell(problem: Problem, axis: int, walls: str) -> Problem:
    from nbm.symbols import x, y, z

    conditions: dict[str, WallCondition] = {}
    if walls == "insulated":
        conditions = {face: Neumann(0.0) for face in FACES if face[0] != AXES[axis]}
    if walls == "periodic":
        conditions = {a: Periodic(jump=problem.box.edge[axis] if a == AXES[axis] else 0.0) for a in AXES}
    return Problem(
        problem.box,
        problem.level_set,
        minus=Medium(mu=problem.minus.mu),
        plus=Medium(mu=problem.plus.mu),
        resistance=problem.resistance,
        boundary=(x, y, z)[axis],
        walls=conditions,
    )
