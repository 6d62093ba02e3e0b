"""Electrostatics of molecules in solvent: the linear Poisson-Boltzmann equation in its regularized form.

With u the potential in units of kT/e, lengths in Å and C = e^2 / (epsilon_0 kT),

    -div(eps grad u) + eps_s kappa^2 u = C sum_i q_i delta(x - c_i),    kappa^2 = 2 I N_A e^2 / (epsilon_0 eps_s kT)

outside only for the second term. Inside, u is the Coulomb potential U = C sum q_i / (4 pi eps_m |x - c_i|) plus the
reaction potential, which is harmonic and is what is solved for; outside, u itself is. So jump_u = U and
jump_flux = eps_m dU/dn on the surface (Chern, Liu & Wang 2003). The energy of solvation is
kT/2 sum q_i u_reaction(c_i).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbm.arrays import as_points
from nbm.box import Box
from nbm.errors import InvalidArgument
from nbm.geometry.arguments import positive
from nbm.geometry.molecule import Molecule
from nbm.geometry.packages import scipy_module
from nbm.level_set_normals import unit_normals
from nbm.problem import Medium, Problem

if TYPE_CHECKING:
    from nbm.solution import Solution

__all__ = ["Electrostatics"]

Float64Array = NDArray[np.float64]
_ANGSTROM = 1e-10  # m
_LITRE = 1e-3  # m^3
_CHUNK = 4_000_000  # pairs of points and charges at once


@dataclass(frozen=True, kw_only=True, eq=False)
class Electrostatics:
    """A molecule in a solvent.

    Args:
        molecule: Atoms and surface.
        inside: Relative permittivity of the molecule.
        outside: Relative permittivity of the solvent.
        ionic_strength: Of a solvent with ions, mol/L.
        temperature: K.
        box: Domain, Å; default the molecule with 10 Å around it, as a cube. On its boundary u is the sum of the
            screened potentials of the charges, right for one charge and far away.
        cells: Of the grid on which the surface is kept, along the longest edge; 0: the surface is computed at each
            point, exact and slow.

    Attributes:
        problem: The :class:`nbm.Problem`: minus the reaction potential, plus the potential, in kT/e.
        kappa: Inverse Debye length, 1/Å.

    Raises:
        InvalidArgument: a number that is not positive, or a charge outside of the surface.
    """

    molecule: Molecule
    inside: float = 2.0
    outside: float = 80.0
    ionic_strength: float = 0.0
    temperature: float = 298.15
    box: Box | None = None
    cells: int = 128
    problem: Problem = field(init=False)
    kappa: float = field(init=False)

    def __post_init__(self) -> None:
        """Check the numbers and state the problem."""
        for name in ("inside", "outside", "temperature"):
            positive(getattr(self, name), name)
        if not (np.isfinite(self.ionic_strength) and self.ionic_strength >= 0):
            message = f"ionic_strength: got {self.ionic_strength}, expected at least 0 mol/L"
            raise InvalidArgument(message, "ionic_strength")
        self._check_charges()
        k = scipy_module("constants")
        ions = 2 * self.ionic_strength * k.N_A / _LITRE * k.e**2  # C^2 / m^3
        kappa = np.sqrt(ions / (k.epsilon_0 * self.outside * k.k * self.temperature)) * _ANGSTROM
        object.__setattr__(self, "kappa", float(kappa))
        object.__setattr__(self, "problem", self._state())

    @property
    def coulomb_constant(self) -> float:
        """C = e^2 / (epsilon_0 kT), Å."""
        k = scipy_module("constants")
        return float(k.e**2 / (k.epsilon_0 * k.k * self.temperature) / _ANGSTROM)

    @property
    def kT(self) -> float:
        """Thermal energy of a mole, kJ/mol."""
        k = scipy_module("constants")
        return float(k.k * self.temperature * k.N_A / 1000)

    @property
    def volt(self) -> float:
        """kT/e in volts, the unit of u."""
        k = scipy_module("constants")
        return float(k.k * self.temperature / k.e)

    def coulomb(self, points: Any) -> Float64Array:
        """Return U at points (n, 3), kT/e, as (n,)."""
        return self._sum(as_points(points), lambda d: 1 / (4 * np.pi * self.inside * d))

    def solvation_energy(self, solution: Solution) -> float:
        """Return the energy of solvation, kJ/mol, relative to the molecule in an infinite medium like its inside.

        Args:
            solution: Of ``problem``: trained networks or :func:`nbm.solve_on_grid`.
        """
        charged = self.molecule.atoms.charges != 0
        at = self.molecule.atoms.positions[charged]
        return float(0.5 * self.kT * self.molecule.atoms.charges[charged] @ self.reaction_potential(solution, at))

    def reaction_potential(self, solution: Solution, points: Any) -> Float64Array:
        """Return the reaction potential at points inside, (n, 3), kT/e, as (n,)."""
        at = as_points(points)
        return np.asarray(solution.minus(at))

    def _check_charges(self) -> None:
        atoms = self.molecule.atoms
        charged = np.flatnonzero(atoms.charges)
        if charged.size == 0:
            raise InvalidArgument(f"molecule: {self.molecule.name} carries no charge", "molecule")
        outside = charged[self.molecule(atoms.positions[charged]) >= 0]
        if outside.size:
            first = int(outside[0])
            message = f"molecule: the charge of atom {first + 1} ({atoms.names[first]}) lies outside of the surface"
            raise InvalidArgument(f"{message}; give it a radius", "molecule")

    def _state(self) -> Problem:
        box = self.box if self.box is not None else self._cube()
        level_set: Any = self.molecule if self.cells == 0 else self.molecule.on_grid(box, self.cells)
        step = max(box.edge) / 1000

        def flux(points: Float64Array) -> Float64Array:
            normals = unit_normals(level_set, points, step)
            return np.asarray(self.inside * np.einsum("ij,ij->i", self._coulomb_gradient(points), normals))

        return Problem(
            box,
            level_set,
            minus=Medium(mu=self.inside),
            plus=Medium(mu=self.outside, k=self.outside * self.kappa**2),
            jump_u=self.coulomb,
            jump_flux=flux,
            boundary=self._far,
        )

    def _cube(self) -> Box:
        middle = (self.molecule.lower + self.molecule.upper) / 2
        half = float((self.molecule.upper - self.molecule.lower).max()) / 2 + 10.0
        return Box(tuple(middle - half), tuple(middle + half))

    def _far(self, points: Float64Array) -> Float64Array:
        return self._sum(points, lambda d: np.exp(-self.kappa * d) / (4 * np.pi * self.outside * d))

    def _sum(self, points: Float64Array, kernel: Callable[[Float64Array], Float64Array]) -> Float64Array:
        """Return C times the sum over charges of q kernel(distance)."""
        atoms = self.molecule.atoms
        charged = atoms.charges != 0
        centers, charges = atoms.positions[charged], atoms.charges[charged]
        values = np.empty(len(points))
        step = max(1, _CHUNK // len(charges))
        distances = scipy_module("spatial.distance").cdist
        for i in range(0, len(points), step):
            # A probe of the problem may fall on a charge, where nothing uses the value.
            distance = np.maximum(distances(points[i : i + step], centers), 1e-6)
            values[i : i + step] = kernel(distance) @ charges
        return np.asarray(self.coulomb_constant * values)

    def _coulomb_gradient(self, points: Float64Array) -> Float64Array:
        atoms = self.molecule.atoms
        charged = atoms.charges != 0
        centers, charges = atoms.positions[charged], atoms.charges[charged]
        gradient = np.empty_like(points)
        step = max(1, _CHUNK // len(charges))
        distances = scipy_module("spatial.distance").cdist
        for i in range(0, len(points), step):
            part = points[i : i + step]
            weights = charges / np.maximum(distances(part, centers), 1e-6) ** 3
            # sum w (x - c) without an array of all differences
            gradient[i : i + step] = weights @ centers - part * weights.sum(axis=1)[:, None]
        return np.asarray(gradient * (self.coulomb_constant / (4 * np.pi * self.inside)))
