"""The tables of results/problems.md, and what of the bars is missed."""

from __future__ import annotations

import math
from typing import Any

from machine import markdown

from problem_suite.measure import median_of, worst_of

UNITS_SPREAD = 0.1  # how far errors of the same problem in other units may differ
BEGIN, END = "<!-- problems: begin -->", "<!-- problems: end -->"  # of the table in README.md
SOLVED = 0.01  # error of a trap over the standard deviation of u
GOOD, RATIO = 1e-3, (1.0, 30.0)  # errors that should be trusted, and how far estimates may exceed errors


def missed(record: dict[str, Any]) -> list[str]:
    """Return what of its bars a case misses, one phrase each; the slowest and worst of its runs count."""
    bars, runs = record["bars"], record["runs"]
    found = [f"failed: {run['failed']}" for run in runs if "failed" in run]
    done = [run for run in runs if "failed" not in run]
    if not done:
        return found
    error = worst_of(done, "error") - record["truth_error"]
    if error > bars["rms"]:
        found.append(f"error {error:.0e}, not {bars['rms']:.0e}")
    if "error" in record["grid"] and error > bars["of_grid"] * record["grid"]["error"]:
        found.append(f"{error / record['grid']['error']:.1g} of the grid's error, not {bars['of_grid']:g}")
    if not all(run["trusted"] for run in done):
        found.append(f"trusted {sum(run['trusted'] for run in done)} of {len(done)}")
    slow = [run for run in done if min(run["seconds"], run["cpu"]) > bars["seconds"]]
    if slow:
        run = max(slow, key=lambda run: run["cpu"])
        found.append(f"{run['seconds']:.0f} s, {run['cpu']:.0f} s of processors, not {bars['seconds']:.0f}")
    return found


def cases_table(record: dict[str, Any]) -> str:
    """Return the table of all cases: medians of the seeds."""
    rows = []
    for case in record["cases"].values():
        runs, grid = case["runs"], case["grid"]
        error = median_of(runs, "error")
        rows.append(
            [
                case["title"],
                _number(error),
                _number(worst_of(runs, "error")),
                _number(median_of(runs, "max")),
                "fails" if "failed" in grid else _number(grid["error"]),
                f"{median_of(runs, 'seconds'):.1f}",
                f"{median_of(runs, 'cpu'):.1f}",
                f"{sum(run['trusted'] for run in runs)} of {len(runs)}",
                f"{median_of(runs, 'estimate') / error:.1f}",
                "; ".join(missed(case)) or "met",
            ]
        )
    header = ["case", "RMS error", "worst seed", "max", "grid of 64³", "seconds", "processor s", "trusted"]
    return markdown([*header, "estimate / error", "bars"], rows)


def finer_table(record: dict[str, Any]) -> str:
    """Return the errors of solutions that were corrected on given grids."""
    rows = [
        [name, str(run["cells"]), _number(run["error"]), _number(case["truth_error"]), f"{run['cpu']:.1f}"]
        for name, case in record["finer"].items()
        for run in case["corrected"]
    ]
    return markdown(["case", "cells", "RMS error", "error of the reference", "processor s"], rows)


def units_table(record: dict[str, Any]) -> str:
    """Return errors and verdicts of the problems in other units."""
    rows = []
    for name, copies in record["units"].items():
        stated = copies["as stated"]
        for title, run in copies.items():
            change = run.get("error", math.nan) / stated.get("error", math.nan) - 1
            equal = "" if run is stated else f"{100 * change:+.2g} %" + ("" if abs(change) <= UNITS_SPREAD else " (!)")
            verdict = "trusted" if run["trusted"] else "refused"
            error, estimate = (_number(run.get(key, math.nan)) for key in ("error", "estimate"))
            rows.append([name, title, error, equal, verdict, estimate])
    return markdown(["problem", "units", "RMS error", "differs by", "verdict", "estimate"], rows)


def traps_table(record: dict[str, Any]) -> str:
    """Return errors and verdicts of the traps, relative to the standard deviation of u."""
    rows = []
    for trap in record["traps"].values():
        runs = trap["runs"]
        trusted = sum(run["trusted"] for run in runs)
        wrong = sum(run.get("trusted_and_wrong", False) for run in runs)
        reasons = next((run["reasons"] for run in runs if run.get("reasons")), [])
        figures = [_number(worst_of(runs, "error")), _number(median_of(runs, "estimate"))]
        rows.append([trap["title"], *figures, f"{trusted} of {len(runs)}", str(wrong), "; ".join(reasons)])
    header = ["trap", "RMS error, worst seed", "estimate", "trusted", "trusted and wrong", "why refused"]
    solved = sum(is_solved(trap["runs"]) for trap in record["traps"].values())
    return markdown(header, rows) + f"\nSolved to 1 % and trusted from every seed: {solved} of {len(rows)}.\n"


def is_solved(runs: list[dict[str, Any]]) -> bool:
    """Tell whether a trap is right and trusted from every seed."""
    return all(run["trusted"] and run["error"] <= SOLVED for run in runs)


