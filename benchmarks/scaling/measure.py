"""Times steps on the ranks it is started on, and on one of them; rank 0 prints one line of JSON. Started by run.py.

Usage: mpirun -n RANKS python measure.py SECONDS_16384 SECONDS_1000000

What is compared is measured in turns, in the same processes, each turn a fraction of a second: other work on the
machine then meets all alike, and the median over the rounds of each round's ratio is what is reported. In a turn

    one         the first rank trains alone on all points; the others sleep
    together    all ranks train on their shares of the same points
    apart       every rank trains alone on as many points as its share, at the same time, without messages: what the
                machine itself gives when all its cores are busy
    plain       as together, without making rows while the message is under way (overlap=False)
    weak        all ranks train together, each on as many points as "one"
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import numpy as np
from mpi4py import MPI

import nbm

comm = MPI.COMM_WORLD
HIDDEN = (10,) * 5
BATCHES = (16384, 10**6)
STEPS = {16384: 10, 10**6: 1}  # of a turn
WEAK = 16384
ALONE = (256, 1024, 4096, 16384)


def trainer(points: int, ranks: Any, **more: Any) -> nbm.Trainer:
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
        comm=ranks,
        **more,
    )


def rest() -> None:
    """Wait for all ranks without using a core."""
    request = comm.Ibarrier()
    while not request.Test():
        time.sleep(5e-4)


def turn(training: nbm.Trainer | None, steps: int, alone: bool) -> float:
    """Return the time of a step, of the slowest rank; alone: on the first rank only."""
    rest()
    if not alone:
        comm.Barrier()  # all begin at once
    begin = time.perf_counter()
    if training is not None:
        training.step(steps)
    seconds = time.perf_counter() - begin if training is not None else 0.0
    rest()
    return float(comm.allreduce(seconds, MPI.MAX)) / steps


def rounds(points: int, seconds: float) -> dict[str, list[float]]:
    """Return the times of a step in every turn, a list over the rounds."""
    first = comm.rank == 0
    trainers: dict[str, nbm.Trainer | None] = {
        "one": trainer(points, None) if first else None,
        "together": trainer(points, comm),
        "apart": trainer(points // comm.size, None),
    }
    if points == WEAK:
        trainers["plain"] = trainer(points, comm, overlap=False)
        trainers["weak"] = trainer(points * comm.size, comm)
    times: dict[str, list[float]] = {name: [] for name in trainers}
    for name, training in trainers.items():  # memory is taken, rows are there
        turn(training, 2, name == "one")
    begin = time.perf_counter()
    while comm.bcast(len(times["one"]) < 5 or time.perf_counter() - begin < seconds):
        order = list(trainers) if len(times["one"]) % 2 == 0 else list(reversed(trainers))
        for name in order:
            times[name].append(turn(trainers[name], STEPS[points], name == "one"))
    return times


def alone() -> dict[str, float]:
    """Return the time of a step on the first rank alone by the number of points, for the model."""
    trainers = {n: trainer(n, None) for n in ALONE} if comm.rank == 0 else {}
    times: dict[int, list[float]] = {n: [] for n in trainers}
    rest()
    for _ in range(15):
        for n, training in trainers.items():
            steps = max(ALONE) // n
            begin = time.perf_counter()
            training.step(steps)
            times[n].append((time.perf_counter() - begin) / steps)
    rest()
    return {str(n): float(np.median(t)) for n, t in times.items()}


def sum_time(numbers: int) -> float:
    """Return the time of MPI's own sum of this many doubles, for the model."""
    values, result = np.ones(numbers), np.empty(numbers)
    times = []
    for _ in range(15):
        comm.Barrier()
        begin = time.perf_counter()
        for _ in range(100):
            comm.Allreduce(values, result)
        times.append(comm.allreduce(time.perf_counter() - begin, MPI.MAX) / 100)
    return float(np.median(times))


assert comm.size == int(os.environ["NBM_TEST_RANKS"])
cores = sorted(os.sched_getaffinity(0))
if comm.size <= len(cores):  # as a cluster binds its ranks; unbound, two may share a core for a while
    os.sched_setaffinity(0, {cores[comm.rank]})
record = {
    "ranks": comm.size,
    "turns": {str(n): rounds(n, float(given)) for n, given in zip(BATCHES, sys.argv[1:3], strict=True)},
    "alone": alone(),
    "sum": {str(n): sum_time(n) for n in (1, 994, 125000)},
}
if comm.rank == 0:
    print(json.dumps(record), flush=True)
