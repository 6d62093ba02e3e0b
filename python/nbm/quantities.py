"""Numbers that a solution is asked for: fluxes, integrals, energy, extrema, forces, with estimates of their errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from nbm import _core
from nbm.arguments import as_choice, as_instance, as_integer, as_real
from nbm.arrays import as_points
from nbm.errors import InvalidArgument
from nbm.fields import FieldLike, as_field
from nbm.problem import Problem
from nbm.quantity import Extremum, Quantity
from nbm.reaction import linearized
from nbm.walls import FACES

__all__ = ["Extremum", "Near", "Quantities", "Quantity", "Side", "Where"]

Where: TypeAlias = "str | FieldLike"  # "interface", a wall, "walls", or a level set; also "box", "minus", "plus"
Side: TypeAlias = "str | None"  # "minus" or "plus", of the interface
Near: TypeAlias = "Sequence[float] | None"  # (x, y, z), to choose a piece of a surface
_SIDES = ("minus", "plus")
_VOLUMES = ("box", *_SIDES)
_KINDS = (*_VOLUMES, "interface", "walls", "level_set")  # in the order of the engine
_Native: TypeAlias = Literal["flux", "integral", "mean", "measure", "energy", "mean_flux", "force"]


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
        self._solution = solution  # whose level set lives as long
        self._native = _core.Quantities(self.problem.native, solution.native, cells, solution.threads)

    def flux(
        self, through: Where = "interface", *, side: Side = None, near: Near = None, weight: FieldLike = 1.0
    ) -> Quantity:
        """Return the integral of ``weight`` mu du/dn over a surface.

        Args:
            through: "interface"; a wall, "x-" to "z+"; "walls", all of them; or another level set, a field whose zeros
                are the surface.
            side: "minus" or "plus", of which the flux through the interface is taken; default "plus". On other surfaces
                each point takes its own.
            near: (x, y, z); of the surface only the connected piece that comes nearest to it.
            weight: A field, for example a coordinate.
        """
        return self._ask("flux", self._surface(through), side, near, as_field(weight, "weight"))

    def integral(
        self, over: Where = "box", *, side: Side = None, near: Near = None, weight: FieldLike = 1.0
    ) -> Quantity:
        """Return the integral of ``weight`` u over "box", "minus", "plus", or a surface as of :meth:`flux`."""
        return self._ask("integral", over, side, near, as_field(weight, "weight"))

    def mean(self, over: Where = "box", *, side: Side = None, near: Near = None) -> Quantity:
        """Return the mean of u over what :meth:`integral` takes; nan where that is empty."""
        return self._ask("mean", over, side, near)

    def measure(self, over: Where = "box", *, near: Near = None) -> Quantity:
        """Return the volume or area of what :meth:`integral` takes."""
        return self._ask("measure", over, None, near)

    def energy(self, over: str = "box") -> Quantity:
        """Return half the integral of mu |grad u|^2 + k u^2 over "box", "minus" or "plus"."""
        self._require_energy()
        return self._ask("energy", as_choice(over, "over", _VOLUMES))

    def mean_flux(self, over: str = "box") -> Quantity:
        """Return the mean of mu grad u over "box", "minus" or "plus" as (3,)."""
        return self._ask("mean_flux", as_choice(over, "over", _VOLUMES))

    def force(self, through: Where = "interface", *, side: Side = None, near: Near = None) -> Quantity:
        """Return the force (3,) on what a closed surface encloses, by the Maxwell stress of u as a potential.

        The stress is mu (g g^T - |g|^2 I / 2) - k u^2 I / 2 with g = grad u; its last term is the pressure of the ions
        of the linear Poisson-Boltzmann equation. Its divergence is -f g where mu and k are constant: a charge f feels
        the field -g. On the interface it is taken on the plus side, or on ``side``; arguments as of :meth:`flux`.
        """
        self._require_energy()
        return self._ask("force", self._surface(through), side, near)

    def capacitance(self, voltage: float, through: Where = "interface", *, near: Near = None) -> Quantity:
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

    def minimum(self, side: Side = None) -> Extremum:
        """Return the smallest u and where it is, in the box or on a side, which includes its interface."""
        return self._extremum(False, side)

    def maximum(self, side: Side = None) -> Extremum:
        """Return the largest u and where it is, in the box or on a side, which includes its interface.

        It is looked for from the best of the points of the quadrature: a peak narrower than its cells is not seen.
        """
        return self._extremum(True, side)

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

    def _extremum(self, largest: bool, side: Side) -> Extremum:
        number = None if side is None else _SIDES.index(as_choice(side, "side", _SIDES))
        value, parts, (x, y, z), own = self._native.extremum(largest, number)
        return Extremum(value=value, error=sum(parts.values()), parts=parts, place=(x, y, z), side=_SIDES[own])

    def _ask(
        self, what: _Native, over: Where, side: Side = None, near: Near = None, weight: _core.Field | None = None
    ) -> Quantity:
        level_set = None if isinstance(over, str) else as_field(over, "through")  # lives until it has been asked
        domain = _domain(over, side, near, level_set)
        ask = getattr(self._native, what)
        value, parts = ask(domain) if weight is None else ask(domain, weight)
        value = np.array(value) if isinstance(value, tuple | list) else value
        return Quantity(value=value, error=sum(parts.values()), parts=parts)

    @staticmethod
    def _surface(through: Where) -> Where:
        return as_choice(through, "through", ("interface", "walls", *FACES)) if isinstance(through, str) else through

    def _require_energy(self) -> None:
        if not self._is_linear:
            raise InvalidArgument("problem: has a reaction that is not k u, whose energy is not known", "problem")


def _domain(over: Where, side: Side, near: Near, level_set: _core.Field | None) -> _core.Domain:
    kind = as_choice(over, "over", (*_VOLUMES, "interface", "walls", *FACES)) if isinstance(over, str) else "level_set"
    faces = [kind in ("walls", face) for face in FACES]
    number = None if side is None else _SIDES.index(as_choice(side, "side", _SIDES))
    place = None if near is None else as_points(near, "near")
    if place is not None and place.shape != (3,):
        raise InvalidArgument(f"near: got an array of shape {place.shape}, expected one point, (3,)", "near")
    index = _KINDS.index("walls" if kind in FACES else kind)
    return _core.Domain.make(index, number, faces, level_set, None if place is None else tuple(place.tolist()))
