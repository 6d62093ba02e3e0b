"""Solids in voxel images: a label, or what is above a grey value, with a surface that lies between voxels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm.box import Box
from nbm.errors import InvalidArgument
from nbm.fields import GridField
from nbm.geometry.arguments import positive
from nbm.geometry.image_files import Voxels, read_voxels
from nbm.geometry.isosurface import redistance
from nbm.geometry.packages import scipy_module
from nbm.geometry.shape import Shape

__all__ = ["Image", "image", "image_of"]

Float64Array = NDArray[np.float64]
_MOST_LABELS = 64  # more different whole numbers are grey values
_LABEL_SMOOTHING = 1.0  # voxels
_INNER_POINTS = np.stack(np.meshgrid(*3 * [np.array([-1, 0, 1]) / 3], indexing="ij"), axis=-1).reshape(-1, 3)


class Image(Shape):
    """The solid of a voxel image; made by :func:`image` and :func:`image_of`.

    Attributes:
        field: The signed distance at the centres of the voxels, a :class:`nbm.GridField` that reaches one voxel beyond.
        voxels: The image.
    """

    def __init__(self, distance: Float64Array, voxels: Voxels, name: str, notes: Sequence[str]) -> None:
        """Hold the signed distance at the voxels (nx, ny, nz)."""
        self.voxels = voxels
        padded = np.pad(distance, 1, mode="reflect", reflect_type="odd")
        low = voxels.origin - voxels.spacing
        high = voxels.origin + voxels.spacing * np.array(voxels.values.shape)
        self.field = GridField(padded, Box(tuple(low), tuple(high)))
        inside = np.argwhere(distance < voxels.spacing.max())
        bounds = [voxels.origin + voxels.spacing * corner for corner in (inside.min(axis=0), inside.max(axis=0))]
        super().__init__(self._value, bounds[0], bounds[1], name=name, notes=notes)

    def box(self, margin: float = 0.0) -> Box:
        """Return the box of the voxels' centres, by default without a margin: nothing is known beyond."""
        low = self.voxels.origin
        high = low + self.voxels.spacing * (np.array(self.voxels.values.shape) - 1)
        width = margin * float((high - low).max())
        return Box(tuple(low - width), tuple(high + width))

    def _value(self, points: Float64Array) -> Float64Array:
        low, high = np.asarray(self.field.box.lower), np.asarray(self.field.box.upper)
        nearest = np.clip(points, low, high)
        return np.asarray(self.field(nearest) + np.linalg.norm(points - nearest, axis=1))


def image(
    path: str | os.PathLike[str],
    *,
    threshold: float | None = None,
    label: int | Sequence[int] | None = None,
    spacing: Sequence[float] | None = None,
    origin: Sequence[float] | None = None,
    smoothing: float | None = None,
) -> Image:
    """Read the solid of a .npy, TIFF, NRRD or .vti image; arguments as for :func:`image_of` and the file's place.

    Raises:
        FileError: the file cannot be read or is no 3-D image.
        InvalidArgument: the solid is not told apart: a grey image without threshold, several labels and none chosen.
        BackendUnavailable: SciPy, libigl, or the package that reads this format is missing.
    """
    voxels = read_voxels(path, spacing=spacing, origin=origin)
    return image_of(voxels, threshold=threshold, label=label, smoothing=smoothing)


