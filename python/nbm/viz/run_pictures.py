"""The pictures of a run folder, drawn once and kept in ``pictures/``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbm
from nbm.errors import FileError, InvalidArgument, NbmError
from nbm.run import Run, read_json, read_metrics
from nbm.toml_problem import read_problem
from nbm.viz.curves import plot_history
from nbm.viz.maps import plot_maps
from nbm.viz.volume import plot_field

__all__ = ["KINDS", "RunContents", "draw_pictures", "read_run"]


@dataclass(frozen=True, kw_only=True)
class RunContents:
    """What a run folder holds, read.

    Attributes:
        run: The folder.
        settings: Of the command line.
        records: Of training.
        solution: The model.
        problem: The problem, or None where it cannot be stated again.
        problem_fault: Why not.
    """

    run: Run
    settings: dict[str, Any]
    records: list[Any]
    solution: nbm.Solution
    problem: nbm.Problem | None
    problem_fault: str | None


def read_run(folder: Path) -> RunContents:
    """Read a finished run.

    Raises:
        FileError: the folder holds no finished run, or a file of it is damaged.
    """
    run = Run(folder)
    settings = read_json(run.settings)
    if not run.model.exists():
        raise FileError(
            f"{folder}: the run is not finished, there is no model; nbm solve --resume goes on", str(folder)
        )
    problem, fault = None, None
    try:
        # Files that the problem names lie beside the file that was solved.
        problem = read_problem(run.problem_file, folder=Path(settings.get("source", ".")).parent).problem()
    except NbmError as error:
        fault = str(error)
    level_set = None if problem is None else problem.level_set
    try:
        solution = nbm.load(run.model)
    except FileError:  # a level set that no file can hold
        if level_set is None:
            raise
        solution = nbm.load(run.model, level_set=level_set)
    return RunContents(
        run=run,
        settings=settings,
        records=read_metrics(run.metrics),
        solution=solution,
        problem=problem,
        problem_fault=fault,
    )


def _field(contents: RunContents, path: Path, options: dict[str, Any]) -> None:
    plot_field(contents.solution, path, problem=contents.problem, **options)


def _maps(contents: RunContents, path: Path, options: dict[str, Any]) -> None:
    plot_maps(contents.solution, path, problem=contents.problem)


def _history(contents: RunContents, path: Path, options: dict[str, Any]) -> None:
    plot_history(contents.records, path)


KINDS: dict[str, Callable[[RunContents, Path, dict[str, Any]], None]] = {
    "field": _field,
    "maps": _maps,
    "history": _history,
}


def draw_pictures(
    contents: RunContents, kinds: tuple[str, ...] = tuple(KINDS), *, again: bool = True, **options: Any
) -> list[Path]:
    """Draw pictures of a run into its folder ``pictures`` and return them.

    Args:
        contents: The run.
        kinds: Any of "field", "maps", "history".
        again: Also those that are there.
        options: Of :func:`nbm.viz.plot_field`.

    Raises:
        BackendUnavailable: the packages that draw are missing.
        InvalidArgument: no such kind, or an option that cannot be used.
    """
    folder = contents.run.folder / "pictures"
    folder.mkdir(exist_ok=True)
    drawn = []
    for kind in kinds:
        if kind not in KINDS:
            raise InvalidArgument(f"kind: got {kind!r}, expected one of {', '.join(KINDS)}", "kind")
        if kind == "history" and not contents.records and len(kinds) > 1:
            continue  # nothing was trained
        path = folder / f"{kind}.png"
        if again or not path.exists():
            KINDS[kind](contents, path, options)
        drawn.append(path)
    return drawn
