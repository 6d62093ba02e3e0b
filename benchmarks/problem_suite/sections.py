"""The sections of results/problems.json, each measured by a function that can be run alone."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbm
from problem_suite import CASES
from problem_suite.measure import on_finer_grids, on_grid, solved
from problem_suite.traps import TRAPS
from problem_suite.units import COPIES, ORIGINALS, Units, in_units

PEER = Path(__file__).parents[1] / "peers" / "ngsolve_problems.py"
WITHOUT_PEER = ("dragon",)  # its level set has no surface mesh of good elements
# One start and few steps of residual training alone: some end near the solution and some far away.
POOR = {"40 steps": 40, "10 steps": 10}


def cases(names: Iterable[str], seeds: Iterable[int]) -> dict[str, Any]:
    """Solve each case with the defaults from each seed, and with the classical solver."""
    results = {}
    for name in names:
        case = CASES[name]()
        if case is None:
            print(f"{name}: needs a file of its own, see problem_suite/references.py", flush=True)
            continue
        grid = on_grid(case)
        runs = [_say(name, solved(case, seed)) for seed in seeds]
        results[name] = {"title": case.title, "grid": grid, "runs": runs, "bars": asdict(case.bars)}
        results[name]["truth_error"] = case.truth_error / case.size
    return results


def units(names: Iterable[str], seeds: Iterable[int]) -> dict[str, Any]:
    """Solve the sphere and the heated ball as stated and in other units, with one seed: errors should be equal."""
    seed = next(iter(seeds))
    results = {}
    for name in names:
        original = ORIGINALS[name]()
        copies = {units.title: in_units(original, units) for units in (Units(title="as stated"), *COPIES)}
        results[name] = {title: _say(f"{name}, {title}", solved(case, seed)) for title, case in copies.items()}
    return results


def finer(names: Iterable[str], seeds: Iterable[int]) -> dict[str, Any]:
    """Solve with the defaults and one seed, and correct what comes out on 64 and 128 cells."""
    seed = next(iter(seeds))
    return {name: _say_finer(name, on_finer_grids(case, seed, (64, 128))) for name in names if (case := CASES[name]())}


def traps(names: Iterable[str], seeds: Iterable[int]) -> dict[str, Any]:
    """Solve the traps with the defaults from each seed."""
    results = {}
    for name in names:
        trap = TRAPS[name]()
        runs = [_say(name, solved(trap, seed)) for seed in seeds]
        results[name] = {"title": trap.title, "may_be_refused": trap.may_be_refused, "runs": runs}
    return results


def certificates(names: Iterable[str], seeds: Iterable[int]) -> dict[str, Any]:
    """Train everything badly from each seed; ``cases`` and ``traps`` have the good ones."""
    results: dict[str, Any] = {}
    for name in names:
        known = CASES[name]() if name in CASES else TRAPS[name]()
        if known is None:
            continue
        results[name] = {"title": known.title, "runs": []}
        for label, steps in POOR.items():
            for seed in seeds:
                record = solved(known, seed, optimizer=nbm.GaussNewton(steps=steps, starts=1))
                results[name]["runs"].append(_say(f"{name}, {label}", {"steps": steps, **record}))
    return results


def peers(names: Iterable[str], python: str, limit: float) -> dict[str, Any]:
    """Solve each case by finite elements of all orders, on meshes up to some ``limit`` processor seconds.

    Raises:
        RuntimeError: the peer cannot be run; the message says what is missing.
    """
    results = {}
    modules = os.pathsep.join([str(Path(nbm.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    for name in names:
        command = [python, str(PEER), name, "--limit", str(limit)]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": modules})
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip().splitlines()[-1])
        results[name] = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        print(f"{name}: NGSolve, {len(results[name])} meshes and orders", flush=True)
    return results


def _say(label: str, record: dict[str, Any]) -> dict[str, Any]:
    if "failed" in record:
        print(f"{label}: {record['failed']}", flush=True)
        return record
    verdict = "trusted" if record["trusted"] else f"refused: {'; '.join(record['reasons'])}"
    wrong = " WRONG" if record["trusted_and_wrong"] else ""
    times = f"{record['seconds']:.1f} s, {record['cpu']:.1f} s of processors"
    figures = f"error {record['error']:.1e}, max {record['max']:.1e}, estimate {record['estimate']:.1e}"
    print(f"{label}: {figures}, {times}, {verdict}{wrong}", flush=True)
    return record


def _say_finer(name: str, record: dict[str, Any]) -> dict[str, Any]:
    figures = [f"{run['cells']} cells: error {run['error']:.1e}, {run['cpu']:.1f} s" for run in record["corrected"]]
    print(f"{name}: {'; '.join(figures)}", flush=True)
    return record


NAMES = {"cases": tuple(CASES), "units": tuple(ORIGINALS), "traps": tuple(TRAPS), "certificates": (*CASES, *TRAPS)}
NAMES["finer"] = ("cube", "dragon")  # whose error the grid decides
NAMES["peers"] = tuple(name for name in CASES if name not in WITHOUT_PEER)
