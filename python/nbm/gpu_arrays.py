"""Arrays in the memory of a GPU: those of CuPy, PyTorch, JAX or Numba as nbm reads them, and nbm's own results.

Streams are handled as DLPack and the CUDA array interface (version 3) say. A stream is a number here: 1 the default
stream, 2 that of the thread, otherwise the address of a cudaStream_t.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.errors import InvalidArgument

__all__ = ["GpuArray", "borrow", "is_on_gpu", "stream_handle", "stream_of"]

DEFAULT_STREAM = 1
_DEFAULT_STREAMS = (1, 2)  # of the process, and of a thread
_CPU, _CUDA, _CUDA_MANAGED = 1, 2, 13  # DLDeviceType
_NO_ORDER = -1  # of DLPack: the consumer takes care itself


class GpuArray:
    """A result in the memory of a GPU, C order. CuPy, PyTorch, JAX and Numba take it without a copy.

    ``torch.from_dlpack(a)``, ``cupy.from_dlpack(a)``, ``cupy.asarray(a)``, ``jax.dlpack.from_dlpack(a)``,
    ``numba.cuda.as_cuda_array(a)``; :meth:`numpy` copies it to the host.

    Attributes:
        shape: Of the array.
        dtype: "float32", "float64" or "int8".
        device: Where it lies, such as "cuda:0".
        stream: The stream on which it is being computed, or None when it is complete.
    """

    def __init__(self, native: _core.GpuArray, stream: int | None) -> None:
        """Wrap a result of the native engine; evaluation does that."""
        self.native = native
        self.shape = tuple(native.shape)
        self.dtype = native.dtype
        self.device = native.device
        self.stream = stream

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"GpuArray(shape={self.shape}, dtype={self.dtype}, device={self.device!r})"

    def numpy(self) -> NDArray[Any]:
        """Return a copy in CPU memory, when the work is done."""
        array = np.empty(self.shape, dtype=self.dtype)
        self.native.copy_to(array, self.stream or DEFAULT_STREAM)
        return array

    def __array__(self, *_: Any, **__: Any) -> NDArray[Any]:
        raise TypeError("an array on a GPU is not copied to the host unasked: call its method numpy()")

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return {
            "shape": self.shape,
            "typestr": np.dtype(self.dtype).str,
            "data": (self.native.pointer, False),
            "strides": None,
            "stream": self.stream,
            "version": 3,
        }

    def __dlpack_device__(self) -> tuple[int, int]:
        return _CUDA, int(self.device.removeprefix("cuda:"))

    def __dlpack__(
        self,
        *,
        stream: int | None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        if copy:
            raise BufferError("a copy was asked for, but nbm exports its memory; copy it afterwards")
        if dl_device is not None and tuple(dl_device) != self.__dlpack_device__():
            raise BufferError(f"the array is on {self.device}; nbm exports it there only")
        consumer = DEFAULT_STREAM if stream is None else stream
        if consumer == 0 or consumer < _NO_ORDER:
            raise BufferError(f"stream {consumer} means nothing for CUDA: DLPack has -1, 1, 2 or a handle")
        if consumer != _NO_ORDER and self.stream is not None and consumer != self.stream:
            _core.order_streams(self.device, self.stream, consumer)
        if consumer not in _DEFAULT_STREAMS:
            self.native.wait_at_end()  # its stream may be one that does not wait for the default stream
        return self.native.to_dlpack()


def is_on_gpu(value: Any) -> bool:
    """Tell whether ``value`` is an array in the memory of a CUDA GPU."""
    if isinstance(value, np.ndarray):
        return False
    if hasattr(value, "__dlpack_device__"):
        return value.__dlpack_device__()[0] in (_CUDA, _CUDA_MANAGED)
    return hasattr(value, "__cuda_array_interface__")


def stream_handle(stream: Any) -> int:
    """Return the number of a stream given as such, or as an object of CuPy, PyTorch, Numba or cuda.core.

    Raises:
        InvalidArgument: it is none.
    """
    handle = stream
    if hasattr(stream, "__cuda_stream__"):
        handle = stream.__cuda_stream__()[1]
    else:
        for attribute in ("cuda_stream", "ptr", "handle"):  # PyTorch, CuPy, Numba
            handle = getattr(handle, attribute, handle)
    try:
        number = int(getattr(handle, "value", handle))
    except (TypeError, ValueError):
        number = -1
    if isinstance(handle, (bool, float, str)) or number < 0:
        message = f"stream: got {stream!r}, expected the handle of a CUDA stream, or a stream of CuPy or PyTorch"
        raise InvalidArgument(message, "stream")
    return number or DEFAULT_STREAM


def stream_of(value: Any, stream: Any) -> int | None:
    """Return the stream on which to work with the array ``value``: that given, or that which the array names."""
    if stream is not None:
        return stream_handle(stream)
    named = _interface(value).get("stream")
    return None if named is None else stream_handle(named)


def borrow(value: Any, name: str, stream: int, device: str, *, writable: bool = False) -> _core.GpuArray:
    """Return an array of another library for work on ``stream``, which begins after what makes the array.

    Args:
        value: Something that :func:`is_on_gpu`.
        name: The argument that an error names.
        stream: Number of the stream.
        device: The GPU on which the array must lie.
        writable: Whether it will be written.

    Raises:
        InvalidArgument: another device, not C-contiguous, read-only, or not to be exported.
    """
    if isinstance(value, GpuArray):
        if value.stream is not None and value.stream != stream:
            _core.order_streams(device, value.stream, stream)
        array = value.native
    elif hasattr(value, "__dlpack__"):
        array = _core.gpu_array_from_dlpack(_capsule(value, name, stream), name, writable)
    else:
        array = _from_interface(_interface(value), name, stream, device, writable)
    if array.device != device:
        message = f"{name}: got an array on {array.device}, but the solution is on {device}; use .to('{array.device}')"
        raise InvalidArgument(message, name)
    if not _is_c_contiguous(array):
        message = f"{name}: got an array that is not C-contiguous; pass a contiguous copy of it"
        raise InvalidArgument(message, name)
    return array


def _capsule(value: Any, name: str, stream: int) -> Any:
    try:
        return value.__dlpack__(stream=stream)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise InvalidArgument(f"{name}: {type(value).__name__} cannot be read by DLPack: {error}", name) from error


def _interface(value: Any) -> dict[str, Any]:
    try:
        interface: dict[str, Any] = value.__cuda_array_interface__
    except (AttributeError, RuntimeError):  # PyTorch raises the latter for a tensor that requires gradients
        return {}
    return interface


def _from_interface(interface: dict[str, Any], name: str, stream: int, device: str, writable: bool) -> _core.GpuArray:
    pointer, read_only = interface["data"]
    if writable and read_only:
        raise InvalidArgument(f"{name}: got a read-only array, expected one that can be written", name)
    dtype = np.dtype(interface["typestr"])
    if not dtype.isnative:
        raise InvalidArgument(f"{name}: got numbers in foreign byte order, expected this machine's", name)
    strides = interface.get("strides")
    steps = None if strides is None else [step // dtype.itemsize for step in strides]
    array = _core.gpu_array_from_pointer(int(pointer or 0), list(interface["shape"]), steps, dtype.name, device)
    producer = interface.get("stream")
    if producer is not None and stream_handle(producer) != stream:
        _core.order_streams(device, stream_handle(producer), stream)
    return array


def _is_c_contiguous(array: _core.GpuArray) -> bool:
    if 0 in array.shape:
        return True
    step = 1
    for size, stride in zip(reversed(array.shape), reversed(array.strides), strict=True):
        if size > 1 and stride != step:
            return False
        step *= size
    return True
