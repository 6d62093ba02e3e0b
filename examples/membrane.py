"""A cell in an electric field: its membrane hardly conducts, and takes nearly all of the voltage.

The membrane is a resistance of the interface, not a thin layer; for a round cell the voltage over it is known.
Run: python examples/membrane.py [PICTURE]
"""

import sys

import numpy as np

import nbm
from nbm.symbols import sqrt, x, y, z

RADIUS, FIELD = 0.5, 1.0
INSIDE, OUTSIDE, RESISTANCE = 0.5, 1.0, 20.0  # conductivities of the two fluids; of the membrane, times area


def formula() -> tuple[float, float]:
    """Return a, b of u = a z inside and (FIELD + b / r^3) z outside."""
    flux = [-INSIDE, -2 * OUTSIDE / RADIUS**3]
    jump = [-RADIUS - RESISTANCE * INSIDE, RADIUS**-2]
    a, b = np.linalg.solve([flux, jump], [-OUTSIDE * FIELD, -RADIUS * FIELD])
    return float(a), float(b)


def main(picture: str | None = None) -> None:
    """Solve it and compare the voltage over the membrane."""
    a, b = formula()
    r = sqrt(x**2 + y**2 + z**2)
    problem = nbm.Problem(
        nbm.Box((-1, -1, -1), (1, 1, 1)),
        level_set=r - RADIUS,
        minus=nbm.Medium(mu=INSIDE),
        plus=nbm.Medium(mu=OUTSIDE, boundary=z * (FIELD + b / r**3)),
        resistance=RESISTANCE,
    )
    solution = nbm.solve(problem, seconds=2)
    print(solution.certificate.verdict)
    exact = RADIUS * (FIELD + b / RADIUS**3 - a)
    print(f"voltage over the membrane at the pole {solution.jump([0, 0, RADIUS]):.6f}, by hand {exact:.6f}")
    if picture:
        solution.plot_field(picture, problem=problem)


if __name__ == "__main__":
    main(*sys.argv[1:])
