"""Solve a case and compare with the truth: errors, times, and what the certificate says."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

import nbm
from problem_suite.case import Float64Array

WRONG = 0.02  # error over size above which nothing may be trusted
SLACK = 2.0  # nor where the error is this many times the estimate


class Known(Protocol):
    """A problem whose solution is known at points: a case of the suite or a trap."""

    problem: nbm.Problem
    points: Float64Array
    truth: Float64Array

    @property
    def size(self) -> float:
        """What errors are measured against, units of u."""
        ...


class Clock:
    """Seconds of the wall and of the processor, the latter of all threads together.

    The least of the two is what an idle machine would take at most.
    """

    def __init__(self) -> None:
        self.seconds = self.cpu = math.nan

    @contextmanager
    def running(self) -> Iterator[None]:
        """Measure what is done inside."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.seconds, self.cpu = time.perf_counter() - wall, time.process_time() - cpu


def solved(known: Known, seed: int, **options: Any) -> dict[str, Any]:
    """Solve with ``nbm.solve``; return errors over the size of u, times, what was done, the verdict, or why it failed.

    The certificate is the solution's own, which the times contain, or, for trained networks, made afterwards.
    """
    clock = Clock()
    record: dict[str, Any] = {"seed": seed}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nbm.NbmWarning)
        try:
            with clock.running():
                solution = nbm.solve(known.problem, seed=seed, **options)
            certificate = solution.certificate or solution.certify(known.problem)
        except nbm.NbmError as error:
            return record | {"failed": str(error), "trusted": False}
    difference = solution(known.points) - known.truth
    record |= {"error": rms(difference) / known.size, "max": float(np.abs(difference).max()) / known.size}
    record |= {"seconds": clock.seconds, "cpu": clock.cpu}
    record |= {"estimate": certificate.estimated_rmse / known.size, "trusted": certificate.trusted}
    record |= {"reasons": list(certificate.reasons), "by": solution.info.get("solved_by", "networks")}
    return record | {"trusted_and_wrong": is_trusted_and_wrong(record, known)}


def on_grid(known: Known, cells: int = 64) -> dict[str, Any]:
    """Solve with the classical solver; return its error at the same points and its times, or why it failed."""
    clock = Clock()
    try:
        with clock.running():
            grid = nbm.solve_on_grid(known.problem, cells)
        return {"error": rms(grid(known.points) - known.truth) / known.size, "seconds": clock.seconds, "cpu": clock.cpu}
    except nbm.NbmError as error:
        return {"failed": str(error)}


def on_finer_grids(known: Known, seed: int, counts: tuple[int, ...]) -> dict[str, Any]:
    """Solve with ``nbm.solve``, correct on grids of ``counts`` cells; return errors and times."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nbm.NbmWarning)
        solution = nbm.solve(known.problem, seed=seed)
    corrected = []
    for cells in counts:
        clock = Clock()
        with clock.running():
            finer = solution.correct(known.problem, cells)
        error = rms(finer(known.points) - known.truth) / known.size
        corrected.append({"cells": cells, "error": error, "cpu": clock.cpu})
    return {"truth_error": getattr(known, "truth_error", 0.0) / known.size, "corrected": corrected}


def is_trusted_and_wrong(record: dict[str, Any], known: Known) -> bool:
    """Tell whether a certificate lies: an error that is large, or well above its estimate, is trusted.

    An error is known to that of the truth only.
    """
    error = max(record["error"] - getattr(known, "truth_error", 0.0) / known.size, 0.0)
    return bool(record["trusted"] and (error > WRONG or error > SLACK * record["estimate"]))


def rms(values: Float64Array) -> float:
    """Return the root of the mean square."""
    return math.sqrt(float(np.mean(np.square(values))))


def worst_of(records: list[dict[str, Any]], key: str) -> float:
    """Return the largest of a figure, nan where none has it."""
    return max((record[key] for record in records if key in record), default=math.nan)


def median_of(records: list[dict[str, Any]], key: str) -> float:
    """Return the median of a figure, nan where none has it."""
    values = [record[key] for record in records if key in record]
    return float(np.median(values)) if values else math.nan
