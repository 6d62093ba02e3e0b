"""A thin insulating coat around a ball: one level set with two surfaces, core and outside on the same side.

The core sees only a part of the field outside; how much is known for concentric spheres.
Run: python examples/coated_ball.py
"""

import numpy as np

import nbm
from nbm.symbols import Abs, sqrt, x, y, z

INNER, OUTER, COAT = 0.45, 0.5, 0.01  # radii, and what the coat conducts of what everything else does


def amplitudes() -> np.ndarray:
    """Return a, b, c, d of u = a z in the core, (b + c / r^3) z in the coat, (1 + d / r^3) z outside."""
    p, q, m = INNER**-3, OUTER**-3, COAT
    continuous = [[1, -1, -p, 0], [0, 1, q, -q]]
    flux = [[1, -m, 2 * m * p, 0], [0, m, -2 * m * q, 2 * q]]
    return np.linalg.solve([*continuous, *flux], [0, 1, 0, 1])


def main() -> None:
    """Solve it and compare the field in the core."""
    a, _, _, d = amplitudes()
    r = sqrt(x**2 + y**2 + z**2)
    problem = nbm.Problem(
        nbm.Box((-1, -1, -1), (1, 1, 1)),
        level_set=Abs(r - (INNER + OUTER) / 2) - (OUTER - INNER) / 2,  # negative in the coat
        minus=nbm.Medium(mu=COAT),
        plus=nbm.Medium(mu=1.0),
        boundary=z * (1 + d / r**3),
    )
    solution = nbm.solve(problem, seconds=2)
    print(solution.certificate.verdict)
    print(f"field in the core {solution.gradient([0, 0, 0])[2]:.6f}, by hand {a:.6f}")


if __name__ == "__main__":
    main()
