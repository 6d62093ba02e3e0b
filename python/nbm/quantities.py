"""The numbers that a solution is asked for: fluxes, integrals, energy, extrema, forces, with estimates of their errors.

The error has three parts (docs/method.md, section 16): "quadrature", what half as many cells of the quadrature change;
"grid", what the classical solver adds to u; and "change", what its finer grid changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.arguments import as_choice, as_instance, as_integer, as_real
from nbm.arrays import as_points
from nbm.errors import InvalidArgument
from nbm.fields import FieldLike, as_field
from nbm.problem import Problem
from nbm.quadrature import OWN, Quadrature, Rule
from nbm.reaction import linearized
from nbm.solution_looks import Looks
from nbm.walls import FACES

__all__ = ["Extremum", "Quantities", "Quantity"]

Float64Array = NDArray[np.float64]
Density = Callable[[Rule, Float64Array, Float64Array], Float64Array]
_SIDES = ("minus", "plus")


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number, or an array of them, with an estimate of its error.

    Attributes:
        value: The quantity, in units of the problem.
        error: Estimate of its error, of an array that of the worst of its numbers: the sum of ``parts``.
        parts: "quadrature", "grid" and "change": see the module.
    """

    value: Any
    error: float
    parts: dict[str, float] = field(default_factory=dict)

    def __float__(self) -> float:
        return float(self.value)

    def __str__(self) -> str:
        if np.ndim(self.value):
            return f"{np.array2string(np.asarray(self.value), precision=6)} ± {self.error:.1e}"
        return f"{self.value:.8g} ± {self.error:.1e}"


@dataclass(frozen=True, kw_only=True)
class Extremum(Quantity):
    """A smallest or largest u.

    Attributes:
        place: Where, (x, y, z).
        side: "minus" or "plus": whose u it is, on the interface too.
    """

    place: tuple[float, float, float]
    side: str


