"""A solution on a GPU: evaluation of points in CPU memory, and of arrays that lie on the GPU already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbm import _core
from nbm.arrays import as_points
from nbm.errors import InvalidArgument
from nbm.gpu_arrays import DEFAULT_STREAM, GpuArray, borrow, is_on_gpu, stream_of
from nbm.host_solution import BRANCHES, precision_of, refuse_gpu_options, sides_of

__all__ = ["DeviceSolution"]


@dataclass(frozen=True, kw_only=True)
class _Call:
    """One evaluation of an array on the GPU. ``known``: the caller knows the stream, so that nobody need wait."""

    points: _core.GpuArray
    stream: int
    known: bool

    @property
    def size(self) -> int:
        return self.points.shape[0]


class DeviceSolution:
    """Networks, expansion, correction and level set on one GPU.

    Every method takes points (n, 3). From CPU memory, results are NumPy arrays in float64. From the memory of the GPU,
    results are there too, in the type of the points (float32 or float64): in ``out``, or a new :class:`GpuArray`. The
    work is on ``stream``, or on that which the array names in its CUDA array interface, and the call returns at once;
    where neither is known, when it is done.
    """

    def __init__(self, solution: _core.Solution, device: str) -> None:
        """Copy a solution to a GPU.

        Raises:
            BackendUnavailable: the GPU is not there.
            InvalidArgument: a level set that is a Python function or a very long expression.
        """
        self.device = device
        self._native = _core.DeviceSolution(solution, device)

    def values(self, points: Any, branch: str, precision: str | None, out: Any, stream: Any) -> Any:
        """Return the values of a branch as (n,)."""
        if not is_on_gpu(points):
            refuse_gpu_options(out, stream)
            return self._native.evaluate(as_points(points), BRANCHES[branch], precision_of(precision))
        call = self._begin(points, stream)
        values = self._result(call, out, "out", (call.size,), call.points.dtype)
        self._enqueue(call, branch, precision, values=values)
        return self._finish(call, out, values)

    def gradient(self, points: Any, branch: str, precision: str | None, out: Any, stream: Any) -> Any:
        """Return the gradient of a branch by box coordinates as (n, 3)."""
        if not is_on_gpu(points):
            return self.value_and_gradient(points, branch, precision, out, stream)[1]
        call = self._begin(points, stream)
        gradient = self._result(call, out, "out", (call.size, 3), call.points.dtype)
        self._enqueue(call, branch, precision, gradient=gradient)
        return self._finish(call, out, gradient)

    def value_and_gradient(self, points: Any, branch: str, precision: str | None, out: Any, stream: Any) -> Any:
        """Return values (n,) and gradient (n, 3); ``out`` has both."""
        if not is_on_gpu(points):
            refuse_gpu_options(out, stream)
            return self._native.evaluate_gradient(as_points(points), BRANCHES[branch], precision_of(precision))
        call = self._begin(points, stream)
        outs = (None, None) if out is None else tuple(out)
        if len(outs) != 2:
            raise InvalidArgument(f"out: got {len(outs)} arrays, expected those of the values and the gradient", "out")
        dtype = call.points.dtype
        values = self._result(call, outs[0], "out[0]", (call.size,), dtype)
        gradient = self._result(call, outs[1], "out[1]", (call.size, 3), dtype)
        self._enqueue(call, branch, precision, values=values, gradient=gradient)
        return self._finish(call, outs[0], values), self._finish(call, outs[1], gradient)

    def level_set(self, points: Any, out: Any, stream: Any) -> Any:
        """Return the level set as (n,)."""
        if not is_on_gpu(points):
            refuse_gpu_options(out, stream)
            return self._native.evaluate_level_set(as_points(points))
        call = self._begin(points, stream)
        level_set = self._result(call, out, "out", (call.size,), call.points.dtype)
        self._enqueue(call, "own", None, level_set=level_set)
        return self._finish(call, out, level_set)

    def side(self, points: Any, out: Any, stream: Any) -> Any:
        """Return the sides of points as (n,), int8; of points on the GPU -1 where the level set is not finite."""
        if not is_on_gpu(points):
            return sides_of(self.level_set(points, out, stream))
        call = self._begin(points, stream)
        side = self._result(call, out, "out", (call.size,), "int8")
        self._enqueue(call, "own", None, side=side)
        return self._finish(call, out, side)

    def _enqueue(self, call: _Call, branch: str, precision: str | None, **results: _core.GpuArray) -> None:
        chosen = call.points.dtype if precision is None else precision_of(precision)
        self._native.enqueue(call.points, BRANCHES[branch], chosen, call.stream, **results)

    def _begin(self, points: Any, stream: Any) -> _Call:
        named = stream_of(points, stream)
        work = DEFAULT_STREAM if named is None else named
        array = borrow(points, "points", work, self.device)
        shape = tuple(array.shape)
        if len(shape) != 2 or shape[1] != 3:
            raise InvalidArgument(f"points: got an array of shape {shape}, expected (n, 3)", "points")
        if array.dtype not in ("float32", "float64"):
            raise InvalidArgument(f"points: got {array.dtype} values, expected float32 or float64", "points")
        return _Call(points=array, stream=work, known=named is not None)

    def _result(self, call: _Call, out: Any, name: str, shape: tuple[int, ...], dtype: str) -> _core.GpuArray:
        if out is None:
            return _core.gpu_array(list(shape), dtype, self.device, call.stream)
        if not is_on_gpu(out):
            raise InvalidArgument(f"{name}: got {type(out).__name__}, expected an array on {self.device}", name)
        array = borrow(out, name, call.stream, self.device, writable=True)
        if tuple(array.shape) != shape or array.dtype != dtype:
            message = f"{name}: got {array.dtype} of shape {tuple(array.shape)}, expected {dtype} of shape {shape}"
            raise InvalidArgument(message, name)
        return array

    def _finish(self, call: _Call, out: Any, result: _core.GpuArray) -> Any:
        if call.known:
            result.used_by(call.stream)
        else:
            _core.wait_for_stream(self.device, call.stream)
        stream = call.stream if call.known else None
        if isinstance(out, GpuArray):
            out.stream = stream
        return GpuArray(result, stream) if out is None else out
