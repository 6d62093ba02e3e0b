"""Trained networks at points: values, gradients and jumps."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.arguments import as_choice, as_instance
from nbm.arrays import as_points
from nbm.box import Box
from nbm.device_solution import DeviceSolution
from nbm.errors import InvalidArgument, OutsideWarning
from nbm.gpu_arrays import is_on_gpu
from nbm.host_solution import HostSolution
from nbm.problem import Problem
from nbm.records import Record

__all__ = ["OUTSIDE", "Evaluation", "Outside"]

Outside = Literal["warn", "raise", "nan", "extrapolate"]
OUTSIDE = ("warn", "raise", "nan", "extrapolate")
_R = TypeVar("_R")
_ROUND_OFF = 1e-9  # of an edge: by so much a point on the boundary may lie outside

Float64Array = NDArray[np.float64]


class Evaluation:
    """What can be asked of a solution at points; the base of :class:`nbm.Solution`, whose docstring has the rules.

    Attributes:
        history: What training recorded, or None for a loaded solution.
        stop_reason: Why training ended, or None for a loaded solution.
    """

    history: list[Record] | None
    stop_reason: str | None

    def __init__(
        self,
        native: _core.Solution,
        *,
        level_set: _core.Field | None = None,
        history: Sequence[Record] | None = None,
        stop_reason: str | None = None,
    ) -> None:
        """Wrap a native solution; :func:`nbm.solve` and :func:`nbm.load` do that.

        Args:
            native: The solution of the engine.
            level_set: Its level set, where that is a Python function, which lives as long as this field.
            history: See the class.
            stop_reason: See the class.
        """
        self._native = native
        self._level_set = level_set
        self._host = HostSolution(native)
        self._evaluator: HostSolution | DeviceSolution = self._host
        self.history = None if history is None else list(history)
        self.stop_reason = stop_reason

    @property
    def device(self) -> str:
        """Where calls run: "cpu", or a GPU such as "cuda:0"."""
        return self._evaluator.device

    @property
    def threads(self) -> int:
        """Threads that evaluate on the CPU; 0 means all cores."""
        return self._host.threads

    @threads.setter
    def threads(self, count: int) -> None:
        self._host.threads = count

    def __call__(
        self,
        points: Any,
        *,
        outside: Outside = "warn",
        precision: str | None = None,
        out: Any = None,
        stream: Any = None,
    ) -> Float64Array:
        """Return u at points (..., 3) as (...).

        Args:
            points: Where, box coordinates.
            outside: What to do about points outside of the box, where the networks extrapolate and mean nothing: "warn"
                (an ``OutsideWarning``), "raise" (``InvalidArgument``), "nan" for such values, or "extrapolate" without
                a word. Points on a GPU are not looked at.
            precision: Of the networks' arithmetic, on a GPU of a correction's values too, "float64" or "float32" (about
                twice as fast, 1e-6 relative); default float64, for points on a GPU their own type.
            out: For points on a GPU, the array there that takes the result and is returned.
            stream: For points on a GPU, where to work: a stream of CuPy or PyTorch, or a handle (docs/gpu.md).
        """
        return self._at(points, outside, lambda at: self._evaluator.values(at, "own", precision, out, stream))

    def gradient(
        self,
        points: Any,
        *,
        outside: Outside = "warn",
        precision: str | None = None,
        out: Any = None,
        stream: Any = None,
    ) -> Float64Array:
        """Return the gradient of u by box coordinates as (..., 3); arguments as for a call."""
        return self._at(points, outside, lambda at: self._evaluator.gradient(at, "own", precision, out, stream))

    def value_and_gradient(
        self,
        points: Any,
        *,
        outside: Outside = "warn",
        precision: str | None = None,
        out: Any = None,
        stream: Any = None,
    ) -> tuple[Float64Array, Float64Array]:
        """Return u (...) and its gradient (..., 3) for the price of the gradient; ``out`` has two arrays."""
        both = self._evaluator.value_and_gradient
        return self._at(points, outside, lambda at: both(at, "own", precision, out, stream))

    def minus(
        self,
        points: Any,
        *,
        outside: Outside = "warn",
        precision: str | None = None,
        out: Any = None,
        stream: Any = None,
    ) -> Float64Array:
        """Return the minus network at every point, on whichever side it lies, as (...)."""
        return self._at(points, outside, lambda at: self._evaluator.values(at, "minus", precision, out, stream))

    def plus(
        self,
        points: Any,
        *,
        outside: Outside = "warn",
        precision: str | None = None,
        out: Any = None,
        stream: Any = None,
    ) -> Float64Array:
        """Return the plus network at every point, on whichever side it lies, as (...)."""
        return self._at(points, outside, lambda at: self._evaluator.values(at, "plus", precision, out, stream))

    def gradient_minus(
        self,
        points: Any,
        *,
        outside: Outside = "warn",
        precision: str | None = None,
        out: Any = None,
        stream: Any = None,
    ) -> Float64Array:
        """Return the gradient of the minus network at every point as (..., 3)."""
        return self._at(points, outside, lambda at: self._evaluator.gradient(at, "minus", precision, out, stream))

    def gradient_plus(
        self,
        points: Any,
        *,
        outside: Outside = "warn",
        precision: str | None = None,
        out: Any = None,
        stream: Any = None,
    ) -> Float64Array:
        """Return the gradient of the plus network at every point as (..., 3)."""
        return self._at(points, outside, lambda at: self._evaluator.gradient(at, "plus", precision, out, stream))

    def level_set(self, points: Any, *, out: Any = None, stream: Any = None) -> Float64Array:
        """Return the level set as (...). ``InvalidField`` where it is not finite."""
        return self._at(points, "extrapolate", lambda at: self._evaluator.level_set(at, out, stream))

    def side(self, points: Any, *, out: Any = None, stream: Any = None) -> NDArray[np.int8]:
        """Return the side on which each point lies as (...), int8: 0 minus (level set < 0), 1 plus.

        For points on a GPU, -1 where the level set is not finite.
        """
        return self._at(points, "extrapolate", lambda at: self._evaluator.side(at, out, stream))

    def network_at(self, points: Any) -> NDArray[np.int64]:
        """Return the number of the network that gives u at each point as (...), int64, minus first.

        0 on the minus side and 1 on the plus side, or with ``networks="pieces"`` the same number on one connected piece
        of a side alone. ``InvalidField`` where the level set is not finite. Points in the memory of the CPU.
        """
        at = as_points(points)
        rows, sides = at.reshape(-1, 3), self.side(at).ravel()
        minus, plus = (self._native.network_at(side, rows) for side in (0, 1))
        return cast("NDArray[np.int64]", np.where(sides == 0, minus, plus).reshape(at.shape[:-1]))

    def jump(self, points: Any, *, outside: Outside = "warn", out: Any = None, stream: Any = None) -> Float64Array:
        """Return plus minus minus of the two networks as (...): on the interface, the jump of u."""
        return self._at(points, outside, lambda at: self._evaluator.values(at, "jump", None, out, stream))

    def flux_jump(self, problem: Problem, points: Any, normals: Any) -> Float64Array:
        """Return mu+ dn u+ - mu- dn u- as (...): on the interface, the jump of the flux. Always on the CPU.

        Args:
            problem: Whose diffusion coefficients to take.
            points: (..., 3), box coordinates.
            normals: As many unit vectors from minus to plus.
        """
        as_instance(problem, "problem", Problem, "nbm.Problem(...)")
        at, directions = as_points(points), as_points(normals, "normals")
        if at.shape != directions.shape:
            message = f"normals: got an array of shape {directions.shape}, expected {at.shape} as the points"
            raise InvalidArgument(message, "normals")
        rows = (at.reshape(-1, 3), directions.reshape(-1, 3))
        return self._native.flux_jump(problem.native, *rows, self.threads).reshape(at.shape[:-1])

    def _at(self, points: Any, outside: str, evaluate: Callable[[Any], _R]) -> _R:
        """Evaluate points of any shape: ``evaluate`` takes (n, 3), the results get the shape of the points."""
        as_choice(outside, "outside", OUTSIDE)
        if is_on_gpu(points):
            return evaluate(points)
        at = as_points(points)
        rows = at.reshape(-1, 3)
        strangers = None if outside == "extrapolate" else _outside(rows, self.box, outside)
        results: Any = evaluate(rows)
        shaped: Any
        if isinstance(results, tuple):
            shaped = tuple(_shaped(result, at, strangers) for result in results)
        else:
            shaped = _shaped(results, at, strangers)
        return cast("_R", shaped)

    @property
    def native(self) -> _core.Solution:
        """The solution of the native engine."""
        return self._native

    @property
    def box(self) -> Box:
        """The domain."""
        box = self._native.box
        return Box(box.lower, box.upper)

    @property
    def parameters(self) -> Float64Array:
        """All weights and biases, a copy: one network after the other, minus first (docs/conventions.md)."""
        return self._native.parameters

    @property
    def network_counts(self) -> tuple[int, int]:
        """How many networks the minus and the plus side have: 1 and 1, or as many as they have connected pieces."""
        return self._native.network_counts

    @property
    def info(self) -> dict[str, str]:
        """Free text kept with the model: a copy; assign to change it."""
        return dict(self._native.info)

    @info.setter
    def info(self, info: Mapping[str, str]) -> None:
        self._native.info = {str(key): str(value) for key, value in info.items()}


def _outside(rows: Float64Array, box: Box, outside: str) -> NDArray[np.bool_] | None:
    """Return where points lie outside, if values there are to be NaN; else warn or raise if there are any."""
    slack = [_ROUND_OFF * edge for edge in box.edge]
    bounds = [(a - d, b + d) for a, b, d in zip(box.lower, box.upper, slack, strict=True)]
    columns = [(rows[:, axis], *bounds[axis]) for axis in range(3)]
    if len(rows) == 0 or all(column.min() >= a and column.max() <= b for column, a, b in columns):
        return None
    strangers = np.zeros(len(rows), dtype=np.bool_)
    for column, a, b in columns:
        strangers |= (column < a) | (column > b)
    if outside == "nan":
        return strangers
    first = rows[int(np.argmax(strangers))].tolist()
    message = f"points: {strangers.sum()} of {len(rows)} lie outside of the box, such as {first}, where u means nothing"
    if outside == "raise":
        raise InvalidArgument(message, "points")
    warnings.warn(f"{message}; outside='nan' or 'extrapolate' ends this warning", OutsideWarning, stacklevel=4)
    return None


def _shaped(result: NDArray[Any], at: Float64Array, strangers: NDArray[np.bool_] | None) -> NDArray[Any]:
    if strangers is not None:
        result[strangers] = np.nan
    return result.reshape(at.shape[:-1] + result.shape[1:])
