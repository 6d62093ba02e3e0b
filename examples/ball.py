"""The textbook's dielectric sphere: a ball in a uniform field, whose potential is known.

Run: python examples/ball.py, with nbm[plot] installed
"""

import numpy as np

import nbm
from nbm.symbols import sqrt, x, y, z

CONTRAST, RADIUS = 100.0, 0.5


def main() -> None:
    """Solve it, compare with the formula, draw a slice."""
    r = sqrt(x**2 + y**2 + z**2)
    dipole = (CONTRAST - 1) / (CONTRAST + 2) * RADIUS**3
    problem = nbm.Problem(
        nbm.Box((-1, -1, -1), (1, 1, 1)),
        level_set=r - RADIUS,
        minus=nbm.Medium(mu=CONTRAST),
        plus=nbm.Medium(mu=1.0),
        boundary=z * (1 - dipole / r**3),
    )
    solution = nbm.solve(problem, seconds=2)
    print(solution.summary())
    points = np.random.default_rng(0).uniform(-1, 1, (10_000, 3))
    distance = np.linalg.norm(points, axis=1)
    outside = points[:, 2] * (1 - dipole / np.maximum(distance, RADIUS) ** 3)
    exact = np.where(distance < RADIUS, 3 * points[:, 2] / (CONTRAST + 2), outside)
    print(f"RMS error {np.sqrt(np.mean((solution(points) - exact) ** 2)):.1e}")
    solution.plot_slice("ball.png")


if __name__ == "__main__":
    main()
