"""Numbers that a solution is asked for: fluxes, integrals, energy, extrema, forces, with estimates of their errors."""

from __future__ import annotations

import numpy as np

from nbm.arguments import as_choice, as_real
from nbm.errors import InvalidArgument
from nbm.fields import FieldLike, as_field
from nbm.integrals import MARGIN, SIDES, Density, Integrals, Near, Side, Where, of_rough
from nbm.quantity import Extremum, Quantity, with_parts

__all__ = ["Extremum", "Quantities", "Quantity"]


class Quantities(Integrals):
    """What can be asked of a solution of a problem; made by :meth:`nbm.Solution.quantities`.

    Fluxes are those of the problem, the integral of mu du/dn (a heat flow is minus that), with n from minus to plus on
    the interface and on other level sets, and out of the box on walls. Integrals are of fourth order in the cells of
    the quadrature where surfaces are smooth, of second at their edges and where they meet walls.
    """

    def flux(self, through: Where = "interface", *, side: Side = None, near: Near = None) -> Quantity:
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
        self, over: Where = "box", *, side: Side = None, near: Near = None, weight: FieldLike = 1.0
    ) -> Quantity:
        """Return the integral of ``weight`` u over "box", "minus", "plus", or a surface as of :meth:`flux`."""
        factor = as_field(weight, "weight")
        density: Density = lambda rule, u, _: u * factor.evaluate(rule.points)  # noqa: E731
        return self._quantity(self._domain(over, side, near), density)

    def mean(self, over: Where = "box", *, side: Side = None, near: Near = None) -> Quantity:
        """Return the mean of u over what :meth:`integral` takes; nan where that is empty."""
        density: Density = lambda _, u, __: u  # noqa: E731
        return self._quantity(self._domain(over, side, near), density, mean=True)

    def measure(self, over: Where = "box", *, near: Near = None) -> Quantity:
        """Return the volume or area of what :meth:`integral` takes."""
        rules = self._domain(over, None, near)
        fine, coarse = (float(sum(rule.weights.sum() for rule in rules.of(cut))) for cut in rules.quadratures)
        edges = sum(float(of_rough(rule, np.ones(len(rule.weights)))) for rule in rules.of(rules.quadratures[0]))
        return with_parts(fine, quadrature=abs(fine - coarse) + edges)

    def energy(self, over: str = "box") -> Quantity:
        """Return half the integral of mu |grad u|^2 + k u^2 over "box", "minus" or "plus"."""
        as_choice(over, "over", ("box", *SIDES))
        density: Density = lambda rule, u, g: self._energy_density(rule, u, g)  # noqa: E731
        return self._quantity(self._domain(over, None, None), density, gradient=True)

    def mean_flux(self, over: str = "box") -> Quantity:
        """Return the mean of mu grad u over "box", "minus" or "plus" as (3,)."""
        as_choice(over, "over", ("box", *SIDES))
        density: Density = lambda rule, _, g: self._coefficient(self._mu, rule)[:, None] * g  # noqa: E731
        return self._quantity(self._domain(over, None, None), density, gradient=True, mean=True)

    def force(self, through: Where = "interface", *, side: Side = None, near: Near = None) -> Quantity:
        """Return the force (3,) on what a closed surface encloses, by the Maxwell stress of u as a potential.

        The stress is mu (g g^T - |g|^2 I / 2) - k u^2 I / 2 with g = grad u; its last term is the pressure of the ions
        of the linear Poisson-Boltzmann equation. Its divergence is -f g where mu and k are constant: a charge f feels
        the field -g. On the interface it is taken on the plus side, or on ``side``; arguments as of :meth:`flux`.
        """
        density: Density = lambda rule, u, g: self._stress(rule, u, g)  # noqa: E731
        return self._quantity(self._surface(through, side, near), density, gradient=True)

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
        return self._extremum(-1.0, side)

    def maximum(self, side: Side = None) -> Extremum:
        """Return the largest u and where it is, in the box or on a side, which includes its interface.

        It is looked for from the best of the points of the quadrature: a peak narrower than its cells is not seen.
        """
        return self._extremum(1.0, side)

    def all(self) -> dict[str, Quantity]:
        """Return by name what every problem has: sizes, extrema and means of its sides, energy, and the interface's."""
        found = {}
        area = self.measure("interface")
        sides = [side for side in SIDES if self.measure(side).value > 0]
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

    def _extremum(self, sign: float, side: str | None) -> Extremum:
        from nbm.extrema import climb, highest

        sides = (0, 1) if side is None else (SIDES.index(as_choice(side, "side", SIDES)),)
        looks, cut = self._looks, self._own[0]
        starts = [start for s in sides if (start := highest(looks, cut, s, sign)) is not None]
        if not starts:
            raise InvalidArgument(f"side: the problem has no {side} side", "side")
        found = [climb(looks, cut, s, start, sign) for s, start in starts]
        best = max(range(len(found)), key=lambda i: sign * found[i][0])
        (value, place), which = found[best], starts[best][0]
        by_grid, by_coarse_grid = (climb(looks, cut, which, place, sign, of=look)[0] for look in (1, 2))
        parts = {"grid": abs(value - by_grid), "change": MARGIN * abs(by_grid - by_coarse_grid)}
        x, y, z = place.tolist()
        return Extremum(value=value, error=sum(parts.values()), parts=parts, place=(x, y, z), side=SIDES[which])
