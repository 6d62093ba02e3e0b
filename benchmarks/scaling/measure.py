"""Times steps and sums on the ranks it is started on; rank 0 prints one line of JSON. Started by run.py.

Usage: mpirun -n RANKS python measure.py
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable

import numpy as np
from mpi4py import MPI

import nbm

comm = MPI.COMM_WORLD
HIDDEN = (10,) * 5
BATCHES = (16384, 10**6)
SECONDS = {16384: 4.0, 10**6: 8.0}  # of measurement


def trainer(points: int) -> nbm.Trainer:
    """Return a trainer with about this many rows a step over all ranks, drawn afresh each step."""
    x, y, z = nbm.symbols.x, nbm.symbols.y, nbm.symbols.z
    problem = nbm.manufactured(
        u_minus=nbm.symbols.exp(z),
        u_plus=nbm.symbols.cos(x) * nbm.symbols.sin(y),
        mu_minus=y**2 + 4,
        mu_plus=nbm.symbols.exp(-z),
        level_set=nbm.symbols.sqrt(x**2 + y**2 + z**2) - 0.5,
        box=nbm.Box((-1, -1, -1), (1, 1, 1)),
    )
    tenth = points // 10
    return nbm.Trainer(
        problem,
        network=nbm.Siren(hidden=HIDDEN),
        cell_size=2 / 64,
        optimizer=nbm.Adam(steps=10**9, schedule="constant", learning_rate=1e-4),
        sampling=nbm.Sampling(regular=points - 2 * tenth, irregular=tenth, boundary=tenth, refresh=1),
        threads=1,
        device="cpu",
        record_every=10**9,
        comm=comm,
    )


def median_time(work: Callable[[], object], seconds: float, least: int) -> float:
    """Return the median, over repetitions, of the time of the slowest rank."""
    times: list[float] = []
    while len(times) < least or sum(times) < seconds:
        comm.Barrier()
        begin = time.perf_counter()
        work()
        times.append(comm.allreduce(time.perf_counter() - begin, MPI.MAX))
    return statistics.median(times)


def step_time(points: int, seconds: float) -> float:
    """Return the time of one step with ``points`` points over all ranks."""
    training = trainer(points)
    training.step(1)
    return median_time(lambda: training.step(1), seconds, 4)


def sum_time(numbers: int) -> float:
    """Return the time of MPI's own sum of this many doubles, for the model."""
    values, result = np.ones(numbers), np.empty(numbers)

    def many() -> None:
        for _ in range(100):
            comm.Allreduce(values, result)

    return median_time(many, 0.3, 5) / 100


assert comm.size == int(os.environ["NBM_TEST_RANKS"])
record = {
    "ranks": comm.size,
    "strong": {str(n): step_time(n, SECONDS[n]) for n in BATCHES},
    "weak": {"16384": step_time(16384 * comm.size, SECONDS[16384])},
    "sum": {str(n): sum_time(n) for n in (1, 988, 125000)},
}
if comm.rank == 0:
    print(json.dumps(record), flush=True)
