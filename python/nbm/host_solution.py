"""A solution on the CPU: evaluation of points in CPU memory on some threads."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.arguments import as_choice
from nbm.arrays import as_points
from nbm.errors import InvalidArgument
from nbm.gpu_arrays import is_on_gpu

__all__ = ["BRANCHES", "HostSolution", "precision_of", "refuse_gpu_options", "sides_of"]

Float64Array = NDArray[np.float64]

# nbm::Branch: the side of the point, one network everywhere, or plus minus minus.
BRANCHES = {"own": 0, "minus": 1, "plus": 2, "jump": 3}
_MINUS, _PLUS = 0, 1


class HostSolution:
    """The methods of :class:`nbm.device_solution.DeviceSolution` for the CPU.

    Attributes:
        threads: Threads that evaluate; 0 means all cores.
    """

    device = "cpu"

    def __init__(self, solution: _core.Solution) -> None:
        """Evaluate a native solution."""
        self.threads = 0
        self._native = solution

    def values(self, points: Any, branch: str, precision: str | None, out: Any, stream: Any) -> Float64Array:
        """Return the values of a branch as (n,)."""
        at = _host_points(points, out, stream)
        if branch == "jump":
            return self._native.jump(at, self.threads)
        if branch == "own":
            return self._native.evaluate(at, self.threads, precision_of(precision))
        side = _MINUS if branch == "minus" else _PLUS
        return self._native.evaluate_side(side, at, self.threads, precision_of(precision))

    def gradient(self, points: Any, branch: str, precision: str | None, out: Any, stream: Any) -> Float64Array:
        """Return the gradient of a branch, but the jump, by box coordinates as (n, 3)."""
        return self.value_and_gradient(points, branch, precision, out, stream)[1]

    def value_and_gradient(
        self, points: Any, branch: str, precision: str | None, out: Any, stream: Any
    ) -> tuple[Float64Array, Float64Array]:
        """Return values (n,) and gradient (n, 3)."""
        at = _host_points(points, out, stream)
        if branch == "own":
            return self._native.evaluate_gradient(at, self.threads, precision_of(precision))
        side = _MINUS if branch == "minus" else _PLUS
        return self._native.evaluate_gradient_side(side, at, self.threads, precision_of(precision))

    def level_set(self, points: Any, out: Any, stream: Any) -> Float64Array:
        """Return the level set as (n,)."""
        return self._native.evaluate_level_set(_host_points(points, out, stream), self.threads)

    def side(self, points: Any, out: Any, stream: Any) -> NDArray[np.int8]:
        """Return the sides of points as (n,), int8."""
        return sides_of(self.level_set(points, out, stream))


def sides_of(level_set: Float64Array) -> NDArray[np.int8]:
    """Return 0 (minus) where the level set is negative, 1 (plus) elsewhere."""
    return (level_set >= 0.0).astype(np.int8)


def precision_of(given: str | None) -> str:
    """Return the precision of an evaluation, float64 where that is left open."""
    return "float64" if given is None else as_choice(given, "precision", ("float32", "float64"))


def refuse_gpu_options(out: Any, stream: Any) -> None:
    """Raise ``InvalidArgument`` where options are given that points in CPU memory have no use for."""
    for name, value in (("out", out), ("stream", stream)):
        if value is not None:
            raise InvalidArgument(f"{name}: is for points on a GPU, but these are in CPU memory; leave it out", name)


def _host_points(points: Any, out: Any, stream: Any) -> Float64Array:
    if is_on_gpu(points):
        message = "points: got an array on a GPU, but the solution is on the CPU; call solution.to('cuda') once"
        raise InvalidArgument(message, "points")
    refuse_gpu_options(out, stream)
    return as_points(points)
