"""Strong and weak scaling on 2, 4, 8 ranks of this machine, one thread each; results/scaling.{json,md}.

    make test-mpi && .venv/bin/python benchmarks/scaling/run.py

About ten minutes. What is compared is measured in turns (measure.py), so other work on the machine does little harm,
but a quiet one gives the better figures. More ranks than cores take turns: their efficiency is against the cores that
they have. nbm must be the one built with MPI, in build/package/python or by PYTHONPATH.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from machine import describe, markdown, write
from model import StepModel, message_bytes, table
from published import published_tables

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# Seconds of measurement at 16 384 and at 10^6 points a step.
SECONDS = {2: (60, 300), 4: (8, 20), 8: (8, 30)}
BARS = {"16384": 0.85, "1000000": 0.95}  # of two ranks against one


def measure(ranks: int) -> dict[str, Any]:
    """Return what measure.py prints on this many ranks."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    modules = os.pathsep.join([str(ROOT / "build/package/python"), os.environ.get("PYTHONPATH", "")])
    command = [str(ROOT / "tests/mpi/mpirun.sh"), str(ranks), sys.executable, "-m", "mpi4py", str(HERE / "measure.py")]
    done = subprocess.run(
        command + [str(s) for s in SECONDS[ranks]],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PATH": path, "PYTHONPATH": modules},
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("{"))
    record: dict[str, Any] = json.loads(line)
    return record


def ratios(turns: dict[str, list[float]], of: str, to: str, factor: float) -> list[float]:
    """Return factor * time of one turn / time of another, round by round, sorted."""
    return sorted(factor * a / b for a, b in zip(turns[of], turns[to], strict=True))


def fastest(turns: dict[str, list[float]], ranks: int) -> float:
    """Return the efficiency by the fastest turn of each kind: other work on the machine can only slow a turn down."""
    return min(turns["one"]) / min(turns["together"]) / ranks


def spread(values: list[float]) -> str:
    """Return the median and the quartiles."""
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.3f} ({low:.3f}-{high:.3f})"


def rows_of(record: dict[str, Any], cores: int) -> list[list[str]]:
    """Return the rows of the table for one number of ranks."""
    ranks = record["ranks"]
    busy = min(ranks, cores)  # ranks that can run at once
    rows = []
    for points, turns in record["turns"].items():
        row = [str(ranks) + (" (oversubscribed)" if ranks > cores else ""), points]
        row += [f"{1e3 * statistics.median(turns[name]):.2f}" for name in ("one", "together")]
        row += [spread(ratios(turns, "one", name, 1 / busy)) for name in ("together", "apart")]
        row.insert(-1, f"{fastest(turns, busy):.3f}")
        row.append(spread(ratios(turns, "one", "plain", 1 / busy)) if "plain" in turns else "")
        row.append(spread(ratios(turns, "one", "weak", ranks / busy)) if "weak" in turns else "")
        rows.append(row)
    return rows


def fit(record: dict[str, Any]) -> StepModel:
    """Return the model of this machine: steps of one rank by least squares of relative errors, sums of two sizes."""
    points = np.array([int(n) for n in record["alone"]], dtype=float)
    times = np.array(list(record["alone"].values()))
    fixed, point = np.linalg.lstsq(np.stack([1 / times, points / times], axis=1), np.ones_like(times), rcond=None)[0]
    small, large = record["sum"]["1"], record["sum"]["125000"]
    return StepModel(
        fixed=max(0.0, float(fixed)),
        point=float(point),
        latency=small / 2,
        bandwidth=125000 * 8 / max(large - small, 1e-9),
        message=message_bytes(982),
    )


def bars(record: dict[str, Any]) -> str:
    """Return a line on each bar that two ranks are to reach."""
    lines = []
    for points, bar in BARS.items():
        turns = record["turns"][points]
        found = {
            "median": statistics.median(ratios(turns, "one", "together", 0.5)),
            "apart": statistics.median(ratios(turns, "one", "apart", 0.5)),
            "fastest": fastest(turns, 2),
        }
        says = ", ".join(f"{name} {value:.3f}" for name, value in found.items())
        says += f"; of ranks apart {statistics.median(ratios(turns, 'apart', 'together', 1)):.3f}"
        reached = [name for name in ("median", "fastest") if found[name] >= bar]
        lines.append(f"* Two ranks, {points} points a step: {says}; {bar} reached by: {', '.join(reached) or 'none'}.")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, fit, write."""
    measured = [measure(ranks) for ranks in SECONDS]
    cores = len(os.sched_getaffinity(0))
    model = fit(measured[0])
    header = ["ranks", "points", "ms, one rank", "ms, together", "efficiency", "by the fastest", "of the machine"]
    header += ["no overlap", "weak"]
    text = (
        "Steps of Adam, network 5 x 10, all rows afresh, one thread a rank, measured in turns: medians, of the ratios\n"
        "with quartiles. Efficiency is against the cores that the ranks have. By the fastest: of the fastest turn of\n"
        "each kind, which other work on the machine disturbed least. Of the machine (apart): ranks that train apart,\n"
        "without messages, on as many points each. No overlap: rows are not made while the message is under way.\n"
        "Weak: as many points for every rank as for one.\n\n"
    )
    text += markdown(header, [row for record in measured for row in rows_of(record, cores)]) + "\n" + bars(measured[0])
    text += (
        f"\nModel of this machine: fixed {1e6 * model.fixed:.0f} us, {1e9 * model.point:.0f} ns a point, latency "
        f"{1e6 * model.latency:.2f} us, {1e-9 * model.bandwidth:.1f} GB/s. Predicted, with as many cores as ranks:\n\n"
    )
    text += table(model, 16384, (1, 2, 4, 8, 64, 1024)) + "\n" + published_tables(model.point)
    write("scaling", {"machine": describe(1), "measured": measured, "model": model.__dict__}, text)


if __name__ == "__main__":
    main()
