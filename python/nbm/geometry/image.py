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
from nbm.geometry.filled_voxels import fit, fractions, keeping_volume, volume_of
from nbm.geometry.image_files import Voxels, read_voxels
from nbm.geometry.isosurface import redistance
from nbm.geometry.labelled_voxels import blurred, blurred_solid, labelled_solid
from nbm.geometry.shape import Shape

__all__ = ["Image", "image", "image_of"]

Float64Array = NDArray[np.float64]
_MOST_LABELS = 64  # more different whole numbers are grey values


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
    voxel for images that are unsharp over two voxels or more. Where the voxels hold how much of them is filled (one
    layer of values between two ends, the threshold halfway), the surface is the one that fills them so: it is wrong by
    0.003 to 0.02 voxels, and encloses what the voxels hold. A *label* says of each voxel only on which side its centre
    lies: the surface is that of a solid which has, under a Gaussian of one voxel, the values that the labels have; it
    is first order, wrong by a fraction of a voxel. Flat faces along the voxels lie up to half a voxel off, which no
    surface that is made from labels can know. What is blurred is shifted to keep the volume.

    Args:
        voxels: The image, or an array (nx, ny, nz) with voxels of 1 whose first centre is at 1/2.
        threshold: Grey value of the surface; larger values are inside.
        label: The value, or values, of the inside of a label image; default the larger of two.
        smoothing: Standard deviation of a Gaussian, in voxels, for noisy images; it rounds off what is as small.
            Default none: grey values as they are, and labels as above.

    Raises:
        InvalidArgument: one value only, a grey image without threshold, a label that does not occur, several labels, a
            solid that is smaller than the Gaussian.
    """
    if not isinstance(voxels, Voxels):
        voxels = Voxels(np.asarray(voxels), np.ones(3), np.full(3, 0.5))
    if threshold is not None:
        distance = _grey(voxels, float(threshold), smoothing or 0.0)
        name = f"{voxels.name} above {threshold:g}"
    else:
        chosen = _chosen_labels(voxels, label)
        indicator = np.isin(voxels.values, chosen).astype(np.float64)
        if smoothing is None:
            distance = labelled_solid(indicator, voxels.spacing)
        else:
            distance = blurred_solid(indicator, _width(smoothing), voxels.spacing)
        name = f"{voxels.name} label {', '.join(map(str, chosen))}"
    return Image(distance, voxels, name, voxels.notes)


def _grey(voxels: Voxels, threshold: float, smoothing: float) -> Float64Array:
    """Return the signed distance for a grey image."""
    values = voxels.values.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    if not low < threshold < high:
        message = f"threshold: got {threshold:g}, but {voxels.name} holds values from {low:g} to {high:g}"
        raise InvalidArgument(f"{message}; expected one between", "threshold")
    sharp = redistance(threshold - values, voxels.spacing)
    filled = fractions(values, threshold)
    if smoothing != 0:
        smooth = redistance(threshold - blurred(values, _width(smoothing)), voxels.spacing)
        volume = volume_of(sharp, voxels.spacing) if filled is None else float(filled.sum())
        return keeping_volume(smooth, volume, voxels.spacing)
    return sharp if filled is None else fit(sharp, filled, voxels.spacing)


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


def _width(smoothing: float) -> float:
    return 0.0 if smoothing == 0 else positive(smoothing, "smoothing")
