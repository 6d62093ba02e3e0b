"""Points and values in ``.npy`` and ``.csv`` files, for the command line."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nbm.arrays import as_rows
from nbm.errors import FileError, InvalidArgument
from nbm.vtk_image import write_atomically

__all__ = ["PointTable", "read_points", "to_csv", "write_table"]

Float64Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class PointTable:
    """A file of points.

    Attributes:
        points: (n, 3), float64.
        others: Of a CSV file, its other columns by name, as text.
    """

    points: Float64Array
    others: dict[str, list[str]] = field(default_factory=dict)


def read_points(path: Path) -> PointTable:
    """Return the points of a file and what else it says of them.

    Args:
        path: ``.npy``, an array (n, 3); or ``.csv`` with a line of names, among them x, y and z in any order; or
            ``.csv`` of three columns without names.

    Raises:
        FileError: the file is missing or damaged.
        InvalidArgument: it holds something else than points, names no x, y and z, or has another ending.
    """
    if path.suffix not in (".npy", ".csv"):
        raise InvalidArgument(f"points: got {path.name}, expected a .npy or .csv file", "points")
    try:
        if path.suffix == ".csv":
            return _read_csv(path)
        array = np.load(path, allow_pickle=False)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}", str(path)) from error
    except InvalidArgument:
        raise
    except (ValueError, EOFError, csv.Error) as error:
        raise FileError(f"{path}: not a table of numbers: {error}", str(path)) from error
    if array.ndim != 2 or array.shape[1] != 3:
        raise InvalidArgument(f"points: got an array of shape {array.shape}, expected (n, 3)", "points")
    return PointTable(points=as_rows(array))


def _read_csv(path: Path) -> PointTable:
    rows = [row for row in csv.reader(path.read_text(encoding="utf-8-sig").splitlines(), skipinitialspace=True) if row]
    names = _names(path, rows[0]) if rows and not all(_is_number(cell) for cell in rows[0]) else []
    body = rows[1:] if names else rows
    width = len(names) if names else 3
    for number, row in enumerate(body, start=1):
        if len(row) != width:
            message = f"points: row {number} of {path.name} has {len(row)} columns, expected {width}"
            raise InvalidArgument(message if names else f"{message}; name the columns in a first line", "points")
    order = [names.index(axis) for axis in "xyz"] if names else [0, 1, 2]
    points = np.array([[float(row[column]) for column in order] for row in body], dtype=np.float64).reshape(-1, 3)
    others = {name: [row[c] for row in body] for c, name in enumerate(names) if c not in order}
    return PointTable(points=as_rows(points), others=others)


def _names(path: Path, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    missing = [axis for axis in "xyz" if names.count(axis) != 1]
    if missing:
        message = f"points: the columns of {path.name} are {', '.join(names)}; expected x, y and z once each among them"
        raise InvalidArgument(message, "points")
    if len(set(names)) != len(names):
        raise InvalidArgument(f"points: {path.name} has two columns of one name: {', '.join(names)}", "points")
    return names


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def to_csv(columns: list[str], table: Float64Array, others: Mapping[str, list[str]] | None = None) -> str:
    """Return a table (n, len(columns)) as CSV text whose numbers read back as the same bits, ``others`` behind it."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    more = {} if others is None else {name: values for name, values in others.items() if name not in columns}
    writer.writerow([*columns, *more])
    for row, *texts in zip(table, *more.values(), strict=True):
        writer.writerow([*(f"{number:.17g}" for number in row), *texts])
    return out.getvalue()


def write_table(
    path: Path, columns: list[str], table: Float64Array, others: Mapping[str, list[str]] | None = None
) -> None:
    """Write a table as ``.npy`` (without ``others``) or ``.csv``, by the ending. Errors as for reading."""
    if path.suffix == ".csv":
        write_atomically(path, to_csv(columns, table, others).encode())
    elif path.suffix == ".npy":
        out = BytesIO()
        np.save(out, table)
        write_atomically(path, out.getvalue())
    else:
        raise InvalidArgument(f"out: got {path.name}, expected a .npy or .csv file", "out")
