"""Errors of trained solutions: the paper's Table 1 regenerated, star, ellipsoid, contrasts (results/table1).

    python benchmarks/table1.py                 # everything, about fifty minutes on 2 cores
    python benchmarks/table1.py --only sphere   # see CASES

Errors are at 55 000 points that training never saw, 5 000 of them within h of the interface; medians of three seeds.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import time
from typing import Any

from machine import RESULTS, describe, forget_peak_memory, markdown, peak_memory_mb, write

import nbm

SEEDS = (0, 1, 2)
PUBLISHED = {32: (8.4e-2, 5.9e-3), 64: (6.4e-2, 4.1e-3), 128: (3.5e-2, 2.6e-3)}
SHALLOW = (14, 14, 14)  # 982 parameters, as five layers of ten
WIDE = (20, 20, 20)  # 1882 parameters


def run(
    label: str, problem: Any, cells: int, *, seeds: tuple[int, ...] = SEEDS, until: Any = None, **options: Any
) -> dict[str, Any]:
    """Train with cells of edge 2 / ``cells`` from each seed; return medians of the errors and times.

    ``until`` (trainer, seconds) ends a training early.
    """
    runs = []
    for seed in seeds:
        begin = time.perf_counter()
        training = nbm.Trainer(problem, seed=seed, cell_size=2 / cells, **options)
        while training.stop_reason == "running":
            training.step(max(1, training.steps // 50))
            if until is not None and until(training, time.perf_counter() - begin):
                break
        seconds = time.perf_counter() - begin
        solution = training.solution()
        error = solution.error(problem, near=2 / 64)
        record = {"seed": seed, "seconds": seconds, "steps": training.steps_done, "loss": training.history[-1].loss}
        record |= {"linf": error.linf, "rmse": error.rmse, "relative_linf": error.relative_linf}
        runs.append(record | {"trusted": solution.certify(problem).trusted})
        print(label, cells, runs[-1], flush=True)
    middle = {key: statistics.median(r[key] for r in runs) for key in ("seconds", "linf", "rmse", "relative_linf")}
    parameters = options.get("network", nbm.Siren()).parameters
    common = {"label": label, "cells": cells, "parameters": parameters, "peak_mb": peak_memory_mb()}
    return {**common, **middle, "runs": runs}


def sphere() -> list[dict[str, Any]]:
    """Bochkov-Gibou rows, Gauss-Newton, N = 8 to 128."""
    problem = nbm.problems.sphere()
    return [run("sphere, Bochkov–Gibou, Gauss–Newton", problem, n) for n in (8, 16, 32, 64, 128)]


def direct() -> list[dict[str, Any]]:
    """Direct jump rows, Gauss-Newton, fine cells."""
    problem = nbm.problems.sphere()
    kind = {"discretization": "direct_jump"}
    return [run("sphere, direct jump, Gauss–Newton", problem, n, **kind) for n in (8, 16, 32, 64, 128, 512, 4096)]


def ellipsoid() -> list[dict[str, Any]]:
    """Contrast 1000; cells shrink in the last half of the steps."""
    problem = nbm.problems.ellipsoid()
    fine = {
        "discretization": "direct_jump",
        "network": nbm.Siren(hidden=SHALLOW),
        "resolution": nbm.Resolution(levels=2),
        "optimizer": nbm.GaussNewton(starts=8),
        "sampling": nbm.Sampling(regular=2500, irregular=800, boundary=800, refresh=10),
    }
    return [
        run("ellipsoid, direct jump, then h / 2", problem, 2048, **fine),
        run("ellipsoid, Bochkov–Gibou", problem, 64),
    ]


def star() -> list[dict[str, Any]]:
    """An interface with arms, and an oscillating coefficient."""
    problem = nbm.problems.star()
    fine = {
        "discretization": "direct_jump",
        "network": nbm.Siren(hidden=WIDE, omega=3.0),
        "optimizer": nbm.GaussNewton(steps=80, starts=4, start_steps=25),
        "sampling": nbm.Sampling(regular=3000, irregular=1000, boundary=1000, refresh=10),
    }
    return [run("star, direct jump", problem, 4096, **fine), run("star, Bochkov–Gibou", problem, 64)]


def wide() -> list[dict[str, Any]]:
    """The star again, with more parameters and time."""
    options: dict[str, Any] = {"network": nbm.Siren(hidden=(32, 32, 32)), "discretization": "direct_jump"}
    return [run("star, direct jump", nbm.problems.star(), 4096, optimizer=nbm.GaussNewton(starts=2), **options)]


def adam() -> list[dict[str, Any]]:
    """Adam on the balanced loss until the published errors are passed, five minutes at most."""
    problem = nbm.problems.sphere()

    def passed(training: nbm.Trainer, seconds: float) -> bool:
        error = training.solution().error(problem, near=2 / 64)
        return (error.linf <= 5e-2 and error.rmse <= 4e-3) or seconds > 295

    optimizer = nbm.Adam(steps=60000, learning_rate=2e-2, beta2=0.99, schedule="cosine")
    sampling = nbm.Sampling(regular=2048, irregular=256, boundary=512, refresh=5)
    label = "sphere, Bochkov–Gibou, Adam until L∞ ≤ 5e-2 and RMSE ≤ 4e-3"
    return [run(label, problem, 64, until=passed, optimizer=optimizer, sampling=sampling)]


def paper() -> list[dict[str, Any]]:
    """Adam as published: grid nodes, batches, unweighted loss. Fewer epochs than the paper's 10 000."""
    problem = nbm.problems.sphere()
    results = []
    for n in (8, 16, 32, 64, 128):
        epochs = 3000 // -(-(n**3) // 16384)
        options = {"loss": "paper", "optimizer": nbm.Adam(steps=3000)}
        sampling = nbm.Sampling(mode="grid", grid_nodes=n)
        results.append(
            run(f"sphere, paper's loss and batches, {epochs} epochs", problem, n, sampling=sampling, **options)
        )
    return results


