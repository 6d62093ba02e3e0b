"""Forks while there are trainers, and interpreters that end while daemon threads train."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from outcome import Outcome, ended, forked

import nbm

FORKS, EXITS = 120, 24
OPTIONS = {"network": nbm.Siren(hidden=(8,)), "cells": 16, "optimizer": nbm.Adam(steps=8), "threads": 3}
EXITING = """
import sys, threading, time, numpy as np, nbm
problem = nbm.Problem(nbm.Box(), lambda p: p[:, 0] - 0.1, plus=nbm.Medium(f=lambda p: np.sin(p[:, 1])))
trainer = nbm.Trainer(problem, cells=16, network=nbm.Siren(hidden=(8,)), optimizer=nbm.Adam(steps=10**9))
threading.Thread(target=lambda: trainer.step(10**8), daemon=True).start()
time.sleep({seconds})
{end}
"""


def attack(folder: Path, seed: int, share: float) -> Iterator[Outcome]:
    """Fork and exit."""
    draw = random.Random(seed)
    problem = nbm.problems.sphere()
    whole = nbm.Trainer(problem, **OPTIONS)
    whole.run()
    out = Outcome("forks while a trainer is there", "the child steps it to the same bits, drops it, or makes another")
    for number in range(max(3, round(FORKS * share))):
        held = [nbm.Trainer(problem, **OPTIONS)]
        held[0].step(draw.randrange(1, 8))

        def work(kind: int = number % 3, held: list[nbm.Trainer] = held) -> None:
            if kind == 1:
                held.clear()
                return
            trainer = held[0] if kind == 0 else nbm.Trainer(problem, **OPTIONS)
            trainer.run()
            if not np.array_equal(trainer.parameters, whole.parameters):
                raise AssertionError("other bits in the child")

        status = ended(forked(work), 60)
        out.add("ended well" if status == "0" else status, None if status == "0" else f"kind {number % 3}: {status}")
        held[0].run()
        if not np.array_equal(held[0].parameters, whole.parameters):
            out.lost.append("forks: other bits in the parent")
    yield out

    out = Outcome("exits while a daemon thread trains", "with a Python coefficient, at random times")
    for number in range(max(1, round(EXITS * share))):
        program = EXITING.format(seconds=draw.uniform(0, 0.3), end=("", "sys.exit(0)", "raise SystemExit")[number % 3])
        try:
            run = subprocess.run(
                [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, env=dict(os.environ)
            )
            well = run.returncode == 0 and not run.stderr
            out.add("ended well" if well else "failed", None if well else f"{run.returncode}: {run.stderr[-200:]}")
        except subprocess.TimeoutExpired:
            out.add("hung", "an exit that hung")
    yield out
