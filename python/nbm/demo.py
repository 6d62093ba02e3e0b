"""``python -m nbm.demo``: solve the sphere problem of docs/method.md, section 11, and show how good the result is."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table

import nbm
from nbm.arrays import as_points
from nbm.error_norms import error_norms, low_discrepancy_points
from nbm.errors import BackendUnavailable
from nbm.progress import ProgressReport
from nbm.run import Progress

__all__ = ["main"]

_Name = Literal["bochkov_gibou", "direct_jump"]
_DISCRETIZATIONS: dict[_Name, str] = {"bochkov_gibou": "cut cells", "direct_jump": "direct jump"}
# Along the axis: for cut cells as published, for the direct jump as many as are its default.
_CELLS: dict[_Name, int] = {"bochkov_gibou": 64, "direct_jump": 4096}
# The same network, cut cells of the same size, 10 000 epochs of Adam (docs/method.md, section 10).
_PUBLISHED_LINF, _PUBLISHED_RMSE = 6.4e-2, 4.1e-3
_SECONDS = 5.0  # for nbm.solve: a demo is short
_ONE_START = nbm.GaussNewton(starts=1)  # three find no better networks for this problem


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; the result is the exit status."""
    parser = argparse.ArgumentParser(prog="python -m nbm.demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("demo"), help="folder for the results (default: demo)")
    folder: Path = parser.parse_args(arguments).out
    console = Console(soft_wrap=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        problem = nbm.problems.sphere()
        console.print(f"Sphere problem: nbm.solve(problem, seconds={_SECONDS:g}), which decides by itself")
        solution = nbm.solve(problem, seconds=_SECONDS)
        console.print(solution.summary(), highlight=False, markup=False)
        console.print("The method of the paper: two networks of 5 hidden layers of 10", highlight=False)
        runs = [_train(problem, name, console) for name in _DISCRETIZATIONS]
        console.print(_error_table(problem, solution, runs))
        for name, (trained, _) in zip(_DISCRETIZATIONS.values(), runs, strict=True):
            console.print(f"certificate, {name}: {trained.certify(problem).verdict}", highlight=False, markup=False)
        console.print(f"written to {folder}: {', '.join(_write(solution, folder, console))}", highlight=False)
        console.print("a problem of your own: docs/tutorial.md", highlight=False)
    except (nbm.NbmError, OSError) as error:
        print(f"nbm: {error}", file=sys.stderr)
        return 1
    return 0


def _train(problem: nbm.ManufacturedProblem, discretization: _Name, console: Console) -> tuple[nbm.Solution, float]:
    """Train with the defaults of the library, from one start; return the solution and the seconds that it took."""
    console.print(f"training, {_DISCRETIZATIONS[discretization]}")
    lower, upper = as_points([problem.box.lower, problem.box.upper])
    points = low_discrepancy_points(lower, upper, 2000)
    exact = problem.exact(points)
    with ProgressReport(console) as report:

        def show(record: nbm.Record) -> None:
            error = error_norms(trainer.solution()(points), exact, points).rmse
            report(Progress(**{**asdict(record), "step": record.step + 1}, error=error))

        trainer = nbm.Trainer(
            problem,
            cell_size=2 / _CELLS[discretization],
            discretization=discretization,
            optimizer=_ONE_START,
            callback=show,
        )
        started = time.monotonic()
        trainer.run()
        seconds = time.monotonic() - started
    return trainer.solution(), seconds


def _error_table(
    problem: nbm.ManufacturedProblem, solution: nbm.Solution, runs: list[tuple[nbm.Solution, float]]
) -> Table:
    errors = [one.error(problem) for one in (solution, *(trained for trained, _ in runs))]
    seconds = [0.0 if solution.report is None else solution.report.seconds, *(seconds for _, seconds in runs)]
    title = f"Error of u at {errors[0].points} points of both sides that training did not see"
    table = Table(title=title, title_justify="left")
    table.add_column("", no_wrap=True)
    for name in ("nbm.solve", *(f"networks: {name}" for name in _DISCRETIZATIONS.values())):
        table.add_column(name, justify="right")
    table.add_column("Mistani et al. 2022", justify="right")
    table.add_row("cell size", "", *(f"2/{cells}" for cells in _CELLS.values()), f"2/{_CELLS['bochkov_gibou']}")
    table.add_row("largest error", *(f"{error.linf:.1e}" for error in errors), f"{_PUBLISHED_LINF:.1e}")
    table.add_row("RMS error", *(f"{error.rmse:.1e}" for error in errors), f"{_PUBLISHED_RMSE:.1e}")
    table.add_row("largest / max |u|", *(f"{error.relative_linf:.1e}" for error in errors), "")
    table.add_row("seconds", *(f"{taken:.1f}" for taken in seconds), "")
    return table


def _write(solution: nbm.Solution, folder: Path, console: Console) -> list[str]:
    """Write model, VTK file and, where matplotlib is installed, a picture; return their names."""
    names = ["sphere.safetensors", "solution.vti"]
    solution.save(folder / names[0])
    solution.to_vtk(folder / names[1])
    try:
        solution.plot_slice(folder / "slice.png")
        names.append("slice.png")
    except BackendUnavailable as error:
        console.print(f"no picture: {error}", highlight=False, markup=False)
    return names


if __name__ == "__main__":
    sys.exit(main())
