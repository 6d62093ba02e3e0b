"""Triangle meshes from files: STL, PLY, OBJ and what else trimesh reads, each fault in a sentence."""

from __future__ import annotations

import gzip
import io
import os
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm.errors import FileError
from nbm.geometry.packages import package

__all__ = ["MESH_ENDINGS", "read_triangles"]

MESH_ENDINGS = (".stl", ".ply", ".obj", ".off", ".glb", ".gltf")
_STL_HEADER, _STL_TRIANGLE = 84, 50  # bytes: 80 of text and a count; 12 floats and two bytes


def read_triangles(path: str | os.PathLike[str]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return vertices (n, 3), in the file's units, and triangles (m, 3) of vertex numbers, as they are in the file.

    A ``.gz`` behind the ending is unpacked. Equal vertices are merged, which STL needs; nothing else is changed.

    Raises:
        FileError: the file is missing, empty, cut off, of another format, without triangles, or has a vertex that is no
            number.
        BackendUnavailable: trimesh is missing.
    """
    file = Path(path)
    data = _bytes_of(file)
    kind = _kind(file)
    if not data:
        raise FileError(f"{file}: is empty, expected a triangle mesh", str(file))
    if kind == "stl":
        _check_stl(file, data)
    vertices, faces = _load(file, data, kind)
    if kind == "ply":
        _check_ply(file, data, len(faces))
    if len(faces) == 0:
        what = f"{len(vertices)} points and no triangle" if len(vertices) else "no triangle"
        raise FileError(f"{file}: holds {what}, expected a surface of triangles", str(file))
    if faces.min() < 0 or faces.max() >= len(vertices):
        bad = int(np.argmax((faces < 0).any(axis=1) | (faces >= len(vertices)).any(axis=1)))
        message = f"{file}: triangle {bad} names vertex {faces[bad].tolist()}, but there are {len(vertices)}"
        raise FileError(f"{message}; the file is damaged or cut off", str(file))
    finite = np.isfinite(vertices).all(axis=1)
    if not finite.all():
        bad = int(np.argmin(finite))
        message = f"{file}: vertex {bad} is {vertices[bad].tolist()}, expected finite numbers; export the mesh again"
        raise FileError(message, str(file))
    return _merge(vertices, faces)


def _bytes_of(file: Path) -> bytes:
    try:
        data = file.read_bytes()
        return gzip.decompress(data) if file.suffix.lower() == ".gz" else data
    except (OSError, EOFError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise FileError(f"{file}: cannot be read: {reason}", str(file)) from error


def _kind(file: Path) -> str:
    name = file.name.lower().removesuffix(".gz")
    ending = Path(name).suffix
    if ending not in MESH_ENDINGS:
        raise FileError(f"{file}: ends in {ending!r}, expected one of {', '.join(MESH_ENDINGS)}", str(file))
    return ending[1:]


def _check_stl(file: Path, data: bytes) -> None:
    """Binary STL says how many triangles follow; a text file ends with ``endsolid``."""
    if data[:5] == b"solid" and b"facet" in data[:1000]:
        if b"endsolid" not in data[-1000:]:
            raise FileError(f"{file}: is cut off: a text STL ends with 'endsolid'; copy it again", str(file))
        return
    if len(data) < _STL_HEADER:
        raise FileError(f"{file}: has {len(data)} bytes, too few for the header of an STL file", str(file))
    (count,) = struct.unpack_from("<I", data, _STL_HEADER - 4)
    present = (len(data) - _STL_HEADER) // _STL_TRIANGLE
    if present < count:
        message = f"{file}: announces {count} triangles and has {present}: it is cut off, or no STL file"
        raise FileError(f"{message}; copy it again", str(file))


def _check_ply(file: Path, data: bytes, found: int) -> None:
    """The header says how many faces follow; faces of more corners make more triangles, never fewer."""
    announced = re.search(rb"^element face (\d+)", data[: max(0, data.find(b"end_header"))], re.MULTILINE)
    if announced and found < int(announced[1]):
        message = f"{file}: announces {int(announced[1])} faces and has {found}: it is cut off; copy it again"
        raise FileError(message, str(file))


def _load(file: Path, data: bytes, kind: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    trimesh = package("trimesh", f"reading {file.name}")
    try:
        loaded = trimesh.load(io.BytesIO(data), file_type=kind, process=False)
        if hasattr(loaded, "to_geometry"):  # a scene: all of its parts, each in its place
            loaded = loaded.to_geometry()
        vertices = np.array(getattr(loaded, "vertices", np.empty((0, 3))), dtype=np.float64)
        faces = np.array(getattr(loaded, "faces", np.empty((0, 3))), dtype=np.int64)
    except Exception as error:  # trimesh's readers raise whatever went wrong inside of them
        reason = _first_line(error)
        raise FileError(f"{file}: cannot be read as {kind.upper()}: {reason}; is it complete?", str(file)) from error
    return vertices.reshape(-1, 3), faces.reshape(-1, 3)


def _first_line(error: Any) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _merge(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    unique, number = np.unique(vertices + 0.0, axis=0, return_inverse=True)  # + 0.0: -0.0 equals 0.0
    return np.ascontiguousarray(unique), np.ascontiguousarray(number.reshape(-1)[faces].astype(np.int64))
