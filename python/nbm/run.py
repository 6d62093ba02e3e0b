"""Run folders: what ``nbm solve`` leaves behind, and how it trains. Every call of the training API is in this file.

A run folder holds ``problem.toml`` (a copy), ``settings.json`` (what the command line and the machine added),
``metrics.jsonl`` (one line a record), ``checkpoint.safetensors``, and when done ``model.safetensors``,
``summary.json``, ``solution.vti`` and ``slice.png``.
"""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import nbm
from nbm.arrays import as_points
from nbm.error_norms import ErrorNorms, error_norms, low_discrepancy_points
from nbm.errors import BackendUnavailable, FileError
from nbm.records import Record
from nbm.toml_problem import TomlProblem, read_problem
from nbm.vtk_image import write_atomically

__all__ = ["Progress", "Run", "Summary", "read_json", "read_metrics", "read_summary", "solve_file"]

_FIRST_CHECKPOINT_SECONDS = 2.0  # after the start of training
_CHECKPOINT_SECONDS = 60.0  # from one to the next, at most
_CHECKPOINT_SHARE = 0.1  # of the steps from one to the next, at most
_ERROR_POINTS = 2000
_FINISHED = ("completed", "converged", "plateau")


@dataclass(frozen=True, kw_only=True)
class Progress(Record):
    """A record as shown and as kept in ``metrics.jsonl``, with ``step`` the number of steps done.

    Attributes:
        error: The RMSE to the exact solution where that is known.
    """

    error: float | None = None


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How a run ended; ``seconds`` of training, all parts of a resumed run together."""

    stop_reason: str | None
    seconds: float
    step: int
    loss: float | None
    error: ErrorNorms | None
    verdict: str  # of the certificate
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
        self.lock = folder / "lock"
        self.vtk = folder / "solution.vti"
        self.picture = folder / "slice.png"

    def check_free(self) -> None:
        """Raise ``FileError`` if the folder holds a run already."""
        if self.checkpoint.exists() or self.model.exists():
            message = f"{self.folder}: holds a run already; pass --resume to go on or --out another"
            raise FileError(message, str(self.folder))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out of the folder; ``FileError`` where one is at work in it.

        The lock is the system's: it ends with its process, however that ends.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = open(self.lock, "w")  # noqa: SIM115 - closed below
        except OSError as error:
            message = f"{self.folder}: cannot be created or written to: {error.strerror}"
            raise FileError(message, str(self.folder)) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                message = f"{self.folder}: another nbm solve is at work there; wait for it or pass --out another"
                raise FileError(message, str(self.folder)) from error
            except OSError:
                pass  # a file system without locks
            yield

    def begin(self, source: TomlProblem, settings: dict[str, Any]) -> None:
        """Write what the run is about."""
        write_atomically(self.settings, (json.dumps(settings, indent=2) + "\n").encode())
        write_atomically(self.problem_file, source.text.encode())
        write_atomically(self.metrics, b"")

    def forget_after(self, step: int) -> None:
        """Drop what was recorded after a checkpoint of ``step`` steps, which will be recorded again."""
        if self.metrics.exists():
            kept = [record for record in read_metrics(self.metrics) if record.step <= step]
            write_atomically(self.metrics, "".join(_line_of(record) for record in kept).encode())

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
    if resume:
        run.check_resumable(source)
        given = {**read_json(run.settings).get("options", {}), **given}
    else:
        run.check_free()
    problem = source.problem()
    recorder = _Recorder(run, problem, report)
    trainer = nbm.Trainer(problem, **{**source.options(), **given}, callback=recorder)
    with run.locked():
        if resume:
            trainer.load_checkpoint(run.checkpoint)
            if trainer.stop_reason in _FINISHED and run.summary.exists() and run.model.exists():
                return run, read_summary(run.summary)
            run.forget_after(trainer.steps_done)
        else:
            run.check_free()  # nobody came in between
            run.begin(source, {"nbm": nbm.__version__, "source": str(source.path), "options": given})
        _train(run, trainer, recorder)
        return run, _finish(run, source, problem, trainer, recorder)


def _train(run: Run, trainer: nbm.Trainer, recorder: _Recorder) -> None:
    try:
        with open(run.metrics, "a", encoding="utf-8") as metrics:
            recorder.start(trainer, metrics)
            try:
                trainer.run()
            finally:
                trainer.save_checkpoint(run.checkpoint)
    except FileError:
        raise
    except OSError as error:  # of the metrics
        raise FileError(f"{run.metrics}: cannot be written: {error.strerror}", str(run.metrics)) from error


class _Recorder:
    """The training callback: metrics to the file, progress to the caller, checkpoints on the way."""

    def __init__(self, run: Run, problem: nbm.Problem, report: Callable[[Progress], None]) -> None:
        self.last: Progress | None = None
        self._run = run
        self._report = report
        self._exact: Any = None
        if isinstance(problem, nbm.ManufacturedProblem):
            lower, upper = as_points([problem.box.lower, problem.box.upper])
            self._points = low_discrepancy_points(lower, upper, _ERROR_POINTS)
            self._exact = problem.exact(self._points)

    def start(self, trainer: nbm.Trainer, metrics: TextIO) -> None:
        """Record what this trainer does in this file."""
        self._trainer = trainer
        self._metrics = metrics
        self._due = time.monotonic() + _FIRST_CHECKPOINT_SECONDS
        self._saved_step = trainer.steps_done
        if trainer.history:  # of the parts before
            self.last = self._progress(trainer.history[-1])

    def _progress(self, record: nbm.Record) -> Progress:
        return Progress(**{**asdict(record), "step": record.step + 1}, error=self._error())

    def __call__(self, record: nbm.Record) -> bool:
        progress = self._progress(record)
        self.last = progress
        self._metrics.write(_line_of(progress))
        self._metrics.flush()
        self._report(progress)
        share = (progress.step - self._saved_step) / progress.steps
        if time.monotonic() > self._due or share >= _CHECKPOINT_SHARE:
            self._trainer.save_checkpoint(self._run.checkpoint)
            self._due = time.monotonic() + _CHECKPOINT_SECONDS
            self._saved_step = progress.step
        return False

    def _error(self) -> float | None:
        if self._exact is None:
            return None
        return error_norms(self._trainer.solution()(self._points), self._exact, self._points).rmse


def _finish(run: Run, source: TomlProblem, problem: nbm.Problem, trainer: nbm.Trainer, recorder: _Recorder) -> Summary:
    last = recorder.last
    solution = trainer.solution()
    solution.info = {**solution.info, "problem": source.text, "problem_digest": problem.digest()}
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
    near = last.cell_size if last is not None else None
    summary = Summary(
        stop_reason=solution.stop_reason,
        seconds=last.seconds if last is not None else 0.0,
        step=trainer.steps_done,
        loss=last.loss if last is not None else None,
        error=solution.error(problem, near=near) if isinstance(problem, nbm.ManufacturedProblem) else None,
        verdict=solution.certify(problem).verdict,
        files=tuple(file.name for file in files),
    )
    write_atomically(run.summary, (json.dumps(asdict(summary), indent=2) + "\n").encode())
    return summary


def _line_of(progress: Progress) -> str:
    return json.dumps(asdict(progress)) + "\n"


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file. ``FileError`` when it is missing or damaged."""
    try:
        value = json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise FileError(f"{path}: damaged: {error}", str(path)) from error
    if not isinstance(value, dict):
        raise FileError(f"{path}: damaged: expected a JSON object", str(path))
    return value


def read_summary(path: Path) -> Summary:
    """Return how a finished run ended. ``FileError`` when its file is missing or damaged."""
    given = read_json(path)
    try:
        error = None if given["error"] is None else ErrorNorms(**given["error"])
        return Summary(**{**given, "error": error, "files": tuple(given["files"])})
    except (KeyError, TypeError) as error:
        raise FileError(f"{path}: damaged: {error}", str(path)) from error


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
