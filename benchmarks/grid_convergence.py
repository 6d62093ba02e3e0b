"""Errors of the classical solver under refinement: the table of docs/method.md, section 9, and its star and ellipsoid.

python benchmarks/grid_convergence.py [--problem sphere] [--cells 16 32 64 128]
"""

from __future__ import annotations

import argparse
import math
import time

import nbm

DEFAULTS = {"sphere": (16, 32, 64, 128), "star": (16, 32, 64, 128), "ellipsoid": (32, 64, 128)}


def study(name: str, cells: tuple[int, ...]) -> None:
    problem = getattr(nbm.problems, name)()
    print(f"{name}\n{'N':>5} {'L-inf':>10} {'order':>6} {'RMSE':>10} {'order':>6} {'iterations':>10} {'seconds':>8}")
    before = None
    for n in cells:
        start = time.perf_counter()
        solution = nbm.solve_on_grid(problem, n)
        seconds = time.perf_counter() - start
        error = solution.node_error
        assert error is not None
        orders = ["", ""]
        if before is not None:
            ratio = math.log(n / before[0])
            orders = [
                f"{math.log(old / new) / ratio:.2f}"
                for old, new in zip(before[1:], (error.linf, error.rmse), strict=True)
            ]
        iterations = len(solution.residuals) - 1
        print(
            f"{n:>5} {error.linf:>10.2e} {orders[0]:>6} {error.rmse:>10.2e} {orders[1]:>6} {iterations:>10} "
            f"{seconds:>8.1f}",
            flush=True,
        )
        before = (n, error.linf, error.rmse)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problem", choices=sorted(DEFAULTS), action="append")
    parser.add_argument("--cells", type=int, nargs="+")
    options = parser.parse_args()
    for name in options.problem or DEFAULTS:
        study(name, tuple(options.cells or DEFAULTS[name]))


if __name__ == "__main__":
    main()
