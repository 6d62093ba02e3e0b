"""Ranks that are killed: all others end, with an error, instead of waiting. Ranks that stop for a while: same bits."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from outcome import Outcome

ROOT = Path(__file__).resolve().parents[2]
LOST, STOPPED = 4, 8
_MOST_SECONDS = 10.0


def attack(folder: Path, seed: int, share: float) -> Iterator[Outcome]:
    """Lose and stop ranks, where there is an MPI."""
    lost = Outcome("ranks that are lost", "one of three killed, or ended by an error of its program")
    stopped = Outcome("ranks that stop for a while", "SIGSTOP for a second, one of three")
    if shutil.which("mpirun") is None or not has_modules():
        for out in (lost, stopped):
            out.how += "; not run here, for want of an MPI"
            yield out
        return
    for _ in range(max(1, round(LOST * share))):
        for loss in ("killed", "uncaught", "killed 4"):
            _lose(lost, loss)
    yield lost
    whole = _run(ROOT / "benchmarks" / "attack" / "stopped_rank.py", "0")
    for _ in range(max(1, round(STOPPED * share))):
        run = _run(ROOT / "benchmarks" / "attack" / "stopped_rank.py", "1")
        same = run is not None and whole is not None and run.returncode == 0 and run.stdout == whole.stdout
        stopped.add("went on" if same else "failed", None if same else f"{run.stdout + run.stderr if run else 'hung'}")
    yield stopped


def has_modules() -> bool:
    """Whether Python speaks MPI and nbm was built with it."""
    return all(importlib.util.find_spec(name) is not None for name in ("mpi4py", "nbm._mpi"))


def _lose(out: Outcome, loss: str) -> None:
    run = _run(ROOT / "tests" / "mpi" / "lost_rank.py", *loss.split())
    if run is None:
        out.add("hung", f"{loss}: the others wait")
        return
    at = re.search(r"lost at (\d+)", run.stdout)
    seconds = time.time() - int(at[1]) if at else float("inf")
    well = run.returncode != 0 and seconds < _MOST_SECONDS
    out.add("all ended" if well else "failed", None if well else f"{loss}: {run.returncode} after {seconds:.0f} s")


def _run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str] | None:
    """Run a program on three ranks; None where it does not end."""
    command = [ROOT / "tests" / "mpi" / "mpirun.sh", "3", sys.executable, "-m", "mpi4py", program, *arguments]
    environment = {**os.environ, "NBM_TEST_RANKS": "3"}
    try:
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return None
