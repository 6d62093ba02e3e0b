"""Arrays of the caller, from NumPy, CuPy, PyTorch, JAX or plain lists, as the native engine takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm.errors import InvalidArgument

__all__ = ["as_points", "as_rows", "as_values"]

Float64Array = NDArray[np.float64]


def as_points(value: Any, name: str = "points") -> Float64Array:
    """Return points as a C-ordered float64 array (..., 3), without a copy where it is one already.

    Args:
        value: Anything with ``__dlpack__`` or ``__array__`` in CPU memory, or nested sequences; real or integer.
        name: The argument that an error names.

    Raises:
        InvalidArgument: another shape, another type, memory of a GPU, or a coordinate that is not finite.
    """
    array = _as_real(value, name)
    if array.ndim == 0 or array.shape[-1] != 3:
        raise InvalidArgument(f"{name}: got an array of shape {array.shape}, expected (..., 3)", name)
    finite = np.isfinite(array)
    if not finite.all():
        rows = array.reshape(-1, 3)
        row = int(np.argmin(finite.reshape(-1, 3).all(axis=1)))
        raise InvalidArgument(f"{name}: row {row} is {rows[row].tolist()}, expected finite coordinates", name)
    return array


def as_rows(value: Any, name: str = "points") -> Float64Array:
    """Return points as (n, 3): one point for (3,); errors as for :func:`as_points`."""
    return as_points(value, name).reshape(-1, 3)


def as_values(value: Any, size: int, name: str, *, what: str = "got") -> Float64Array:
    """Return ``size`` numbers as a float64 array (size,).

    Args:
        value: Real numbers or truth values of shape (size,) or (size, 1), or one number for all.
        size: How many are needed.
        name: The argument that an error names.
        what: How the error says where the value comes from.

    Raises:
        InvalidArgument: another shape or type.
    """
    try:
        array = _as_numpy(value, name)
    except InvalidArgument:
        raise InvalidArgument(
            f"{name}: {what} a {type(value).__name__}, expected real numbers ({size},)", name
        ) from None
    if array.dtype.kind not in "biuf" or array.shape not in ((), (size,), (size, 1)):
        given = f"an array of {array.dtype} with shape {array.shape}"
        raise InvalidArgument(f"{name}: {what} {given}, expected real numbers with shape ({size},)", name)
    flat = array.reshape(-1) if array.ndim else array
    return np.ascontiguousarray(np.broadcast_to(flat, (size,)), dtype=np.float64)


def _as_real(value: Any, name: str) -> Float64Array:
    array = _as_numpy(value, name)
    if array.dtype.kind not in "iuf":
        raise InvalidArgument(f"{name}: got {array.dtype} values, expected real numbers (float64)", name)
    return np.ascontiguousarray(array, dtype=np.float64)


def _as_numpy(value: Any, name: str) -> NDArray[Any]:
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "__dlpack_device__") and value.__dlpack_device__()[0] != 1:  # 1: kDLCPU
        raise InvalidArgument(f"{name}: got an array on a GPU, expected CPU memory; copy it to the host first", name)
    try:
        return np.from_dlpack(value) if hasattr(value, "__dlpack__") else np.asarray(value)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise InvalidArgument(f"{name}: {type(value).__name__} cannot be read as an array: {error}", name) from error