def certificates_summary(record: dict[str, Any]) -> str:
    """Return what certificates said about all runs of the file, good and bad."""
    groups: dict[str, list[dict[str, Any]]] = {"defaults": [], "40 steps, one start": [], "10 steps, one start": []}
    for section in ("cases", "traps"):
        for known in record.get(section, {}).values():
            groups["defaults"] += known["runs"]
    for known in record.get("certificates", {}).values():
        for run in known["runs"]:
            groups[f"{run['steps']} steps, one start"].append(run)
    groups["all"] = [run for runs in groups.values() for run in runs]
    rows = [_certified(label, [run for run in runs if "failed" not in run]) for label, runs in groups.items() if runs]
    header = ["trained", "runs", "trusted", "trusted and wrong", f"below {GOOD:g}", "of these trusted"]
    return markdown([*header, "estimate / error", f"of these in {RATIO[0]:g} to {RATIO[1]:g}"], rows)


def _certified(label: str, runs: list[dict[str, Any]]) -> list[str]:
    good = [run for run in runs if run["error"] <= GOOD]
    ratios = sorted(run["estimate"] / run["error"] for run in runs)
    within = sum(RATIO[0] <= ratio <= RATIO[1] for ratio in ratios)
    return [
        label,
        str(len(runs)),
        str(sum(run["trusted"] for run in runs)),
        str(sum(run["trusted_and_wrong"] for run in runs)),
        str(len(good)),
        _share(sum(run["trusted"] for run in good), len(good)),
        f"{ratios[0]:.2g} to {ratios[-1]:.2g}" if ratios else "",
        _share(within, len(ratios)),
    ]


def to_the_same_error(found: list[dict[str, Any]], error: float) -> tuple[dict[str, Any], bool]:
    """Return the cheapest run of a peer that is as good as ``error``, or its best one, and whether there is such."""
    as_good = [run for run in found if run["error"] <= error]
    if as_good:
        return min(as_good, key=lambda run: run["cpu"]), True
    return min(found, key=lambda run: run["error"]), False


def peers_table(record: dict[str, Any]) -> str:
    """Return the processor seconds of nbm and of finite elements to the same error, or to their best."""
    rows = []
    for name, found in record["peers"].items():
        if name not in record["cases"]:
            continue
        case = record["cases"][name]
        error, own = median_of(case["runs"], "error"), median_of(case["runs"], "cpu")
        run, is_as_good = to_the_same_error(found, error)
        how = f"order {run['order']}, {run['unknowns']} unknowns" + ("" if is_as_good else ", at its best")
        ratio = f"{run['cpu'] / own:.2g}" if is_as_good else "not reached"
        rows.append(
            [case["title"], _number(error), f"{own:.1f}", _number(run["error"]), f"{run['cpu']:.1f}", ratio, how]
        )
    header = ["case", "nbm, RMS error", "processor s", "NGSolve, RMS error", "processor s", "NGSolve / nbm", "by"]
    return markdown(header, rows)


def readme_table(record: dict[str, Any]) -> str:
    """Return the table of README.md: medians of the seeds, and finite elements where they were measured."""
    rows = []
    for name, case in record["cases"].items():
        runs, grid = case["runs"], case["grid"]
        error = median_of(runs, "error")
        row = [case["title"], _number(error), f"{median_of(runs, 'cpu'):.1f}"]
        row += [f"{sum(run['trusted'] for run in runs)} of {len(runs)}", f"{median_of(runs, 'estimate') / error:.1f}"]
        row += ["fails" if "failed" in grid else _number(grid["error"])]
        found = record.get("peers", {}).get(name)
        if found:
            run, is_as_good = to_the_same_error(found, error)
            row += [f"{run['cpu']:.1f}" if is_as_good else f"{_number(run['error'])} in {run['cpu']:.1f}"]
        rows.append([*row, ""] if not found else row)
    header = [
        "case",
        "RMS error",
        "processor s",
        "trusted",
        "estimate / error",
        "classical, 64³",
        "NGSolve, processor s",
    ]
    return markdown(header, rows)


def into_readme(text: str, record: dict[str, Any]) -> str:
    """Return README.md with the table between its markers made anew."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    machine = record["machine"]
    intro = f"Measured on {machine['cores']} cores of an {machine['processor']}, {machine['simd']}.\n\n"
    return before + BEGIN + "\n" + intro + readme_table(record) + END + after


def whole(record: dict[str, Any]) -> str:
    """Return results/problems.md."""
    machine = record["machine"]
    text = f"{machine['processor']}, {machine['threads']} threads, {machine['simd']}. "
    text += "Errors: RMS over the largest |u|, at random points. Seconds of the wall and of the processors together.\n"
    for title, name, table in (
        ("Cases", "cases", cases_table),
        ("Corrected on finer grids: solution.correct(problem, cells)", "finer", finer_table),
        ("The same problem in other units", "units", units_table),
        ("Traps: errors over the standard deviation of u", "traps", traps_table),
        ("Certificates", "certificates", certificates_summary),
        ("Finite elements to the same error", "peers", peers_table),
    ):
        if record.get(name):
            text += f"\n## {title}\n\n" + table(record) + _measured_at(record, name)
    return text


def _measured_at(record: dict[str, Any], section: str) -> str:
    """Return which commits the results of a section are of."""
    commits: dict[str, list[str]] = {}
    for name, commit in record.get("commits", {}).get(section, {}).items():
        commits.setdefault(commit, []).append(name)
    if not commits:
        return ""
    parts = [commit if len(commits) == 1 else f"{commit} ({', '.join(names)})" for commit, names in commits.items()]
    return f"\nCommits measured: {'; '.join(parts)}.\n"


def _number(value: float) -> str:
    return f"{value:.1e}" if math.isfinite(value) else "fails"


def _share(count: int, of: int) -> str:
    return f"{count} of {of} ({100 * count / of:.0f} %)" if of else ""
