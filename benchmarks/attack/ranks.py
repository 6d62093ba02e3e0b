"""Ranks that are killed or that stop: all others end, with an error, instead of waiting for ever."""

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
TIMES = 4
_MOST_SECONDS = 10.0


def has_modules() -> bool:
    """Whether Python speaks MPI and nbm was built with it."""
    return all(importlib.util.find_spec(name) is not None for name in ("mpi4py", "nbm._mpi"))


def attack(folder: Path, seed: int, share: float) -> Iterator[Outcome]:
    """Lose ranks, where there is an MPI."""
    out = Outcome("ranks that are lost", "one of three killed, or ended by an error of its program")
    if shutil.which("mpirun") is None or not has_modules():
        out.how += "; not run here, for want of an MPI (make test-mpi runs it)"
        yield out
        return
    for _ in range(max(1, round(TIMES * share))):
        for loss in ("killed", "uncaught", "killed 4"):
            program = [
                ROOT / "tests/mpi/mpirun.sh",
                "3",
                sys.executable,
                "-m",
                "mpi4py",
                ROOT / "tests/mpi/lost_rank.py",
            ]
            environment = {**os.environ, "NBM_TEST_RANKS": "3"}
            try:
                run = subprocess.run(
                    [*program, *loss.split()], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90
                )
            except subprocess.TimeoutExpired:
                out.add("hung", f"{loss}: the others wait")
                continue
            at = re.search(r"lost at (\d+)", run.stdout)
            seconds = time.time() - int(at[1]) if at else float("inf")
            well = run.returncode != 0 and seconds < _MOST_SECONDS
            out.add(
                "all ended" if well else "failed", None if well else f"{loss}: {run.returncode} after {seconds:.0f} s"
            )
    yield out
