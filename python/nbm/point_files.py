"""Points and values in ``.npy`` and ``.csv`` files, for the command line."""

from __future__ import annotations

from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nbm.arrays import as_points
from nbm.errors import FileError, InvalidArgument
from nbm.vtk_image import write_atomically

__all__ = ["read_points", "to_csv", "write_table"]

Float64Array = NDArray[np.float64]


def read_points(path: Path) -> Float64Array:
    """Return the points of a file as (n, 3), float64.

    Args:
        path: ``.npy``, an array (n, 3); or ``.csv``, three columns x, y, z, with or without a line of names.

    Raises:
        FileError: the file is missing or damaged.
        InvalidArgument: it holds something else than points, or has another ending.
    """
    if path.suffix not in (".npy", ".csv"):
        raise InvalidArgument(f"points: got {path.name}, expected a .npy or .csv file", "points")
    try:
        table = np.load(path, allow_pickle=False) if path.suffix == ".npy" else _read_csv(path)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}", str(path)) from error
    except (ValueError, EOFError) as error:
        raise FileError(f"{path}: not a table of numbers: {error}", str(path)) from error
    return as_points(table)


def _read_csv(path: Path) -> Float64Array:
    text = path.read_text(encoding="utf-8")
    first = text.split("\n", 1)[0]
    try:
        [float(cell) for cell in first.split(",")]
        names = 0
    except ValueError:
        names = 1
    rows = [line for line in text.split("\n")[names:] if line.strip()]
    if not rows:
        return np.empty((0, 3))
    return np.loadtxt(rows, delimiter=",", dtype=np.float64, ndmin=2, comments=None)


def to_csv(columns: list[str], table: Float64Array) -> str:
    """Return a table (n, len(columns)) as CSV text whose numbers read back as the same bits."""
    out = StringIO()
    np.savetxt(out, table, fmt="%.17g", delimiter=",", header=",".join(columns), comments="")
    return out.getvalue()


def write_table(path: Path, columns: list[str], table: Float64Array) -> None:
    """Write a table as ``.npy`` or ``.csv``, by the ending. ``FileError``, ``InvalidArgument`` as for reading."""
    if path.suffix == ".csv":
        write_atomically(path, to_csv(columns, table).encode())
    elif path.suffix == ".npy":
        out = BytesIO()
        np.save(out, table)
        write_atomically(path, out.getvalue())
    else:
        raise InvalidArgument(f"out: got {path.name}, expected a .npy or .csv file", "out")
