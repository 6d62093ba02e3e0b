"""Solutions in time: a series of steps that is kept, written, read and drawn."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, overload

from nbm.errors import FileError, InvalidArgument
from nbm.problem import Problem
from nbm.solution import Solution, load
from nbm.strict_json import as_json
from nbm.vtk_image import write_atomically

__all__ = ["Evolution", "Step"]

_INDEX = "series.json"


@dataclass(frozen=True)
class Step:
    """A solution and its time.

    Attributes:
        time: In the units of dt.
        solution: u then.
        problem: What the step solved, for ``solution.quantities(problem)`` and ``solution.certify(problem)``; None for
            a step that was loaded.
    """

    time: float
    solution: Solution
    problem: Problem | None = field(default=None, repr=False, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return Step, (self.time, self.solution)  # problems hold functions


class Evolution(Sequence[Step]):
    """The steps of :func:`nbm.evolve`, in order, without the initial state; a sequence of :class:`nbm.Step`.

    Attributes:
        scheme: "euler" or "bdf2".
        dt: Length of a step.
        start: Time of the initial state.
        digest: Of the problem at that time, as :meth:`nbm.Problem.digest`.
    """

    def __init__(self, scheme: str, dt: float, start: float, digest: str) -> None:
        """Begin an empty series; :func:`nbm.evolve` does that."""
        self.scheme = scheme
        self.dt = dt
        self.start = start
        self.digest = digest
        self._steps: list[Step] = []

    @property
    def times(self) -> list[float]:
        """Times of the steps."""
        return [step.time for step in self._steps]

    @property
    def last(self) -> Solution:
        """The solution of the last step."""
        if not self._steps:
            raise InvalidArgument("the series has no steps yet", "steps")
        return self._steps[-1].solution

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    @overload
    def __getitem__(self, index: int) -> Step: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Step]: ...

    def __getitem__(self, index: int | slice) -> Step | Sequence[Step]:
        return self._steps[index]

    def __repr__(self) -> str:
        until = f" until {self._steps[-1].time:g}" if self._steps else ""
        return f"Evolution({len(self)} steps of {self.dt:g} by {self.scheme}{until})"

    def time_of(self, step: int) -> float:
        """Return the time of a step, counted from 1."""
        return self.start + step * self.dt

    def add(self, solution: Solution, problem: Problem | None = None) -> None:
        """Append the solution of the next step, and what it solves."""
        self._steps.append(Step(self.time_of(len(self) + 1), solution, problem))

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write a model file for each step, and an index, into a folder, which is made. ``FileError`` if not."""
        for number in range(1, len(self) + 1):
            self.save_step(folder, number)

    def save_step(self, folder: str | os.PathLike[str], number: int) -> None:
        """Write one step, counted from 1, and the index of those up to it."""
        place = Path(folder)
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"{place}: cannot be made: {error.strerror}", str(place)) from error
        self._steps[number - 1].solution.save(place / _file_name(number))
        index = {name: getattr(self, name) for name in ("scheme", "dt", "start", "digest")} | {"steps": number}
        write_atomically(place / _INDEX, (as_json(index, indent=2) + "\n").encode())

    @classmethod
    def load(cls, folder: str | os.PathLike[str], *, level_set: Callable[[float], Any] | None = None) -> Evolution:
        """Read what :meth:`save` or ``nbm.evolve(folder=...)`` wrote.

        Args:
            folder: The folder.
            level_set: The level set at a time, where it was a Python function, which no file holds.

        Raises:
            FileError: a file is missing or damaged.
        """
        from nbm.run import read_json  # only now: it reads problem files too

        place = Path(folder)
        index = read_json(place / _INDEX)
        try:
            series = cls(str(index["scheme"]), float(index["dt"]), float(index["start"]), str(index["digest"]))
            count = int(index["steps"])
        except (KeyError, TypeError, ValueError) as error:
            raise FileError(f"{place / _INDEX}: is no index of a series: {error!r}", str(place / _INDEX)) from error
        for number in range(1, count + 1):
            phi = None if level_set is None else level_set(series.time_of(number))
            series.add(load(place / _file_name(number), level_set=phi))
        return series

    @staticmethod
    def is_in(folder: str | os.PathLike[str]) -> bool:
        """Whether a folder holds a series."""
        return (Path(folder) / _INDEX).exists()

    def to_vtk(
        self,
        path: str | os.PathLike[str],
        *,
        shape: tuple[int, int, int] = (64, 64, 64),
        fields: Sequence[str] = ("u", "side", "level_set"),
    ) -> None:
        """Write a ParaView series (.pvd) with a VTK image (.vti) for each step beside it.

        Args:
            path: The series, ending in ``.pvd``; one that is there is written anew.
            shape: Nodes along x, y, z.
            fields: As for :meth:`nbm.Solution.to_vtk`.
        """
        from nbm.viz.series import Series

        Path(path).unlink(missing_ok=True)
        series = Series(path)
        for step in self:
            name = series.next_file("vti")
            step.solution.to_vtk(name, shape=shape, fields=fields)
            series.add(step.time, name)


def _file_name(number: int) -> str:
    return f"step-{number:05d}.safetensors"
