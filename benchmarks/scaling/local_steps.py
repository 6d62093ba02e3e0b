"""What local steps cost in accuracy: errors of the sphere problem after the same number of steps of Adam.

    tests/mpi/mpirun.sh RANKS .venv/bin/python -m mpi4py benchmarks/scaling/local_steps.py

Rank 0 prints one row for each number of local steps: medians over the seeds. docs/parallel.md has the table of 4 ranks.
"""

from __future__ import annotations

import os

import numpy as np
from mpi4py import MPI

import nbm

comm = MPI.COMM_WORLD
STEPS, SEEDS = 1000, (0, 1, 2)
LOCAL_STEPS = (1, 4, 16)
x, y, z = nbm.symbols.x, nbm.symbols.y, nbm.symbols.z
PROBLEM = nbm.manufactured(
    u_minus=nbm.symbols.exp(z),
    u_plus=nbm.symbols.cos(x) * nbm.symbols.sin(y),
    mu_minus=y**2 * nbm.symbols.log(x + 2) + 4,
    mu_plus=nbm.symbols.exp(-z),
    level_set=nbm.symbols.sqrt(x**2 + y**2 + z**2) - 0.5,
    box=nbm.Box((-1, -1, -1), (1, 1, 1)),
)


def errors(local_steps: int, points: int, seed: int) -> tuple[float, float]:
    """Return largest and root mean square error off the training points; points: of a step, over all ranks."""
    solution = nbm.solve(
        PROBLEM,
        cell_size=2 / 32,
        optimizer=nbm.Adam(steps=STEPS, local_steps=local_steps),
        sampling=nbm.Sampling(regular=points, irregular=points // 4, boundary=points // 4, refresh=1),
        record_every=STEPS,
        seed=seed,
        threads=1,
        device="cpu",
        comm=comm,
    )
    at = np.random.default_rng(9).uniform(-1, 1, (20000, 3))
    inside = (at**2).sum(axis=1) < 0.25
    exact = np.where(inside, np.exp(at[:, 2]), np.cos(at[:, 0]) * np.sin(at[:, 1]))
    error = np.abs(solution(at) - exact)
    return float(error.max()), float(np.sqrt((error**2).mean()))


assert comm.size == int(os.environ["NBM_TEST_RANKS"])
if comm.rank == 0:
    print(
        f"| local steps, {comm.size} ranks | 512 points a step: largest / rms error | 2048 points: the same |",
        "|---|---|---|",
        sep="\n",
    )
for local_steps in LOCAL_STEPS:
    row = [str(local_steps)]
    for points in (512, 2048):
        largest, rms = np.median([errors(local_steps, points, seed) for seed in SEEDS], axis=0)
        row.append(f"{largest:.1e} / {rms:.1e}")
    if comm.rank == 0:
        print("| " + " | ".join(row) + " |", flush=True)