def precision() -> list[dict[str, Any]]:
    """Adam in float32 and float64 at fine cells, direct jump, from equal seeds."""
    options = {"discretization": "direct_jump", "optimizer": nbm.Adam(steps=6000)}
    sampling = nbm.Sampling(regular=2048, irregular=256, boundary=512)
    return [
        run(f"sphere, direct jump, Adam in {p}", nbm.problems.sphere(), 512, precision=p, sampling=sampling, **options)
        for p in ("float32", "float64")
    ]


def contrast() -> list[dict[str, Any]]:
    """A sphere with mu+ / mu- from 1e-6 to 1e6."""
    results = []
    for ratio in (1e-6, 1e-3, 1.0, 1e3, 1e6):
        for kind, cells in (("bochkov_gibou", 64), ("direct_jump", 4096)):
            problem = nbm.problems.sphere_contrast(ratio)
            label = f"sphere, μ⁺/μ⁻ = {ratio:.0e}, {kind.replace('_', ' ')}"
            results.append(run(label, problem, cells, discretization=kind))
    return results


def grid() -> list[dict[str, Any]]:
    """The classical solver on the rows of cut cells; its errors are at the nodes."""
    cases = [("sphere", n) for n in (8, 16, 32, 64, 128)] + [("ellipsoid", 64), ("star", 64)]
    results = []
    for name, cells in cases:
        problem = getattr(nbm.problems, name)()
        forget_peak_memory()
        begin = time.perf_counter()
        solution = nbm.solve_on_grid(problem, cells=cells)
        seconds = time.perf_counter() - begin
        error = solution.node_error
        assert error is not None  # the solution is known
        record = {"label": f"{name}, classical solver on a grid", "cells": cells, "parameters": 0, "runs": []}
        record |= {"linf": error.linf, "rmse": error.rmse, "relative_linf": error.relative_linf}
        results.append({**record, "seconds": seconds, "peak_mb": peak_memory_mb()})
        print(results[-1], flush=True)
    return results


CASES = {
    case.__name__: case for case in (sphere, direct, grid, ellipsoid, star, wide, adam, paper, precision, contrast)
}


def order(results: list[dict[str, Any]], at: int, key: str) -> str:
    """Return the order of convergence from the entry before to entry ``at`` of one case."""
    if at == 0:
        return ""
    before, here = results[at - 1], results[at]
    if before["cells"] >= here["cells"]:
        return ""
    return f"{math.log(before[key] / here[key]) / math.log(here['cells'] / before['cells']):.1f}"


def overall_order(results: list[dict[str, Any]]) -> str:
    """Return a line on the order over the published cell sizes."""
    known = {r["cells"]: r for r in results}
    if 32 not in known or 128 not in known:
        return ""
    orders = [math.log2(known[32][key] / known[128][key]) / 2 for key in ("linf", "rmse")]
    return f"\nSphere, Bochkov–Gibou, order from N = 32 to 128: L∞ {orders[0]:.2f}, RMSE {orders[1]:.2f}.\n"


def table_row(name: str, results: list[dict[str, Any]], at: int) -> list[str]:
    """Return one line of the table."""
    r = results[at]
    orders = [order(results, at, key) if name in ("sphere", "direct", "grid") else "" for key in ("linf", "rmse")]
    theirs = PUBLISHED.get(r["cells"]) if name in ("sphere", "adam", "paper") else None
    return [
        r["label"],
        str(r["cells"]),
        f"{r['linf']:.1e}",
        orders[0],
        f"{r['rmse']:.1e}",
        orders[1],
        f"{r['relative_linf']:.1e}",
        f"{r['seconds']:.1f}",
        f"{r['peak_mb']:.0f}",
        str(r["parameters"] or ""),
        f"{sum(x['trusted'] for x in r['runs'])} of {len(r['runs'])}" if r["runs"] else "",
        f"{theirs[0]:.1e} / {theirs[1]:.1e}" if theirs else "",
    ]


HEADER = [
    "case", "N = 2 / h", "L∞", "order", "RMSE", "order", "relative L∞", "seconds", "peak MB", "parameters", "trusted",
    "published L∞ / RMSE",
]  # fmt: skip


def main() -> None:
    """Run the cases asked for, keep the others' results, and write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=CASES, default=list(CASES))
    options = parser.parse_args()
    known = RESULTS / "table1.json"
    record = json.loads(known.read_text()) if known.exists() else {"cases": {}}
    record["machine"] = describe(len(os.sched_getaffinity(0)))
    for name in options.only:
        record["cases"][name] = CASES[name]()
        results = record["cases"]
        rows = [table_row(case, results[case], i) for case in CASES for i in range(len(results.get(case, [])))]
        machine = record["machine"]
        intro = f"{machine['processor']}, {machine['threads']} threads, {machine['simd']}. Medians of seeds."
        text = intro + "\n\n" + markdown(HEADER, rows) + overall_order(results.get("sphere", []))
        write("table1", record, text)


if __name__ == "__main__":
    main()
