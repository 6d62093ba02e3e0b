"""Training and solving on a GPU from Python: sections of python_checks.py."""

from __future__ import annotations

import time
from typing import Any

from checks_common import DEEP, SMALL, gauss_newton_trainer, say

import nbm


def gauss_newton() -> None:
    """Milliseconds of a Gauss-Newton step on the default draw."""
    shapes = ((3, 3),) if SMALL else (DEEP, (14,) * 3, (32,) * 3)
    output_layer = nbm.Siren(hidden=(8,) if SMALL else (400,), trained="output")
    for network in (*(nbm.Siren(hidden=hidden) for hidden in shapes), output_layer):
        for discretization in ("bochkov_gibou", "direct_jump"):
            trainer = gauss_newton_trainer(network, discretization)
            begin = time.perf_counter()
            trainer.step(2)
            first = time.perf_counter() - begin
            steps = 2 if SMALL else 20
            begin = time.perf_counter()
            trainer.step(steps)
            seconds = time.perf_counter() - begin
            say(
                "Gauss-Newton step",
                network=str(network.hidden),
                parameters=network.parameters,
                trained=network.trained,
                discretization=discretization,
                first_two_s=round(first, 4),
                ms_a_step=round(1e3 * seconds / steps, 3),
            )


def three_starts() -> None:
    """Milliseconds a step and start of three starts side by side, with what it takes to begin them."""
    for discretization in ("bochkov_gibou", "direct_jump"):
        each = 2 if SMALL else 30
        trainer = nbm.Trainer(
            nbm.problems.sphere(),
            network=nbm.Siren(hidden=(3, 3) if SMALL else DEEP),
            device="cuda",
            discretization=discretization,
            sampling=nbm.Sampling(regular=40, irregular=8, boundary=8) if SMALL else nbm.Sampling(),
            optimizer=nbm.GaussNewton(steps=each, starts=3, start_steps=each, stop_fraction=0),
        )
        begin = time.perf_counter()
        trainer.step(3 * each)
        seconds = time.perf_counter() - begin
        say("three starts", discretization=discretization, ms_a_step=round(1e3 * seconds / (3 * each), 3))


def solve() -> None:
    """Seconds to the demo's solution, and its error."""
    problem = nbm.problems.sphere()
    options: dict[str, Any] = {}
    if SMALL:
        options = {
            "network": nbm.Siren(hidden=(4,)),
            "sampling": nbm.Sampling(regular=40, irregular=8, boundary=8),
            "optimizer": nbm.GaussNewton(steps=3, starts=1),
        }
    for discretization, cells in (("direct_jump", 4096), ("bochkov_gibou", 64)):
        for device in ("cuda", "cuda") if SMALL else ("cuda", "cuda", "cpu"):  # the first also loads the libraries
            begin = time.perf_counter()
            found = nbm.solve(problem, cell_size=2 / cells, discretization=discretization, device=device, **options)
            seconds = time.perf_counter() - begin
            error = found.error(problem)
            say(
                "the demo's sphere",
                discretization=discretization,
                device=device,
                seconds=round(seconds, 3),
                steps=found.history[-1].step + 1,
                linf=error.linf,
                rmse=error.rmse,
            )


def table1() -> None:
    """Errors of Table 1 with its network, and the seconds that they took."""
    problem = nbm.problems.sphere()
    for cells in (16, 32, 64, 128):
        begin = time.perf_counter()
        found = nbm.solve(problem, cell_size=2 / cells, device="cuda")
        seconds = round(time.perf_counter() - begin, 2)
        error = found.error(problem)
        say("Table 1", cells=cells, seconds=seconds, linf=error.linf, rmse=error.rmse)
