"""Effective properties of a cell of a composite."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nbm.arguments import as_instance
from nbm.problem import Medium, Problem
from nbm.quantities import Quantity
from nbm.solution import Solution
from nbm.solving import solve

__all__ = ["effective_conductivity"]


def effective_conductivity(
    problem: Problem, *, solver: Callable[[Problem], Solution] = solve, cells: int = 32
) -> Quantity:
    """Return the effective conductivity tensor (3, 3) of a cell whose walls impose a uniform gradient.

    For each axis j, div(mu grad u) = 0 is solved with u = x_j on all walls; column j is the mean of mu grad u. So
    walled, a cell conducts at least as well as the same amount of the composite without walls: the tensor is an upper
    bound that falls with the number of inclusions in the cell (Huet, J. Mech. Phys. Solids 38, 1990).

    Args:
        problem: Box, level set and mu of both sides are taken; contact is perfect and there are no sources.
        solver: Of the three problems, for example ``lambda p: nbm.solve_on_grid(p, 96)``.
        cells: Of the quadrature, as for :meth:`nbm.Solution.quantities`.

    Raises:
        InvalidArgument: as :meth:`nbm.Solution.quantities` does.
    """
    from nbm.symbols import x, y, z  # only now: importing nbm needs no SymPy

    as_instance(problem, "problem", Problem, "nbm.Problem(...)")
    columns = []
    for coordinate in (x, y, z):
        cell = Problem(
            problem.box,
            problem.level_set,
            minus=Medium(mu=problem.minus.mu),
            plus=Medium(mu=problem.plus.mu),
            boundary=coordinate,
        )
        columns.append(solver(cell).quantities(cell, cells=cells).mean_flux())
    parts = {name: max(column.parts[name] for column in columns) for name in columns[0].parts}
    value = np.stack([column.value for column in columns], axis=1)
    return Quantity(value=value, error=sum(parts.values()), parts=parts)
