"""The numbers that people solve for, with estimates of their errors: a charged ball in a field, and a composite.

Run: python examples/quantities.py
"""

import nbm
from nbm.symbols import Min, sqrt, x, y, z


def charged_ball_in_a_field() -> None:
    """The force on a charged dielectric ball is charge times field, whatever its permittivity."""
    charge, field, radius = 0.7, 1.0, 0.5
    r = sqrt(x**2 + y**2 + z**2)
    problem = nbm.Problem(
        nbm.Box(),
        r - radius,
        minus=nbm.Medium(mu=4.0),
        plus=nbm.Medium(mu=1.0, boundary=-field * z * (1 - radius**3 / (2 * r**3)) + charge / (4 * nbm.symbols.pi * r)),
        jump_flux=-charge / (4 * nbm.symbols.pi * radius**2),
    )
    numbers = nbm.solve(problem, seconds=4).quantities(problem)
    print("charged ball in a field")
    print("  charge by the flux  ", numbers.flux(side="plus"), "(minus the charge)")
    print("  force on it         ", numbers.force(r - 0.75))
    print("  potential inside    ", numbers.mean("minus"))
    print("  largest potential   ", numbers.maximum(), "at", numbers.maximum().place)


def composite() -> None:
    """Four conducting balls in a matrix: how well the cell conducts along each axis."""
    middles = ((-0.5, -0.5, -0.4), (0.5, 0.5, -0.4), (0.5, -0.5, 0.4), (-0.5, 0.5, 0.4))
    balls = Min(*(sqrt((x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2) - 0.35 for a, b, c in middles))
    cell = nbm.Problem(nbm.Box(), balls, minus=nbm.Medium(mu=10.0), plus=nbm.Medium(mu=1.0))
    tensor = nbm.effective_conductivity(cell, solver=lambda problem: nbm.solve_on_grid(problem, 32))
    print("conductivity of a cell with four balls of conductivity 10 in 1")
    print(tensor)


if __name__ == "__main__":
    charged_ball_in_a_field()
    composite()
