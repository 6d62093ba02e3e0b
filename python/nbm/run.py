"""Run folders: what ``nbm solve`` leaves behind, written and read.

A run folder holds ``problem.toml`` (a copy), ``settings.json`` (what the command line and the machine added),
``metrics.jsonl`` (one line a record of training), ``checkpoint.safetensors`` of a training, and when done
``model.safetensors``, ``summary.json``, ``solution.vti`` and ``slice.png``.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbm.certificate import Certificate
from nbm.error_norms import ErrorNorms
from nbm.errors import FileError
from nbm.records import Record
from nbm.solve_report import Attempt, SolveReport
from nbm.strict_json import as_json, with_nan
from nbm.vtk_image import write_atomically

if TYPE_CHECKING:
    from nbm.toml_problem import TomlProblem

__all__ = ["Progress", "Run", "Summary", "line_of_progress", "read_json", "read_metrics", "read_summary"]


@dataclass(frozen=True, kw_only=True)
class Progress(Record):
    """A record as shown and as kept in ``metrics.jsonl``, with ``step`` the number of steps done.

    Attributes:
        error: The RMSE to the exact solution where that is known.
    """

    error: float | None = None


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How a run ended, as kept in ``summary.json``.

    Attributes:
        stop_reason: Why training ended, or what :func:`nbm.solve` chose where it decided by itself.
        seconds: Of training, all parts of a resumed run together; or of everything that was tried.
        step: Steps trained.
        loss: The last one; None where nothing was trained.
        error: Against the exact solution where that is known.
        verdict: Of the certificate, one line.
        trusted: The same in one word.
        certificate: All of it.
        attempts: What :func:`nbm.solve` tried; none where networks were trained.
        chosen: Which of them was taken.
        files: In the folder.
    """

    stop_reason: str | None
    seconds: float
    step: int
    loss: float | None
    error: ErrorNorms | None
    verdict: str
    trusted: bool
    certificate: Certificate
    attempts: tuple[Attempt, ...] = ()
    chosen: int = 0
    files: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return what a person wants to know, from how it ended to the certificate."""
        if self.attempts:
            tried = SolveReport(
                attempts=self.attempts, chosen=self.chosen, seconds=self.seconds, certificate=self.certificate
            )
            lines = str(tried).splitlines()
            lines += ["", *str(self.certificate).splitlines()[:-1]]  # the verdict stands above
        else:
            lines = [f"{self.stop_reason or 'done'} after {self.step} steps in {self.seconds:.1f} s"]
            lines += [f"certificate: {self.verdict}"]
        return lines + ([] if self.error is None else [f"error: {self.error}"])

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        write_atomically(path, (as_json(asdict(self), indent=2) + "\n").encode())


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

    def is_finished(self) -> bool:
        """Whether the run came to its end."""
        return self.summary.exists() and self.model.exists()

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
        write_atomically(self.settings, (as_json(settings, indent=2) + "\n").encode())
        write_atomically(self.problem_file, source.text.encode())
        write_atomically(self.metrics, b"")

    def forget_after(self, step: int) -> None:
        """Drop what was recorded after a checkpoint of ``step`` steps, which will be recorded again."""
        if self.metrics.exists():
            kept = [record for record in read_metrics(self.metrics) if record.step <= step]
            write_atomically(self.metrics, "".join(line_of_progress(record) for record in kept).encode())

    def check_resumable(self, source: TomlProblem) -> None:
        """Raise ``FileError`` unless the folder has a run of the same problem file that can go on.

        A training goes on from its checkpoint; where :func:`nbm.solve` decides by itself, it begins again.
        """
        if not (self.checkpoint if source.trains() else self.settings).exists():
            raise FileError(f"{self.folder}: no checkpoint to resume from; run without --resume", str(self.folder))
        if _text(self.problem_file) != source.text:
            message = f"{self.folder}: the run there is of another problem file than {source.path}"
            raise FileError(message, str(self.folder))


def line_of_progress(progress: Progress) -> str:
    """Return a record as a line of ``metrics.jsonl``."""
    return as_json(asdict(progress)) + "\n"


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
        given["error"] = None if given["error"] is None else ErrorNorms(**with_nan(ErrorNorms, given["error"]))
        given["certificate"] = Certificate.from_dict(given["certificate"])
        given["attempts"] = tuple(Attempt(**with_nan(Attempt, attempt)) for attempt in given["attempts"])
        return Summary(**{**with_nan(Summary, given), "files": tuple(given["files"])})
    except (KeyError, TypeError, AttributeError) as error:
        raise FileError(f"{path}: damaged: {error}", str(path)) from error


def read_metrics(path: Path) -> list[Progress]:
    """Return the records of a run; a last line that was cut off is left out. ``FileError`` when there is no file."""
    records: list[Progress] = []
    for line in _text(path).splitlines():
        try:
            records.append(Progress(**with_nan(Progress, json.loads(line))))
        except (json.JSONDecodeError, TypeError):
            break
    return records


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{path}: cannot be read: {error}", str(path)) from error
