"""A ball of ice that grows into undercooled water: its radius against the similarity solution of Frank.

    python examples/freezing.py --steps 20

Lengths in units of the box, u in units of latent heat over heat capacity, 0 at the melting point; the ball has grown
from a point since t = 0. The interface is held at 0 by what it takes from the flux, 1000 u: the latent heat that is set
free, without which it would warm up. That heat moves it.
"""

import argparse
import math
import warnings
from pathlib import Path

import numpy as np

import nbm
from nbm.symbols import sqrt, x, y, z

GROWTH = 0.5  # S: the radius is S sqrt(t)
START, STEP = 1.0, 0.025


def profile(s):
    """F(s) of Frank, with u = u_far (1 - F(r / sqrt(t)) / F(S))."""
    return np.exp(-(s**2) / 4) / s - math.sqrt(math.pi) / 2 * np.vectorize(math.erfc)(s / 2)


U_FAR = -GROWTH / 2 * profile(GROWTH) * GROWTH**2 * math.exp(GROWTH**2 / 4)


def temperature(points, t):
    """Return u of the water at points (n, 3); inside of the ball it goes on."""
    s = np.maximum(np.linalg.norm(points, axis=1) / math.sqrt(t), GROWTH / 4)
    return U_FAR * (1 - profile(s) / profile(GROWTH))


def stated(t):
    """Return the problem at a time: walls as the similarity solution has them there."""
    return nbm.Problem(
        nbm.Box((-1, -1, -1), (1, 1, 1)),
        sqrt(x**2 + y**2 + z**2) - GROWTH * math.sqrt(START),
        minus=nbm.Medium(boundary=0.0),
        plus=nbm.Medium(boundary=lambda points: temperature(points, t)),
        surface_reaction=1e3,
    )


def main():
    """Let it grow, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("freezing"))
    options = parser.parse_args()
    warnings.simplefilter("ignore", nbm.NotTrustedWarning)  # the radius tells

    def report(t, solution):
        radius = 0.7 - solution.level_set([0.7, 0.0, 0.0])
        true = GROWTH * math.sqrt(t)
        print(f"t = {t:.3f}: radius {radius:.4f}, by formula {true:.4f} ({radius / true - 1:+.2%})", flush=True)

    series = nbm.evolve(
        stated,
        options.steps,
        STEP,
        start=START,
        initial=(0.0, lambda points: temperature(points, START)),
        capacity=(0.0, 1.0),
        velocity=nbm.stefan_speed(1.0, (0.0, 1.0)),
        front_cells=40,
        solver=lambda problem: nbm.solve(problem, seconds=2),
        progress=report,
    )
    options.out.mkdir(exist_ok=True)
    series.to_vtk(options.out / "freezing.pvd", shape=(33, 33, 33))
    series.last.plot_field(options.out / "freezing.png")
    print(f"series for ParaView and a picture: {options.out}/")


if __name__ == "__main__":
    main()
