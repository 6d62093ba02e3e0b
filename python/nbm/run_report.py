"""What run folders say, as lines of text: the list of runs, the losses of one, its curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from nbm.errors import FileError
from nbm.optimizers import GaussNewton
from nbm.run import Progress, Run, read_json, read_metrics
from nbm.toml_problem import read_problem
from nbm.training_options import TrainingOptions

__all__ = ["curve_lines", "is_run", "list_lines", "loss_lines"]

_LINES_SHOWN = 12
_CURVE_WIDTH, _CURVE_HEIGHT = 64, 8


def is_run(folder: Path) -> bool:
    """Whether a folder is that of a run, and not one of runs."""
    return Run(folder).settings.exists()


def list_lines(folder: Path) -> list[str]:
    """Return a line for each run in a folder. ``FileError`` where there is none."""
    runs = sorted(path.parent for path in folder.glob("*/settings.json")) if folder.is_dir() else []
    if not runs:
        raise FileError(f"{folder}: no run and no folder of runs", str(folder))
    width = max(len(run.name) for run in runs)
    lines = [f"{'run':<{width}}  {'state':<11} {'steps':>13} {'loss':>9} {'RMSE':>9} {'seconds':>8}  verdict"]
    return lines + [f"{path.name:<{width}}  {_state_line(Run(path))}" for path in runs]


def _state_line(run: Run) -> str:
    records = read_metrics(run.metrics) if run.metrics.exists() else []
    last = records[-1] if records else None
    summary = read_json(run.summary) if run.summary.exists() else {}
    state = str(summary.get("stop_reason") or "done") if summary else "unfinished"
    rmse = (summary.get("error") or {}).get("rmse") if last is None else last.error
    seconds = summary.get("seconds", 0.0) if last is None else last.seconds
    decided = f"{state[:35]:<35}"
    how = decided if last is None else f"{state:<11} {last.step:>6}/{last.steps:<6} {last.loss:9.2e}"
    error = f"{rmse:9.2e}" if rmse is not None else " " * 9
    return f"{how} {error} {seconds:8.1f}  {str(summary.get('verdict') or '')[:40]}".rstrip()


def loss_lines(run: Run) -> list[str]:
    """Return a table of the losses on the way, with the random starts of Gauss-Newton marked."""
    records = read_metrics(run.metrics)
    if not records:
        return ["nothing recorded"]
    names = list(records[-1].groups)
    starts = _starts(run)
    lines = [
        "loss: weighted sum of the mean squares of all groups; groups: RMS of their residuals over the diagonal, in",
        "units of u; error: RMSE against the exact solution, in units of u, where that is known",
        f"{'step':>7} {'seconds':>8} {'loss':>9}" + "".join(f"{name:>12}" for name in names) + f"{'error':>10}  start",
    ]
    every = max(1, -(-len(records) // _LINES_SHOWN))
    for record in records[:-1][::every] + records[-1:]:
        groups = "".join(f"{math.sqrt(record.groups.get(name, math.nan)):12.2e}" for name in names)
        error = f"{record.error:10.2e}" if record.error is not None else " " * 10
        start = _start_of(record.step, starts)
        lines.append(f"{record.step:>7} {record.seconds:8.1f} {record.loss:9.2e}{groups}{error}  {start}".rstrip())
    return lines


def curve_lines(records: Sequence[Progress]) -> list[str]:
    """Return the loss over the steps as a picture of text, in powers of ten; nothing where there is no fall to see."""
    points = [(record.step, math.log10(record.loss)) for record in records if record.loss > 0]
    if len(points) < 3:
        return []
    low, high = math.floor(min(y for _, y in points)), math.ceil(max(y for _, y in points))
    high = max(high, low + 1)
    rows = [[" "] * _CURVE_WIDTH for _ in range(_CURVE_HEIGHT)]
    first, last = points[0][0], points[-1][0]
    for step, level in points:
        column = round((step - first) / max(last - first, 1) * (_CURVE_WIDTH - 1))
        row = round((high - level) / (high - low) * (_CURVE_HEIGHT - 1))
        rows[row][column] = "*"
    labels = {0: f"1e{high:+03d}", _CURVE_HEIGHT - 1: f"1e{low:+03d}"}
    lines = [f"{labels.get(i, ''):>6} |{''.join(row).rstrip()}" for i, row in enumerate(rows)]
    middle = _CURVE_WIDTH - len(str(first)) - len(str(last))
    return ["  loss", *lines, f"{'':>6} +{'-' * _CURVE_WIDTH}", f"{'':>8}{first}{'steps':^{middle}}{last}"]


def _starts(run: Run) -> tuple[int, int]:
    """Return the number of random starts and the steps of each; (1, 0) for a single one."""
    try:
        options = TrainingOptions(**read_problem(run.problem_file).options())
    except FileError:
        return 1, 0
    optimizer = options.chosen_optimizer()
    return (optimizer.starts, optimizer.start_steps) if isinstance(optimizer, GaussNewton) else (1, 0)


def _start_of(step: int, starts: tuple[int, int]) -> str:
    count, steps = starts
    if count == 1:
        return ""
    number = (step - 1) // steps + 1
    return f"{number} of {count}" if number <= count else "the best goes on"
