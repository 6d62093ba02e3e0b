"""A heat sink: three fins on a plate that is heated from below, and air that takes the heat away by convection.

The air is the same problem: it conducts little, and the walls of the box around it exchange heat with the room.
Run: python examples/heat_sink.py [PICTURE]
"""

import sys

import nbm
from nbm.symbols import Abs, Max, Min, x, y, z

METAL, AIR = 200.0, 0.5  # W/(m K); the air with the currents in it
FLUX, TRANSFER, ROOM = 4e3, 25.0, 20.0  # W/m2 from below; W/(m2 K) and degrees C of the room


def heat_sink() -> nbm.Problem:
    """Return the problem, in metres: a box of 10 cm, the plate on its floor."""
    plate = z - 0.012
    fins = [Max(Abs(y - place) - 0.007, z - 0.06, Abs(x) - 0.04) for place in (-0.03, 0.0, 0.03)]
    walls = {face: nbm.Robin(h=TRANSFER, u=ROOM) for face in ("x-", "x+", "y-", "y+", "z+")}
    return nbm.Problem(
        nbm.Box((-0.05, -0.05, 0.0), (0.05, 0.05, 0.1)),
        level_set=Min(plate, *fins),
        minus=nbm.Medium(mu=METAL),
        plus=nbm.Medium(mu=AIR),
        walls={**walls, "z-": nbm.Neumann(FLUX)},
    )


def main(picture: str | None = None) -> None:
    """Print temperatures and the balance of heat."""
    problem = heat_sink()
    solution = nbm.solve_on_grid(problem, 48)
    numbers = solution.quantities(problem)
    print(f"heat from below {numbers.flux('z-').value:.1f} W, by hand {FLUX * 0.1 * 0.1:.1f} W")
    print(
        f"hottest place {numbers.maximum('minus').value:.1f} C, mean of the metal {numbers.mean('minus').value:.1f} C"
    )
    if picture:
        solution.plot_slice(picture, axis="x", position=0.0)


if __name__ == "__main__":
    main(*sys.argv[1:])
