"""What the checks of the Python package on a GPU have in common."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import nbm

SMALL = "--small" in sys.argv
DEEP, SHALLOW = (10,) * 5, (100,)
START = time.monotonic()


def say(case: str, **figures: Any) -> None:
    """Print one object."""
    print(json.dumps({"case": case, **figures, "at_s": round(time.monotonic() - START, 1)}), flush=True)


def median_seconds(call: Callable[[], Any], enough: float = 0.3, most: int = 200) -> float:
    """Return the median time of a call: of five at least, of `most` at most, or as many as take `enough` seconds."""
    times: list[float] = []
    while len(times) < 5 or (sum(times) < enough and len(times) < most and not SMALL):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def some_solution(hidden: tuple[int, ...]) -> nbm.Solution:
    """Return a solution on the CPU whose values do not matter."""
    trainer = nbm.Trainer(
        nbm.problems.sphere(),
        network=nbm.Siren(hidden=hidden),
        cell_size=2 / 64,
        device="cpu",
        optimizer=nbm.Adam(steps=1),
        sampling=nbm.Sampling(regular=64, irregular=8, boundary=8),
    )
    trainer.run()
    return trainer.solution()


def gauss_newton_trainer(network: nbm.Siren, discretization: str) -> nbm.Trainer:
    """Return a trainer of one start on the default draw, or on a few rows of it."""
    return nbm.Trainer(
        nbm.problems.sphere(),
        network=network,
        device="cuda",
        discretization=discretization,
        sampling=nbm.Sampling(regular=40, irregular=8, boundary=8) if SMALL else nbm.Sampling(),
        optimizer=nbm.GaussNewton(steps=40, starts=1, stop_fraction=0),
    )


def torch_on_gpu() -> Any:
    """Return PyTorch if it is here and sees a GPU."""
    try:
        import torch
    except ImportError:
        return None
    return torch if torch.cuda.is_available() else None
