"""VTK polygons (``.vtp``): triangles with values at their vertices, for ParaView, VisIt, PyVista."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from nbm.errors import InvalidArgument
from nbm.vtk_image import write_atomically

__all__ = ["write_vtp"]

_TYPES = {"f": ("Float64", "<f8"), "i": ("Int64", "<i8")}


def write_vtp(
    path: str | os.PathLike[str],
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    fields: Mapping[str, NDArray[Any]],
) -> None:
    """Write triangles.

    Args:
        path: The file, by custom ending in ``.vtp``. It appears when complete.
        vertices: (n, 3).
        faces: (m, 3) vertex numbers.
        fields: For each name an array (n,) or (n, 3) of real numbers.

    Raises:
        InvalidArgument: a field of another shape.
        FileError: the file cannot be written.
    """
    for name, values in fields.items():
        if values.shape not in ((len(vertices),), (len(vertices), 3)):
            expected = f"({len(vertices)},) or ({len(vertices)}, 3)"
            raise InvalidArgument(f"{name}: got an array of shape {values.shape}, expected {expected}", name)
    points = "".join(_array(name, values.astype(np.float64)) for name, values in fields.items())
    ends = 3 * np.arange(1, len(faces) + 1, dtype=np.int64)
    text = (
        '<?xml version="1.0"?>\n'
        '<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian" header_type="UInt64">\n<PolyData>\n'
        f'<Piece NumberOfPoints="{len(vertices)}" NumberOfPolys="{len(faces)}">\n'
        f"<PointData>\n{points}</PointData>\n<Points>\n{_array('points', vertices)}</Points>\n"
        f"<Polys>\n{_array('connectivity', faces.reshape(-1))}{_array('offsets', ends)}</Polys>\n"
        "</Piece>\n</PolyData>\n</VTKFile>\n"
    )
    write_atomically(Path(path), text.encode("ascii", "xmlcharrefreplace"))


def _array(name: str, values: NDArray[Any]) -> str:
    kind, code = _TYPES[values.dtype.kind]
    data = np.ascontiguousarray(values, dtype=code).tobytes()
    encoded = base64.b64encode(np.uint64(len(data)).astype("<u8").tobytes() + data).decode("ascii")
    components = values.shape[1] if values.ndim == 2 else 1
    attributes = f'type="{kind}" Name={quoteattr(name)} NumberOfComponents="{components}" format="binary"'
    return f"<DataArray {attributes}>\n{encoded}\n</DataArray>\n"
