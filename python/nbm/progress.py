"""Progress of a run: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from nbm.run import Progress

__all__ = ["ProgressReport", "describe"]

_SECONDS_BETWEEN_LINES = 5.0


def describe(progress: Progress) -> str:
    """Return loss, error and speed of a record in one short line."""
    error = f"  error {progress.error:.1e}" if progress.error is not None else ""
    return f"loss {progress.loss:.1e}{error}  {_with_unit(progress.points_per_second)} points/s"


class ProgressReport:
    """A context in which records are shown on a console."""

    def __init__(self, console: Console) -> None:
        """Choose the bar where the console is a terminal, else lines."""
        self._console = console
        self._bar = _make_bar(console) if console.is_terminal else None
        self._task: TaskID | None = None
        self._shown = -_SECONDS_BETWEEN_LINES

    def __enter__(self) -> ProgressReport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        """Show a record; without a terminal at most one line in five seconds, and the last."""
        if self._bar is not None:
            if self._task is None:  # only now: where nothing is trained there is no bar
                self._bar.start()
                self._task = self._bar.add_task("training", total=None, state="")
            self._bar.update(self._task, completed=progress.step, total=progress.steps, state=describe(progress))
        elif progress.seconds - self._shown >= _SECONDS_BETWEEN_LINES or progress.step == progress.steps:
            self._shown = progress.seconds
            left = progress.seconds * (progress.steps - progress.step) / max(progress.step, 1)
            line = f"step {progress.step}/{progress.steps}  {describe(progress)}  {left:.0f} s left"
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def _make_bar(console: Console) -> Bar:
    return Bar(
        BarColumn(bar_width=12),
        MofNCompleteColumn(),
        TextColumn("{task.fields[state]}"),
        TimeRemainingColumn(compact=True),
        console=console,
    )


def _with_unit(number: float) -> str:
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number:.0f}"