class Quantities:
    """What can be asked of a solution of a problem; made by :meth:`nbm.Solution.quantities`.

    Fluxes are those of the problem, the integral of mu du/dn (a heat flow is minus that), with n from minus to plus on
    the interface and on other level sets, and out of the box on walls. Integrals are of fourth order in the cells of
    the quadrature where surfaces are smooth, of second at their edges and where they meet walls.
    """

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
        self._mu = tuple(getattr(self.problem.native, side).mu for side in _SIDES)
        self._k = tuple(getattr(self.problem.native, side).k for side in _SIDES)

    def flux(
        self,
        through: str | FieldLike = "interface",
        *,
        side: str | None = None,
        near: Sequence[float] | None = None,
    ) -> Quantity:
        """Return the integral of mu du/dn over a surface.

        Args:
            through: "interface"; a wall, "x-" to "z+"; "walls", all of them; or another level set, a field whose zeros
                are the surface.
            side: "minus" or "plus", of which the flux through the interface is taken; default "plus". On other surfaces
                each point takes its own.
            near: (x, y, z); of the surface only the connected piece that comes nearest to it.
        """
        normal: Density = lambda rule, _, gradient: self._flux_density(rule, gradient)  # noqa: E731
        return self._quantity(self._surface(through, side, near), normal, gradient=True)

    def integral(
        self,
        over: str | FieldLike = "box",
        *,
        side: str | None = None,
        near: Sequence[float] | None = None,
        weight: FieldLike = 1.0,
    ) -> Quantity:
        """Return the integral of ``weight`` u over "box", "minus", "plus", or a surface as of :meth:`flux`."""
        factor = as_field(weight, "weight")
        density: Density = lambda rule, u, _: u * factor.evaluate(rule.points)  # noqa: E731
        return self._quantity(self._domain(over, side, near), density)

    def mean(
        self, over: str | FieldLike = "box", *, side: str | None = None, near: Sequence[float] | None = None
    ) -> Quantity:
        """Return the mean of u over what :meth:`integral` takes; nan where that is empty."""
        density: Density = lambda _, u, __: u  # noqa: E731
        return self._quantity(self._domain(over, side, near), density, mean=True)

    def measure(self, over: str | FieldLike = "box", *, near: Sequence[float] | None = None) -> Quantity:
        """Return the volume or area of what :meth:`integral` takes."""
        rules = self._domain(over, None, near)
        fine, coarse = (float(sum(rule.weights.sum() for rule in rules.of(cut))) for cut in rules.quadratures)
        edges = sum(float(_of_rough(rule, np.ones(len(rule.weights)))) for rule in rules.of(rules.quadratures[0]))
        return _with_parts(fine, quadrature=abs(fine - coarse) + edges)

    def energy(self, over: str = "box") -> Quantity:
        """Return half the integral of mu |grad u|^2 + k u^2 over "box", "minus" or "plus"."""
        as_choice(over, "over", ("box", *_SIDES))
        density: Density = lambda rule, u, g: self._energy_density(rule, u, g)  # noqa: E731
        return self._quantity(self._domain(over, None, None), density, gradient=True)

    def mean_flux(self, over: str = "box") -> Quantity:
        """Return the mean of mu grad u over "box", "minus" or "plus" as (3,)."""
        as_choice(over, "over", ("box", *_SIDES))
        density: Density = lambda rule, _, g: self._coefficient(self._mu, rule)[:, None] * g  # noqa: E731
        return self._quantity(self._domain(over, None, None), density, gradient=True, mean=True)

    def force(
        self,
        through: str | FieldLike = "interface",
        *,
        side: str | None = None,
        near: Sequence[float] | None = None,
    ) -> Quantity:
        """Return the force (3,) on what a closed surface encloses, by the Maxwell stress of u as a potential.

        The stress is mu (g g^T - |g|^2 I / 2) - k u^2 I / 2 with g = grad u; its last term is the pressure of the ions
        of the linear Poisson-Boltzmann equation. Its divergence is -f g where mu and k are constant: a charge f feels
        the field -g. On the interface it is taken on the plus side, or on ``side``; arguments as of :meth:`flux`.
        """
        density: Density = lambda rule, u, g: self._stress(rule, u, g)  # noqa: E731
        return self._quantity(self._surface(through, side, near), density, gradient=True)

    def capacitance(
        self, voltage: float, through: str | FieldLike = "interface", *, near: Sequence[float] | None = None
    ) -> Quantity:
        """Return the charge on what a surface encloses, or behind a wall, over a voltage: |flux / voltage|.

        u is the potential in volts and mu the permittivity; for a conductance, mu is the conductivity.
        """
        if as_real(voltage, "voltage") == 0.0:
            raise InvalidArgument(
                "voltage: got 0, expected the difference of potential that drives the flux", "voltage"
            )
        flux = self.flux(through, near=near)
        parts = {name: part / abs(voltage) for name, part in flux.parts.items()}
        return Quantity(value=abs(flux.value / voltage), error=flux.error / abs(voltage), parts=parts)

    def minimum(self, side: str | None = None) -> Extremum:
        """Return the smallest u and where it is, in the box or on a side, which includes its interface."""
        return self._extremum(-1.0, side)

    def maximum(self, side: str | None = None) -> Extremum:
        """Return the largest u and where it is, in the box or on a side, which includes its interface.

        It is looked for from the best of the points of the quadrature: a peak narrower than its cells is not seen.
        """
        return self._extremum(1.0, side)

    def all(self) -> dict[str, Quantity]:
        """Return by name what every problem has: sizes, extrema and means of its sides, energy, and the interface's."""
        found = {}
        area = self.measure("interface")
        sides = [side for side in _SIDES if self.measure(side).value > 0]
        for side in sides:
            found[f"volume, {side}"] = self.measure(side)
            found[f"least u, {side}"] = self.minimum(side)
            found[f"largest u, {side}"] = self.maximum(side)
            found[f"mean u, {side}"] = self.mean(side)
        if self._is_linear:
            found["energy: ½ ∫ μ |∇u|² + k u²"] = self.energy()
        if area.value > 0:
            found["area of the interface"] = area
            for side in sides:
                found[f"mean u on the interface, {side} side"] = self.mean("interface", side=side)
                found[f"flux through the interface, {side} side: ∫ μ ∂ₙu"] = self.flux(side=side)
        return found

    # --- integrals ---

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
        if not isinstance(over, str) or over not in ("box", *_SIDES):
            return self._surface(over, side, near)
        if side is not None or near is not None:
            raise InvalidArgument("side, near: are for surfaces; leave them out", "side")
        sides = (0, 1) if over == "box" else (_SIDES.index(over),)
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
            which = _SIDES.index(as_choice(side, "side", _SIDES))

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
                edges = edges + _of_rough(rule, own)
            chance = chance + patch * np.abs(rule.weights) @ (by_grid - by_coarse_grid) ** 2
        by_coarse_rule: Any = 0.0
        for rule in on_coarse:
            values = density(rule, *self._looks.own(rule.points, rule.side, gradient=gradient))
            by_coarse_rule = by_coarse_rule + rule.weights @ values
        fine, coarse = (_size(on_rules) if mean else 1.0 for on_rules in (on_fine, on_coarse))
        value = sums[..., 0] / fine
        return _with_parts(
            value,
            quadrature=np.abs(value - by_coarse_rule / coarse) + edges / fine,
            grid=(sums[..., 0] - sums[..., 1]) / fine,
            change=_MARGIN * (np.abs(sums[..., 1] - sums[..., 2]) + np.sqrt(chance)) / fine,
        )

    # --- densities ---

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

    # --- extrema ---

    def _extremum(self, sign: float, side: str | None) -> Extremum:
        from nbm.extrema import climb, highest

        sides = (0, 1) if side is None else (_SIDES.index(as_choice(side, "side", _SIDES)),)
        looks, cut = self._looks, self._own[0]
        starts = [start for s in sides if (start := highest(looks, cut, s, sign)) is not None]
        if not starts:
            raise InvalidArgument(f"side: the problem has no {side} side", "side")
        found = [climb(looks, cut, s, start, sign) for s, start in starts]
        best = max(range(len(found)), key=lambda i: sign * found[i][0])
        (value, place), which = found[best], starts[best][0]
        by_grid, by_coarse_grid = (climb(looks, cut, which, place, sign, of=look)[0] for look in (1, 2))
        parts = {"grid": abs(value - by_grid), "change": _MARGIN * abs(by_grid - by_coarse_grid)}
        x, y, z = place.tolist()
        return Extremum(value=value, error=sum(parts.values()), parts=parts, place=(x, y, z), side=_SIDES[which])


@dataclass(frozen=True)
class _Rules:
    """Rules of a domain by two quadratures."""

    quadratures: tuple[Quadrature, Quadrature]
    of: Callable[[Quadrature], list[Rule]]


_HIDDEN = 0.41
_MARGIN = 1.5  # where the grid converges more slowly than by its second order, as in certificates


def _of_rough(rule: Rule, density: Float64Array) -> Any:
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


def _with_parts(value: Any, **differences: Any) -> Quantity:
    parts = {name: float(np.max(np.abs(difference))) for name, difference in differences.items()}
    return Quantity(value=value, error=sum(parts.values()), parts=parts)