def image_of(
    voxels: Voxels | Any,
    *,
    threshold: float | None = None,
    label: int | Sequence[int] | None = None,
    smoothing: float | None = None,
) -> Image:
    """Return the solid of an image in memory.

    The surface of a *grey* image is where its values, interpolated linearly, cross the threshold: second order in the
    voxel for images that are unsharp over two voxels or more. Where each voxel holds how much of it is filled, and no
    more is known, it is wrong by up to 0.09 voxels; ``smoothing=1`` takes most of that away. A *label* says of each
    voxel only on which side it lies: a Gaussian is needed, and the surface is first order, wrong by a fraction of a
    voxel. Either way the blurred image is cut at the level that keeps the volume.

    Args:
        voxels: The image, or an array (nx, ny, nz) with voxels of 1 whose first centre is at 1/2.
        threshold: Grey value of the surface; larger values are inside.
        label: The value, or values, of the inside of a label image; default the larger of two.
        smoothing: Standard deviation of the Gaussian, in voxels; default 1 for labels, 0 for grey values.

    Raises:
        InvalidArgument: one value only, a grey image without threshold, a label that does not occur, several labels.
    """
    if not isinstance(voxels, Voxels):
        voxels = Voxels(np.asarray(voxels), np.ones(3), np.full(3, 0.5))
    if threshold is not None:
        inside = _grey(voxels, float(threshold), smoothing or 0.0)
        name = f"{voxels.name} above {threshold:g}"
    else:
        chosen = _chosen_labels(voxels, label)
        indicator = np.isin(voxels.values, chosen)
        width = _LABEL_SMOOTHING if smoothing is None else smoothing
        inside = _blurred(indicator, 0.5, width) if width > 0 else np.asarray(0.5 - indicator, dtype=np.float64)
        name = f"{voxels.name} label {', '.join(map(str, chosen))}"
    return Image(redistance(inside, voxels.spacing), voxels, name, voxels.notes)


def _grey(voxels: Voxels, threshold: float, smoothing: float) -> Float64Array:
    values = voxels.values.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    if not low < threshold < high:
        message = f"threshold: got {threshold:g}, but {voxels.name} holds values from {low:g} to {high:g}"
        raise InvalidArgument(f"{message}; expected one between", "threshold")
    return _blurred(values, threshold, smoothing) if smoothing > 0 else np.asarray(threshold - values)


def _chosen_labels(voxels: Voxels, label: int | Sequence[int] | None) -> list[Any]:
    present = np.unique(voxels.values)
    if len(present) == 1:
        message = f"{voxels.name}: every voxel is {present[0]}, expected at least two values"
        raise InvalidArgument(message, "label")
    if (voxels.values.dtype.kind == "f" and not np.all(present == np.round(present))) or len(present) > _MOST_LABELS:
        message = f"{voxels.name}: holds {len(present)} grey values from {present[0]:g} to {present[-1]:g}"
        raise InvalidArgument(f"{message}; give the threshold that is the surface", "threshold")
    if label is None:
        if len(present) > 2:
            message = f"{voxels.name}: holds the labels {', '.join(f'{p:g}' for p in present)}"
            raise InvalidArgument(f"{message}; give the label, or labels, of the inside", "label")
        return [present[-1].item()]
    chosen = [label] if np.ndim(label) == 0 else list(label)  # type: ignore[arg-type]
    for one in chosen:
        if one not in present:
            message = f"label: got {one}, but {voxels.name} holds {', '.join(f'{p:g}' for p in present)}"
            raise InvalidArgument(message, "label")
    if len(chosen) == len(present):
        raise InvalidArgument(f"label: {chosen} is all that {voxels.name} holds; nothing is outside", "label")
    return chosen


def _blurred(values: NDArray[Any], threshold: float, width: float) -> Float64Array:
    """Return level minus the blurred values, the level chosen so that the volume above it is that above the threshold.

    Without that a Gaussian would shrink what is convex, by its variance times the curvature.
    """
    ndimage = scipy_module("ndimage")
    sharp = values.astype(np.float64)
    smooth = ndimage.gaussian_filter(sharp, positive(width, "smoothing"), mode="nearest")
    # Only voxels between larger and smaller ones can be cut by the surface; of these, values at inner points.
    size = 2 * max(1, round(2 * width)) + 1
    cut = (ndimage.minimum_filter(sharp, size) < threshold) & (ndimage.maximum_filter(sharp, size) > threshold)
    places = np.argwhere(cut)[:, None] + _INNER_POINTS
    inner = ndimage.map_coordinates(smooth, places.reshape(-1, 3).T, order=1, mode="nearest")
    if values.dtype.kind == "b":
        wanted = int((sharp[cut] > threshold).sum()) * len(_INNER_POINTS)
    else:
        at_inner = ndimage.map_coordinates(sharp, places.reshape(-1, 3).T, order=1, mode="nearest")
        wanted = int((at_inner > threshold).sum())
    wanted = min(max(wanted, 1), len(inner) - 1)
    level = float(np.partition(inner, len(inner) - wanted)[len(inner) - wanted])
    return np.asarray(level - smooth)
