"""Run folders: what ``nbm solve`` leaves behind, and how it trains. Every call of the training API is in this file.

A run folder holds ``problem.toml`` (a copy), ``settings.json`` (what the command line and the machine added),
``metrics.jsonl`` (one line a record), ``checkpoint.safetensors``, and when done ``model.safetensors``,
``summary.json``, ``solution.vti`` and ``slice.png``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import nbm
from nbm.error_norms import ErrorNorms, low_discrepancy_points
from nbm.errors import BackendUnavailable, FileError
from nbm.toml_problem import TomlProblem, read_problem
from nbm.vtk_image import write_atomically

__all__ = ["Progress", "Run", "Summary", "read_json", "read_metrics", "solve_file"]

_CHECKPOINT_SECONDS = 60.0
_ERROR_POINTS = 2000


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One record of training, as shown and as kept in ``metrics.jsonl``.

    ``groups`` are mean squared residuals; ``error`` is the RMSE to the exact solution where that is known.
    """

    step: int
    steps: int
    loss: float
    groups: dict[str, float]
    learning_rate: float
    seconds: float
    points_per_second: float
    error: float | None = None


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How a run ended."""

    stop_reason: str | None
    seconds: float
    step: int
    loss: float | None
    error: ErrorNorms | None
    files: tuple[str, ...]


class Run:
    """A run folder.

    Attributes:
        folder: Where it is.
    """

    def __init__(self, folder: Path) -> None:
        """Name a folder; nothing is read or written yet."""
        self.folder = folder
        self.problem_file = folder / "problem.toml"
        self.settings = folder / "settings.json"
        self.metrics = folder / "metrics.jsonl"
        self.checkpoint = folder / "checkpoint.safetensors"
        self.model = folder / "model.safetensors"
        self.summary = folder / "summary.json"
        self.vtk = folder / "solution.vti"
        self.picture = folder / "slice.png"

    def begin(self, source: TomlProblem, settings: dict[str, Any]) -> None:
        """Make the folder for a new run. ``FileError`` if it holds one already."""
        if self.problem_file.exists():
            message = f"{self.folder}: holds a run already; pass --resume to go on or --out another"
            raise FileError(message, str(self.folder))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"{self.folder}: cannot be created: {error.strerror}", str(self.folder)) from error
        write_atomically(self.settings, (json.dumps(settings, indent=2) + "\n").encode())
        write_atomically(self.problem_file, source.text.encode())

    def check_resumable(self, source: TomlProblem) -> None:
        """Raise ``FileError`` unless the folder has a checkpoint of the same problem file."""
        if not self.checkpoint.exists():
            raise FileError(f"{self.folder}: no checkpoint to resume from; run without --resume", str(self.folder))
        if _text(self.problem_file) != source.text:
            message = f"{self.folder}: the run there is of another problem file than {source.path}"
            raise FileError(message, str(self.folder))


def solve_file(
    path: Path,
    *,
    out: Path | None = None,
    device: str | None = None,
    resume: bool = False,
    seed: int | None = None,
    threads: int | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> tuple[Run, Summary]:
    """Train the problem of a TOML file and leave a run folder.

    Args:
        path: The problem file.
        out: The folder; by default ``runs/<name of the file>``.
        device: Instead of the file's.
        resume: Go on from the folder's checkpoint.
        seed: Instead of the file's.
        threads: Instead of the file's.
        report: Called with each record.

    Raises:
        ProblemFileError: the file is not a problem.
        FileError: the folder cannot be used.
        KeyboardInterrupt: as it came, after a checkpoint.
    """
    source = read_problem(path)
    run = Run(out if out is not None else Path("runs") / path.stem)
    overrides = {"device": device, "seed": seed, "threads": threads}
    given = {name: value for name, value in overrides.items() if value is not None}
    problem = source.problem()
    options = {**source.options(), **given}
    if resume:
        run.check_resumable(source)
    else:
        run.begin(source, {"nbm": nbm.__version__, "source": str(path), "options": given})
    started = time.monotonic()
    with open(run.metrics, "a" if resume else "w", encoding="utf-8") as metrics:
        recorder = _Recorder(run, problem, metrics, report)
        trainer = _trainer(problem, options, recorder, run.checkpoint if resume else None)
        recorder.trainer = trainer
        try:
            trainer.run()
        finally:
            trainer.save_checkpoint(run.checkpoint)
    return run, _finish(run, source, problem, trainer.solution(), recorder.last, time.monotonic() - started)


def _trainer(problem: Any, options: dict[str, Any], callback: Callable[[Any], bool], checkpoint: Path | None) -> Any:
    trainer = nbm.Trainer(problem, **options, callback=callback)
    if checkpoint is not None:
        trainer.load_checkpoint(checkpoint)
    return trainer


class _Recorder:
    """The training callback: metrics to the file, progress to the caller, a checkpoint each minute."""

    def __init__(self, run: Run, problem: Any, metrics: TextIO, report: Callable[[Progress], None]) -> None:
        self.trainer: Any = None
        self.last: Progress | None = None
        self._run = run
        self._metrics = metrics
        self._report = report
        self._saved = time.monotonic()
        self._exact: Any = None
        if hasattr(problem, "exact"):
            lower, upper = nbm.arrays.as_points([problem.box.lower, problem.box.upper])
            self._points = low_discrepancy_points(lower, upper, _ERROR_POINTS)
            self._exact = problem.exact(self._points)

    def __call__(self, entry: Any) -> bool:
        names = ("step", "steps", "loss", "groups", "learning_rate", "seconds", "points_per_second")
        progress = Progress(**{name: getattr(entry, name) for name in names}, error=self._error())
        self.last = progress
        self._metrics.write(json.dumps(asdict(progress)) + "\n")
        self._metrics.flush()
        self._report(progress)
        if time.monotonic() - self._saved > _CHECKPOINT_SECONDS:
            self.trainer.save_checkpoint(self._run.checkpoint)
            self._saved = time.monotonic()
        return False

    def _error(self) -> float | None:
        if self._exact is None:
            return None
        return nbm.error_norms.error_norms(self.trainer.solution()(self._points), self._exact, self._points).rmse


def _finish(
    run: Run, source: TomlProblem, problem: Any, solution: nbm.Solution, last: Progress | None, seconds: float
) -> Summary:
    solution.info = {**solution.info, "problem": source.text}
    solution.save(run.model)
    output = source.sections.output
    files = [run.model]
    if output.vtk:
        solution.to_vtk(run.vtk, shape=output.shape, fields=output.fields)
        files.append(run.vtk)
    if output.picture:
        try:
            solution.plot_slice(run.picture, axis=output.axis, position=output.position)
            files.append(run.picture)
        except BackendUnavailable:
            pass  # the run is complete without; `nbm doctor` says what pictures need
    summary = Summary(
        stop_reason=str(solution.stop_reason) if solution.stop_reason is not None else None,
        seconds=seconds,
        step=last.step if last is not None else 0,
        loss=last.loss if last is not None else None,
        error=solution.error(problem) if hasattr(problem, "exact") else None,
        files=tuple(file.name for file in files),
    )
    write_atomically(run.summary, (json.dumps(asdict(summary), indent=2) + "\n").encode())
    return summary


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file. ``FileError`` when it is missing or damaged."""
    try:
        value = json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise FileError(f"{path}: damaged: {error}", str(path)) from error
    if not isinstance(value, dict):
        raise FileError(f"{path}: damaged: expected a JSON object", str(path))
    return value


def read_metrics(path: Path) -> list[Progress]:
    """Return the records of a run; a last line that was cut off is left out. ``FileError`` when there is no file."""
    records: list[Progress] = []
    for line in _text(path).splitlines():
        try:
            records.append(Progress(**json.loads(line)))
        except (json.JSONDecodeError, TypeError):
            break
    return records


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{path}: cannot be read: {error}", str(path)) from error
