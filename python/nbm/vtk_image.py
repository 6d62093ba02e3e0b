"""VTK image data (``.vti``): values on a uniform grid, for ParaView, VisIt, PyVista."""

from __future__ import annotations

import base64
import contextlib
import html
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm.errors import FileError, InvalidArgument

__all__ = ["write_vti"]

_TYPES = {"<f8": "Float64", "<f4": "Float32", "|i1": "Int8"}


def write_vti(
    path: str | os.PathLike[str],
    origin: tuple[float, float, float],
    spacing: tuple[float, float, float],
    shape: tuple[int, int, int],
    fields: Mapping[str, NDArray[Any]],
) -> None:
    """Write point data on the grid ``origin + (i, j, k) * spacing``.

    Args:
        path: The file, ending in ``.vti``. It appears when complete.
        origin: The node (0, 0, 0), box units.
        spacing: The distance of neighbouring nodes along each axis, box units.
        shape: Nodes along x, y, z.
        fields: For each name an array of float64, float32 or int8: ``shape``, or ``shape + (3,)`` for a vector.

    Raises:
        InvalidArgument: another ending than ``.vti``, by which readers choose, or a field of another shape or type.
        FileError: the file cannot be written.
    """
    if Path(path).suffix != ".vti":
        raise InvalidArgument(f"path: got {Path(path).name}, expected a name that ends in .vti", "path")
    arrays = "".join(_data_array(name, values, shape) for name, values in fields.items())
    extent = f"0 {shape[0] - 1} 0 {shape[1] - 1} 0 {shape[2] - 1}"
    grid = f'Origin="{_numbers(origin)}" Spacing="{_numbers(spacing)}"'
    text = (
        '<?xml version="1.0"?>\n'
        '<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" header_type="UInt64">\n'
        f'<ImageData WholeExtent="{extent}" {grid}>\n<Piece Extent="{extent}">\n<PointData>\n'
        f"{arrays}</PointData>\n</Piece>\n</ImageData>\n</VTKFile>\n"
    )
    write_atomically(Path(path), text.encode("ascii", "xmlcharrefreplace"))


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file that appears under its name only when complete and on disk; FileError when that fails."""
    temporary = path.with_name(f"{path.name}.tmp-{os.getpid()}")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):  # a disk that cannot be written to has none
            temporary.unlink(missing_ok=True)
        raise FileError(f"{path}: cannot be written: {error.strerror}", str(path)) from error


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(repr(float(value)) for value in values)


def _data_array(name: str, values: NDArray[Any], shape: tuple[int, int, int]) -> str:
    components = 3 if values.ndim == 4 else 1
    if values.shape[:3] != shape or values.ndim not in (3, 4) or (values.ndim == 4 and values.shape[3] != 3):
        raise InvalidArgument(f"{name}: got an array of shape {values.shape}, expected {shape} or {(*shape, 3)}", name)
    kind = _TYPES.get(values.dtype.newbyteorder("<").str)
    if kind is None:
        raise InvalidArgument(f"{name}: got {values.dtype} values, expected float64, float32 or int8", name)
    # VTK runs through x fastest.
    data = values.transpose(2, 1, 0, *range(3, values.ndim)).astype(values.dtype.newbyteorder("<")).tobytes()
    header = np.uint64(len(data)).astype("<u8").tobytes()
    encoded = base64.b64encode(header + data).decode("ascii")
    attributes = f'type="{kind}" Name="{html.escape(name)}" NumberOfComponents="{components}" format="binary"'
    return f"<DataArray {attributes}>\n{encoded}\n</DataArray>\n"
