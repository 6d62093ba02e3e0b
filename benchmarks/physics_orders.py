"""Orders of accuracy with conditions of walls and laws of the interface: the classical solver, networks by cut cells
and by direct jump, on manufactured problems.

python benchmarks/physics_orders.py [--case NAME ...] [--seeds 0 1 2] [--threads 2]

The output layers of wide networks are trained alone, so that what is seen is the error of the rows and not that of a
minimum that training did not find. Network and steps were chosen on "reaction", seed 0, by direct jump, the points of
cut cells on "walls" (NOTES.md); the others are reported as they came out.
"""

from __future__ import annotations

import argparse
import math
import time

import numpy as np

import nbm
from nbm.symbols import cos, exp, log, sin, sqrt, x, y, z

SPHERE = sqrt(x**2 + y**2 + z**2) - 0.5
THROUGH_WALLS = z - 0.3 * x - 0.15 * y - 0.1 * sin(2 * x) + 0.05
# By face the transfer coefficient of what is exchanged, 0 for a given flux; u is given on the others.
MIXED = {"x-": 0.0, "x+": 1 + y**2, "y-": 0.0, "z+": 2.0}
CASES = {
    "walls": {"walls": MIXED},
    "walls that the interface meets": {"walls": MIXED, "level_set": THROUGH_WALLS},
    "resistance": {"resistance": 0.3 + x**2},
    "reaction": {"surface_reaction": 3 + y},
    "both, and walls": {"resistance": 0.5, "surface_reaction": 2.0, "walls": MIXED},
}
CELLS = (16, 32, 64)
FINE_CELLS = 1024  # of the direct jump, whose error is not to be that of its cells
NETWORK = nbm.Siren(hidden=(400,), trained="output")
STEPS = 20


def problem(*, level_set=SPHERE, **conditions) -> nbm.Problem:
    return nbm.manufactured(
        u_minus=exp(z) * (1 + x / 3),
        u_plus=cos(x) * sin(y) + z**2 / 2 + x / 4,
        mu_minus=y**2 * log(x + 2) + 4,
        mu_plus=exp(-z),
        level_set=level_set,
        **conditions,
    )


def slope(errors: list[float]) -> float:
    """The slope of the straight line through the logarithms."""
    return float(-np.polyfit(np.log(CELLS), np.log(errors), 1)[0])


def cut_cell_points(known: nbm.Problem, cells: int) -> nbm.Sampling:
    """Without laws as many more points of the interface on finer cells as these are cut: fluxes of single rows then err
    by O(h), at random, which few points leave in the fit."""
    irregular = 2000 if known.native.has_interface_law else 8000 * cells**2 // 32**2
    return nbm.Sampling(regular=5000, irregular=irregular, boundary=2000, refresh=STEPS)


def trained(
    known: nbm.Problem, discretization: str, cells: int, seed: int, options: argparse.Namespace
) -> tuple[float, float]:
    """Return the RMS error and the largest at 20 000 points."""
    solution = nbm.solve(
        known,
        network=NETWORK,
        discretization=discretization,
        cells=cells,
        optimizer=nbm.GaussNewton(steps=STEPS, starts=1, stop_fraction=0.0),
        sampling=None if discretization == "direct_jump" else cut_cell_points(known, cells),
        seed=seed,
        device="cpu",
        threads=options.threads,
    )
    points = np.random.default_rng(0).uniform(-1, 1, (20_000, 3))
    error = solution(points) - known.exact(points)
    return math.sqrt(np.mean(error**2)), float(np.abs(error).max())


def study(name: str, options: argparse.Namespace) -> None:
    known = problem(**CASES[name])
    line = "| {:30} | {:18} | {:27} | {:>9} |".format

    def show(what: str, errors: list[float]) -> None:
        print(line(name, what, "  ".join(f"{error:.2e}" for error in errors), f"{slope(errors):.2f}"), flush=True)

    show("classical", [nbm.solve_on_grid(known, cells, threads=options.threads).error(known).rmse for cells in CELLS])
    errors = [[trained(known, "bochkov_gibou", cells, seed, options)[0] for cells in CELLS] for seed in options.seeds]
    for seed, of_seed in zip(options.seeds, errors, strict=True):
        show(f"cut cells, seed {seed}", of_seed)
    show("cut cells, RMS", list(np.sqrt(np.mean(np.square(errors), axis=0))))
    for seed in options.seeds:
        rms, largest = trained(known, "direct_jump", FINE_CELLS, seed, options)
        print(line(name, f"direct, seed {seed}", f"{rms:.1e}, largest {largest:.1e}", ""), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", choices=sorted(CASES), action="append")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    start = time.process_time()
    print(f"| case | by | RMS error, {', '.join(map(str, CELLS))} cells | slope |\n|---|---|---|---|")
    for name in options.case or CASES:
        study(name, options)
    print(f"\n{time.process_time() - start:.0f} s of processor")


if __name__ == "__main__":
    main()
