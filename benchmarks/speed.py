"""Speed on the CPU: training steps against the JAX peer, whole steps, evaluation, memory; results/speed.{json,md}.

    python benchmarks/speed.py --jax-python /path/to/an/environment/with/jax/bin/python

Everything runs on the same cores with the same number of threads, nbm and the peer in turns, and ratios are of the
least times of one call of this program. Without ``--jax-python`` the ratios are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe, markdown, write

import nbm

NETWORKS = {"5x10": (10,) * 5, "1x100": (100,)}
BATCH = 16384
ROUNDS = 3
PUBLISHED_US = 276.0  # the published JAX package, a whole step, measured on a comparable machine


def flops_per_point(hidden: tuple[int, ...]) -> int:
    """Return multiply-adds (two operations each) of the linear layers for one regular point, forward and backward.

    The sines come on top; they are left out, so that shares of the peak are lower bounds.
    """
    products = hidden[0] * 3  # first layer: the value alone, its differences are constants
    forward = products + 7 * (sum(a * b for a, b in pairwise(hidden)) + hidden[-1])
    return 2 * 3 * forward


def trainer(problem: Any, hidden: tuple[int, ...], sampling: nbm.Sampling, threads: int) -> nbm.Trainer:
    """Return a trainer in float32 whose steps are long enough to time."""
    return nbm.Trainer(
        problem,
        network=nbm.Siren(hidden=hidden),
        cell_size=2 / 64,
        optimizer=nbm.Adam(steps=10**9, schedule="constant", learning_rate=1e-4),
        sampling=sampling,
        threads=threads,
        record_every=10**9,
    )


def time_steps(training: nbm.Trainer, seconds: float) -> list[float]:
    """Return the times of single steps after three steps to warm up."""
    training.step(3)
    times: list[float] = []
    while sum(times) < seconds:
        begin = time.perf_counter()
        training.step(1)
        times.append(time.perf_counter() - begin)
    return times


def peer(python: str | None, network: str, threads: int, seconds: float) -> dict[str, Any] | None:
    """Return what the JAX peer measured, its formulation the fastest known."""
    if python is None:
        return None
    script = Path(__file__).parent / "peers" / "jax_steps.py"
    command = [python, str(script), "--threads", str(threads), "--network", network, "--batch", str(BATCH)]
    output = subprocess.run([*command, "--seconds", str(seconds)], check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])


def regular_steps(problem: Any, python: str | None, threads: int, seconds: float, peak: float) -> list[dict[str, Any]]:
    """Time regular points, rows kept: forward, backward, Adam."""
    results = []
    for name, hidden in NETWORKS.items():
        ours: list[float] = []
        theirs: list[dict[str, Any]] = []
        for _ in range(ROUNDS):
            sampling = nbm.Sampling(regular=BATCH, irregular=0, boundary=0, refresh=10**9)
            ours += time_steps(trainer(problem, hidden, sampling, threads), seconds)
            measured = peer(python, name, threads, seconds)
            if measured is not None:
                theirs.append(measured)
        micros = 1e6 * min(ours) / BATCH
        jax = min((m["us_per_point_min"] for m in theirs), default=None)
        results.append(
            {
                "network": name,
                "us_per_point_min": micros,
                "us_per_point_median": 1e6 * statistics.median(ours) / BATCH,
                "jax_us_per_point_min": jax,
                "ratio": jax / micros if jax else None,
                "flops_per_point": flops_per_point(hidden),
                "share_of_peak": flops_per_point(hidden) / (micros * 1e-6) / peak,
            }
        )
    return results


def whole_step(problem: Any, threads: int, seconds: float) -> dict[str, Any]:
    """Time steps that sample and assemble their rows, a tenth of them irregular."""
    counts = {
        "regular": int(0.85 * BATCH),
        "irregular": BATCH // 10,
        "boundary": BATCH - int(0.85 * BATCH) - BATCH // 10,
    }
    training = trainer(problem, NETWORKS["5x10"], nbm.Sampling(**counts, refresh=1), threads)
    times = time_steps(training, 3 * seconds)
    rows = training.steps_done and sum(counts.values())
    micros = 1e6 * min(times) / rows
    return {
        "rows": counts,
        "us_per_point_min": micros,
        "us_per_point_median": 1e6 * statistics.median(times) / rows,
        "published_us": PUBLISHED_US,
        "ratio": PUBLISHED_US / micros,
    }


def evaluation(problem: Any, threads: int, peak: float) -> dict[str, Any]:
    """Time values of one network of 5x10 at many points."""
    training = trainer(problem, NETWORKS["5x10"], nbm.Sampling(regular=64, irregular=8, boundary=8), threads)
    solution = training.solution()
    solution.threads = threads
    points = np.random.default_rng(0).uniform(-1, 1, (4_000_000, 3))
    times = []
    for _ in range(8):
        begin = time.perf_counter()
        solution.plus(points, precision="float32")
        times.append(time.perf_counter() - begin)
    native = nbm._core.measure_evaluation_rate([10] * 5, 1_000_000, threads)
    flops = 2 * (30 + 400 + 10)
    return {
        "python_points_per_second": len(points) / min(times),
        "engine_points_per_second": native,
        "share_of_peak": native * flops / peak,
    }


def epoch_memory(cells: int, batches: int | None, threads: int) -> dict[str, Any]:
    """Train on the nodes of a grid in a process of its own; return its peak memory."""
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1])\n"
        "import json, nbm; from machine import peak_memory_mb\n"
        f"t = nbm.Trainer(nbm.problems.sphere(), cell_size=2/{cells}, threads={threads},"
        f" optimizer=nbm.Adam(steps=10**9), record_every=10**9,"
        f" sampling=nbm.Sampling(mode='grid', grid_nodes={cells}))\n"
        f"begin = time.perf_counter(); n = {batches or -(-(cells**3) // BATCH)}; t.step(n)\n"
        "print(json.dumps({'peak_mb': peak_memory_mb(), 'seconds': time.perf_counter() - begin, 'batches': n}))\n"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent)]
    return {"cells": cells, **json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)}


def main() -> None:
    """Measure everything and write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jax-python", help="a Python with jax")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=3.0, help="for each measurement")
    options = parser.parse_args()
    problem = nbm.problems.sphere()
    peak = nbm._core.measure_fma_peak("float32", options.threads)
    steps = regular_steps(problem, options.jax_python, options.threads, options.seconds, peak)
    whole = whole_step(problem, options.threads, options.seconds)
    values = evaluation(problem, options.threads, peak)
    memory = [epoch_memory(cells, None if cells in (64, 512) else 64, options.threads) for cells in (64, 256, 512)]
    machine = describe(options.threads)

    def ratio(value: float | None) -> str:
        return f"{value:.1f}×" if value else ""

    rows = [
        [
            f"regular points, {s['network']}, rows kept",
            f"{s['us_per_point_min']:.3f} µs a point (median {s['us_per_point_median']:.3f})",
            f"{s['jax_us_per_point_min']:.2f} µs" if s["jax_us_per_point_min"] else "",
            ratio(s["ratio"]),
            f"{100 * s['share_of_peak']:.0f} %",
        ]
        for s in steps
    ]
    rows.append(
        [
            "whole step, 10 % irregular, rows made afresh, 5x10",
            f"{whole['us_per_point_min']:.3f} µs a point (median {whole['us_per_point_median']:.3f})",
            f"{PUBLISHED_US:.0f} µs (published package)",
            ratio(whole["ratio"]),
            "",
        ]
    )
    rows.append(
        [
            "values of u, 5x10, float32",
            f"{values['engine_points_per_second'] / 1e6:.0f} M/s"
            f" (from Python {values['python_points_per_second'] / 1e6:.0f})",
            "",
            "",
            f"{100 * values['share_of_peak']:.0f} %",
        ]
    )
    for m in memory:
        rows.append(
            [
                f"{m['batches']} batches of grid {m['cells']}³",
                f"{m['peak_mb']:.0f} MB, {m['seconds']:.1f} s",
                "",
                "",
                "",
            ]
        )
    table = markdown(["what", "nbm", "peer", "ratio", "share of FMA peak"], rows)
    header = (
        f"{machine['processor']}, {options.threads} threads, {machine['simd']}; measured multiply-add peak "
        f"{peak / 1e9:.0f} GFLOP/s in float32. Shares count the layers' multiply-adds only, not the sines.\n\n"
    )
    record = {
        "machine": machine,
        "peak_flops": peak,
        "regular": steps,
        "whole": whole,
        "values": values,
        "memory": memory,
    }
    write("speed", record, header + table)


if __name__ == "__main__":
    main()
