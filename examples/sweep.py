"""Ten conductivities on all cores, a process for each, and a cooling ball in time (docs/sweeps.md explains both).

Run: python examples/sweep.py
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

import nbm
from nbm.symbols import sqrt, x, y, z

BALL = sqrt(x**2 + y**2 + z**2) - 0.5


def field_inside(mu: float) -> float:
    """Return the field in a ball in a uniform field that is given on the walls."""
    problem = nbm.Problem(nbm.Box(), level_set=BALL, minus=nbm.Medium(mu=mu), boundary=z)
    return float(nbm.solve_on_grid(problem, 32, threads=1).gradient([0, 0, 0])[2])


def cooling(steps: int, dt: float) -> list[float]:
    """Return how warm the middle of a ball is that starts at 1 and cools in a poor conductor at 0."""
    found: list[float] = []
    inside, outside = (lambda points: np.ones(len(points))), (lambda points: np.zeros(len(points)))
    for _ in range(steps):
        minus = nbm.Medium(k=1 / dt, mu=1.0, f=lambda points, u=inside: u(points) / dt)
        plus = nbm.Medium(k=1 / dt, mu=0.1, f=lambda points, u=outside: u(points) / dt)
        now = nbm.solve_on_grid(nbm.Problem(nbm.Box(), level_set=BALL, minus=minus, plus=plus), 24)
        inside, outside = now.minus, now.plus
        found.append(float(now([0, 0, 0])))
    return found


def main() -> None:
    """Print both."""
    values = np.geomspace(0.1, 10, 10)
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as pool:
        for mu, field in zip(values, pool.map(field_inside, values), strict=True):
            print(f"mu {mu:6.3f}   field inside {field:.3f}")
    print("temperature in the middle of the ball:", " ".join(f"{u:.3f}" for u in cooling(6, 0.02)))


if __name__ == "__main__":
    main()
