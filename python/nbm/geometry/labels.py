"""Images of several labels as one interface problem: labels in two colours, and a medium for each label.

A problem has two sides. Labels that touch must lie on different sides; labels of one side, which then do not touch,
share a network and differ in their coefficients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm.box import Box
from nbm.errors import InvalidArgument
from nbm.fields import GridField
from nbm.geometry.image import Image, image_of
from nbm.geometry.image_files import Voxels
from nbm.geometry.packages import scipy_module
from nbm.problem import Medium

__all__ = ["TwoColours", "two_colours"]


@dataclass(frozen=True, eq=False)
class TwoColours:
    """Labels on two sides; made by :func:`two_colours`.

    Attributes:
        shape: Its inside are the labels of ``minus``; its level set is that of the problem.
        minus: Labels on the minus side.
        plus: Labels on the plus side.
    """

    shape: Image
    minus: tuple[int, ...]
    plus: tuple[int, ...]

    def medium(self, side: str, media: Mapping[int, Medium]) -> Medium:
        """Return the medium of a side, whose coefficients are those of the label that is nearest.

        Args:
            side: "minus" or "plus".
            media: For each label of that side a medium with numbers for k, mu and f.

        Raises:
            InvalidArgument: a label without a medium, or a coefficient that is no number.
        """
        if side not in ("minus", "plus"):
            raise InvalidArgument(f"side: got {side!r}, expected 'minus' or 'plus'", "side")
        labels = self.minus if side == "minus" else self.plus
        for label in labels:
            if label not in media:
                raise InvalidArgument(f"media: no medium for label {label} of the {side} side", "media")
        if len(labels) == 1:
            return media[labels[0]]
        nearest = self._nearest(labels)
        fields: dict[str, Any] = {name: self._field(nearest, media, labels, name) for name in ("k", "mu", "f")}
        return Medium(**fields)

    def _nearest(self, labels: tuple[int, ...]) -> NDArray[Any]:
        values = self.shape.voxels.values
        transform = scipy_module("ndimage").distance_transform_edt
        index = transform(
            ~np.isin(values, labels), self.shape.voxels.spacing, return_distances=False, return_indices=True
        )
        return np.asarray(values[tuple(index)])

    def _field(
        self, nearest: NDArray[Any], media: Mapping[int, Medium], labels: tuple[int, ...], name: str
    ) -> GridField | float:
        table = {}
        for label in labels:
            value = getattr(media[label], name)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                message = f"media: {name} of label {label} is {type(value).__name__}, expected a number"
                raise InvalidArgument(message, "media")
            table[label] = float(value)
        if len(set(table.values())) == 1:
            return next(iter(table.values()))
        values = np.zeros(nearest.shape)
        for label, value in table.items():
            values[nearest == label] = value
        voxels = self.shape.voxels
        high = voxels.origin + voxels.spacing * np.array(values.shape)
        # Linear: no new extrema, so that mu stays positive.
        return GridField(
            np.pad(values, 1, mode="edge"), Box(tuple(voxels.origin - voxels.spacing), tuple(high)), "linear"
        )


def two_colours(voxels: Voxels, *, smoothing: float | None = None) -> TwoColours:
    """Put the labels of an image on two sides, so that labels that touch lie on different ones.

    Args:
        voxels: An image of whole numbers; the label of its first voxel goes to the plus side.
        smoothing: As for :func:`nbm.geometry.image_of`.

    Raises:
        InvalidArgument: one label only, or labels that touch one another in a ring of odd length: no two sides do.
    """
    present = np.unique(voxels.values)
    if len(present) < 2:
        raise InvalidArgument(f"{voxels.name}: every voxel is {present[0]}, expected at least two labels", "voxels")
    touching = _touching(voxels.values, present)
    colour = {int(voxels.values.flat[0]): 1}
    queue = list(colour)
    order = queue + [int(p) for p in present if int(p) not in colour]
    for start in order:
        if start not in colour:
            colour[start] = 1
            queue.append(start)
        while queue:
            label = queue.pop()
            for other in touching[label]:
                if other not in colour:
                    colour[other] = 1 - colour[label]
                    queue.append(other)
                elif colour[other] == colour[label]:
                    message = f"{voxels.name}: labels {label} and {other} touch, and both touch others that do"
                    raise InvalidArgument(f"{message}: two sides are not enough; merge labels", "voxels")
    sides = [tuple(sorted(label for label, side in colour.items() if side == s)) for s in (0, 1)]
    return TwoColours(image_of(voxels, label=sides[0], smoothing=smoothing), sides[0], sides[1])


def _touching(values: NDArray[Any], present: NDArray[Any]) -> dict[int, set[int]]:
    neighbours: dict[int, set[int]] = {int(label): set() for label in present}
    for axis in range(3):
        first = np.take(values, np.arange(values.shape[axis] - 1), axis).ravel()
        second = np.take(values, np.arange(1, values.shape[axis]), axis).ravel()
        different = first != second
        for a, b in np.unique(np.column_stack([first[different], second[different]]), axis=0).astype(int).tolist():
            neighbours[a].add(b)
            neighbours[b].add(a)
    return neighbours
