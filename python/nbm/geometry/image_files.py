"""Voxel images from files: NumPy arrays, TIFF stacks, NRRD, VTK image data; each fault in a sentence."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm.errors import FileError, InvalidArgument
from nbm.geometry.arguments import vector
from nbm.geometry.packages import package

__all__ = ["IMAGE_ENDINGS", "Voxels", "read_voxels"]

IMAGE_ENDINGS = (".npy", ".tif", ".tiff", ".nrrd", ".vti")


@dataclass(frozen=True, eq=False)
class Voxels:
    """A 3-D image.

    Attributes:
        values: (nx, ny, nz), integer or float.
        spacing: (3,) edges of a voxel, box units.
        origin: (3,) centre of the voxel (0, 0, 0), box units.
        name: What errors call it.
        notes: What was taken for granted.
    """

    values: NDArray[Any]
    spacing: NDArray[np.float64]
    origin: NDArray[np.float64]
    name: str = "image"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Make truth values the labels 0 and 1."""
        if self.values.dtype.kind == "b":
            object.__setattr__(self, "values", self.values.astype(np.uint8))


def read_voxels(
    path: str | os.PathLike[str], *, spacing: Sequence[float] | None = None, origin: Sequence[float] | None = None
) -> Voxels:
    """Read a 3-D image; its first axis is x. Of a TIFF stack, whose axes are (page, row, column), the column is x.

    Args:
        path: A .npy, .tif, .tiff, .nrrd or .vti file.
        spacing: Edges of a voxel along x, y, z, box units; default those in the file, or 1.
        origin: Centre of the first voxel; default that in the file, or half a voxel.

    Raises:
        FileError: the file is missing, damaged, no image of numbers in three dimensions, or has values that are none.
        InvalidArgument: a spacing that is not positive.
        BackendUnavailable: the package that reads this format is missing.
    """
    file = Path(path)
    ending = file.suffix.lower()
    if ending not in IMAGE_ENDINGS:
        raise FileError(f"{file}: ends in {file.suffix!r}, expected one of {', '.join(IMAGE_ENDINGS)}", str(file))
    if not file.is_file():
        raise FileError(f"{file}: cannot be read: no such file", str(file))
    if file.stat().st_size == 0:
        raise FileError(f"{file}: is empty, expected an image", str(file))
    reader = {".npy": _npy, ".nrrd": _nrrd, ".vti": _vti}.get(ending, _tiff)
    try:
        values, file_spacing, file_origin = reader(file)
    except (FileError, ImportError):
        raise
    except Exception as error:  # the readers raise whatever went wrong inside of them
        lines = str(error).strip().splitlines()
        reason = lines[0] if lines else type(error).__name__
        raise FileError(f"{file}: cannot be read as an image: {reason}; is it complete?", str(file)) from error
    _check(file, values)
    return _with_place(file, values, spacing, origin, file_spacing, file_origin)


_Read = tuple[NDArray[Any], Any, Any]


def _npy(file: Path) -> _Read:
    return np.load(file, allow_pickle=False), None, None


def _tiff(file: Path) -> _Read:
    tifffile = package("tifffile", f"reading {file.name}")
    values = tifffile.imread(file)
    return (values.transpose(2, 1, 0) if values.ndim == 3 else values), None, None


def _nrrd(file: Path) -> _Read:
    nrrd = package("nrrd", f"reading {file.name}", "pynrrd")
    values, header = nrrd.read(str(file))
    spacing, origin = header.get("spacings"), header.get("space origin")
    directions = header.get("space directions")
    if directions is not None:
        directions = np.asarray(directions, dtype=np.float64)
        if directions.shape != (3, 3) or np.abs(directions - np.diag(np.diag(directions))).max() > 1e-9:
            message = f"{file}: its axes are turned against x, y, z ('space directions'); resample it along them"
            raise FileError(message, str(file))
        spacing = np.abs(np.diag(directions))
    return values, spacing, origin


def _vti(file: Path) -> _Read:
    pyvista = package("pyvista", f"reading {file.name}", extra="viz")
    image = pyvista.read(str(file))
    data, counts = (image.cell_data, [n - 1 for n in image.dimensions])
    origin = np.asarray(image.origin) + np.asarray(image.spacing) / 2
    if len(data) == 0:
        data, counts, origin = image.point_data, list(image.dimensions), np.asarray(image.origin)
    if len(data) != 1:
        message = f"{file}: holds {len(data)} arrays ({', '.join(data.keys())}), expected one"
        raise FileError(message, str(file))
    return np.asarray(data[data.keys()[0]]).reshape(counts, order="F"), image.spacing, origin


def _check(file: Path, values: NDArray[Any]) -> None:
    if values.dtype.kind not in "biuf":
        raise FileError(f"{file}: holds {values.dtype} values, expected numbers", str(file))
    if values.ndim != 3:
        hint = "; of a colour image keep one channel" if values.ndim == 4 and values.shape[-1] in (3, 4) else ""
        message = f"{file}: has the shape {values.shape}, expected three axes (x, y, z){hint}"
        raise FileError(message, str(file))
    if min(values.shape) < 4:
        message = f"{file}: has {' x '.join(map(str, values.shape))} voxels, expected at least 4 along each axis"
        raise FileError(message, str(file))
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        bad = np.argwhere(~np.isfinite(values))[0].tolist()
        raise FileError(f"{file}: voxel {bad} is {values[tuple(bad)]}, expected finite numbers", str(file))


def _with_place(
    file: Path, values: NDArray[Any], spacing: Any, origin: Any, file_spacing: Any, file_origin: Any
) -> Voxels:
    notes = []
    chosen = spacing if spacing is not None else file_spacing
    if chosen is None or not np.all(np.isfinite(np.asarray(chosen, dtype=np.float64))):
        chosen = (1.0, 1.0, 1.0)
        notes.append("the file gives no spacing: voxels of 1 are assumed")
    edges = vector(chosen, "spacing")
    if edges.min() <= 0:
        raise InvalidArgument(f"spacing: got {edges.tolist()}, expected three positive numbers", "spacing")
    start = origin if origin is not None else file_origin
    if start is None or not np.all(np.isfinite(np.asarray(start, dtype=np.float64))):
        start = edges / 2
    return Voxels(values, edges, vector(start, "origin"), file.name, tuple(notes))
