"""Integrals of a solution over its sides, its interface, walls and other surfaces, with the parts of their errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.arguments import as_choice, as_instance, as_integer
from nbm.arrays import as_points
from nbm.errors import InvalidArgument
from nbm.fields import FieldLike, as_field
from nbm.problem import Problem
from nbm.quadrature import OWN, Quadrature, Rule
from nbm.quantity import Quantity, with_parts
from nbm.reaction import linearized
from nbm.solution_looks import Looks
from nbm.walls import FACES

__all__ = ["MARGIN", "SIDES", "Density", "Integrals", "Near", "Side", "Where", "of_rough"]

Float64Array = NDArray[np.float64]
Density = Callable[[Rule, Float64Array, Float64Array], Float64Array]
Where: TypeAlias = "str | FieldLike"  # "interface", a wall, "walls", or a level set; also "box", "minus", "plus"
Side: TypeAlias = "str | None"  # "minus" or "plus", of the interface
Near: TypeAlias = "Sequence[float] | None"  # (x, y, z), to choose a piece of a surface
SIDES = ("minus", "plus")
MARGIN = 1.5  # where the grid converges more slowly than by its second order, as in certificates
_HIDDEN = 0.41


class Integrals:
    """What :class:`nbm.Quantities` integrates with: domains, densities, and sums with their errors."""

    def __init__(self, solution: Any, problem: Problem, cells: int = 32) -> None:
        """Prepare; nothing is evaluated yet."""
        as_instance(problem, "problem", Problem, "nbm.Problem(...)")
        if problem.box != solution.box:
            raise InvalidArgument(f"problem: its box is {problem.box}, expected that of the solution", "problem")
        as_integer(cells, "cells", 8, 512)
        self.problem = linearized(problem, solution)  # what differs is of the square of the error
        self.cells = cells
        self._is_linear = problem.is_linear
        self._solution = solution
        self._mu = tuple(getattr(self.problem.native, side).mu for side in SIDES)
        self._k = tuple(getattr(self.problem.native, side).k for side in SIDES)

    @cached_property
    def _own(self) -> tuple[Quadrature, Quadrature]:
        return self._cut(lambda points: self._solution.level_set(points))

    @cached_property
    def _looks(self) -> Looks:
        return Looks(self._solution, self.problem)

    def _cut(self, level_set: Callable[[Float64Array], Float64Array]) -> tuple[Quadrature, Quadrature]:
        box = self.problem.box
        return Quadrature(level_set, box, self.cells), Quadrature(level_set, box, self.cells // 2)

    def _quadratures(self, over: str | FieldLike) -> tuple[Quadrature, Quadrature]:
        if isinstance(over, str):
            return self._own
        other = as_field(over, "through")
        return self._cut(lambda points: other.evaluate(points))

    def _domain(self, over: str | FieldLike, side: str | None, near: Any) -> _Rules:
        if not isinstance(over, str) or over not in ("box", *SIDES):
            return self._surface(over, side, near)
        if side is not None or near is not None:
            raise InvalidArgument("side, near: are for surfaces; leave them out", "side")
        sides = (0, 1) if over == "box" else (SIDES.index(over),)
        return _Rules(self._own, lambda quadrature: [quadrature.volume(s) for s in sides])

    def _surface(self, through: str | FieldLike, side: str | None, near: Any) -> _Rules:
        if isinstance(through, str):
            as_choice(through, "through", ("interface", "walls", *FACES))
        place = None if near is None else as_points(near, "near")
        if place is not None and place.shape != (3,):
            raise InvalidArgument(f"near: got an array of shape {place.shape}, expected one point, (3,)", "near")
        if isinstance(through, str) and through != "interface":
            numbers = tuple(range(6)) if through == "walls" else (FACES.index(through),)
            if side is not None or near is not None:
                raise InvalidArgument("side, near: are for the interface and level sets; leave them out", "side")
            return _Rules(self._own, lambda quadrature: [quadrature.walls(numbers, s) for s in (0, 1)])
        if not isinstance(through, str) and side is not None:
            raise InvalidArgument("side: is for the interface; other surfaces take u as it is there", "side")
        which = OWN if not isinstance(through, str) else 1
        if side is not None:
            which = SIDES.index(as_choice(side, "side", SIDES))

        def rules(quadrature: Quadrature) -> list[Rule]:
            rule = quadrature.interface(which)
            return [rule if place is None else rule.near(place)]

        return _Rules(self._quadratures(through), rules)

    def _quantity(self, rules: _Rules, density: Density, *, gradient: bool = False, mean: bool = False) -> Quantity:
        on_fine, on_coarse = (rules.of(quadrature) for quadrature in rules.quadratures)
        sums: Any = np.zeros(3)  # of the solution, by the finer grid, by the coarser
        chance: Any = 0.0
        edges: Any = 0.0
        for rule in on_fine:
            looks = self._looks.all(rule.points, rule.side, gradient=gradient)
            own, by_grid, by_coarse_grid = (density(rule, *look) for look in looks)
            sums = sums + np.stack([rule.weights @ values for values in (own, by_grid, by_coarse_grid)], axis=-1)
            patch = self._looks.coarse_cell ** (3 if rule.normals is None else 2)
            if not gradient:  # fluxes are the same through a short cut: its area vector is that of both legs
                edges = edges + of_rough(rule, own)
            chance = chance + patch * np.abs(rule.weights) @ (by_grid - by_coarse_grid) ** 2
        by_coarse_rule: Any = 0.0
        for rule in on_coarse:
            values = density(rule, *self._looks.own(rule.points, rule.side, gradient=gradient))
            by_coarse_rule = by_coarse_rule + rule.weights @ values
        fine, coarse = (_size(on_rules) if mean else 1.0 for on_rules in (on_fine, on_coarse))
        value = sums[..., 0] / fine
        return with_parts(
            value,
            quadrature=np.abs(value - by_coarse_rule / coarse) + edges / fine,
            grid=(sums[..., 0] - sums[..., 1]) / fine,
            change=MARGIN * (np.abs(sums[..., 1] - sums[..., 2]) + np.sqrt(chance)) / fine,
        )

    def _flux_density(self, rule: Rule, gradient: Float64Array) -> Float64Array:
        return np.asarray(self._coefficient(self._mu, rule) * np.einsum("ij,ij->i", gradient, _normals(rule)))

    def _energy_density(self, rule: Rule, u: Float64Array, gradient: Float64Array) -> Float64Array:
        if not self._is_linear:
            raise InvalidArgument("problem: has a reaction that is not k u, whose energy is not known", "problem")
        squared = np.einsum("ij,ij->i", gradient, gradient)
        mu, k = self._coefficient(self._mu, rule), self._coefficient(self._k, rule)
        return np.asarray(0.5 * (mu * squared + k * u**2))

    def _stress(self, rule: Rule, u: Float64Array, gradient: Float64Array) -> Float64Array:
        pull = self._flux_density(rule, gradient)[:, None] * gradient
        return np.asarray(pull - self._energy_density(rule, u, gradient)[:, None] * _normals(rule))

    def _coefficient(self, fields: tuple[_core.Field, ...], rule: Rule) -> Float64Array:
        if rule.side != OWN:
            return np.asarray(fields[rule.side].evaluate(rule.points))
        minus, plus = (field.evaluate(rule.points) for field in fields)
        return np.where(self._solution.level_set(rule.points) < 0, minus, plus)


@dataclass(frozen=True)
class _Rules:
    """Rules of a domain by two quadratures."""

    quadratures: tuple[Quadrature, Quadrature]
    of: Callable[[Quadrature], list[Rule]]


def of_rough(rule: Rule, density: Float64Array) -> Any:
    """What edges of the interface may hide: a triangle across a right angle is shorter than both legs by up to 0.41."""
    if rule.rough is None:
        return 0.0
    return _HIDDEN * (np.abs(rule.weights) * rule.rough) @ np.abs(density)


def _size(rules: list[Rule]) -> float:
    size = float(sum(rule.weights.sum() for rule in rules))
    return size if size > 0 else math.nan


def _normals(rule: Rule) -> Float64Array:
    assert rule.normals is not None, "a surface"
    return rule.normals
