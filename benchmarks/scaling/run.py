"""Strong and weak scaling on 1, 2, 4, 8 ranks of this machine, one thread each; results/scaling.{json,md}.

    make test-mpi && .venv/bin/python benchmarks/scaling/run.py

Under three minutes; nothing else should run meanwhile. More ranks than cores take turns: their efficiency is about
cores / ranks at best, and shown against that. nbm must be the one built with MPI (PYTHONPATH=build/package/python).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from machine import describe, markdown, write
from model import StepModel, message_bytes, table

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RANKS = (1, 2, 4, 8)


def measure(ranks: int) -> dict[str, Any]:
    """Return what measure.py prints on this many ranks."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    command = [str(ROOT / "tests/mpi/mpirun.sh"), str(ranks), sys.executable, "-m", "mpi4py", str(HERE / "measure.py")]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "PATH": path})
    line = next(line for line in done.stdout.splitlines() if line.startswith("{"))
    record: dict[str, Any] = json.loads(line)
    return record


def efficiency_rows(measured: list[dict[str, Any]], cores: int) -> list[list[str]]:
    """Return one row for each number of ranks."""
    one = measured[0]
    rows = []
    for record in measured:
        ranks = record["ranks"]
        busy = min(ranks, cores)  # ranks that can run at once
        row = [str(ranks) + (" (oversubscribed)" if ranks > cores else "")]
        for points, seconds in record["strong"].items():
            row += [f"{1e3 * seconds:.2f}", f"{one['strong'][points] / (busy * seconds):.2f}"]
        weak = record["weak"]["16384"]
        row += [f"{1e3 * weak:.2f}", f"{one['weak']['16384'] * ranks / (busy * weak):.2f}"]
        rows.append(row)
    return rows


def fit(measured: list[dict[str, Any]]) -> StepModel:
    """Return the model of this machine: two batches on one rank, sums of two sizes on two."""
    strong = measured[0]["strong"]
    (n0, t0), (n1, t1) = ((int(n), t) for n, t in strong.items())
    point = (t1 - t0) / (n1 - n0)
    small, large = measured[1]["sum"]["1"], measured[1]["sum"]["125000"]
    return StepModel(
        fixed=max(0.0, t0 - point * n0),
        point=point,
        latency=small / 2,
        bandwidth=125000 * 8 / max(large - small, 1e-9),
        message=message_bytes(982),
    )


def main() -> None:
    """Measure, fit, write."""
    measured = [measure(ranks) for ranks in RANKS]
    cores = len(os.sched_getaffinity(0))
    model = fit(measured)
    header = ["ranks", "ms, 16384", "efficiency", "ms, 10^6", "efficiency", "ms, 16384 a rank", "weak efficiency"]
    text = "Steps of Adam, network 5 x 10, one thread a rank; efficiency against the cores that the ranks have.\n\n"
    text += markdown(header, efficiency_rows(measured, cores))
    text += (
        f"\nModel of this machine: fixed {1e6 * model.fixed:.0f} us, {1e9 * model.point:.0f} ns a point, latency "
        f"{1e6 * model.latency:.2f} us, {1e-9 * model.bandwidth:.1f} GB/s. Predicted, with as many cores as ranks:\n\n"
    )
    text += table(model, 16384, (1, 2, 4, 8, 64, 1024))
    write("scaling", {"machine": describe(1), "measured": measured, "model": model.__dict__}, text)


if __name__ == "__main__":
    main()
