"""A particle of a battery's electrode that heats itself, in an electrolyte that cools it through a bad contact.

Two grains touch; their surface has a contact resistance, which lifts the whole particle.
Run: python examples/battery_particle.py [PICTURE]
"""

import sys

import nbm
from nbm.symbols import Min, sqrt, x, y, z

HEAT, GRAIN, ELECTROLYTE = 50.0, 1.5, 0.6  # W per cubic unit; conductivities


def particle(resistance: float) -> nbm.Problem:
    """Return the problem of two grains in a box whose walls are at 0 K."""
    grains = Min(
        sqrt((x + 0.22) ** 2 + y**2 + z**2) - 0.35,
        sqrt((x - 0.26) ** 2 + (y - 0.1) ** 2 + z**2) - 0.3,
    )
    return nbm.Problem(
        nbm.Box((-1, -1, -1), (1, 1, 1)),
        level_set=grains,
        minus=nbm.Medium(mu=GRAIN, f=HEAT),
        plus=nbm.Medium(mu=ELECTROLYTE),
        resistance=resistance,
    )


def main(picture: str | None = None) -> None:
    """Print how much a bad contact heats the particle."""
    for resistance in (0.0, 0.1, 0.5):
        problem = particle(resistance)
        solution = nbm.solve_on_grid(problem, 32)
        hottest = solution.quantities(problem).maximum("minus")
        print(f"contact resistance {resistance:4.1f}: at most {hottest.value:.2f} K above the walls")
    if picture:
        solution.plot_field(picture, problem=problem, colour="jump_u")


if __name__ == "__main__":
    main(*sys.argv[1:])
