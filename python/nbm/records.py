"""What training records."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Record"]


@dataclass(frozen=True, kw_only=True)
class Record:
    """One recorded step of training.

    Attributes:
        step: Number of the step, from 0.
        steps: How many there will be.
        loss: Weighted sum of the mean squares below.
        groups: Mean squared residual by group of rows: "regular", "irregular", "boundary", "value_jump", "flux_jump",
            and the names of the observations.
        rows: Number of rows in each group, over all ranks.
        rate: Learning rate (Adam), or damping (Gauss-Newton).
        cell_size: Longest edge of the cell.
        seconds: Since training began.
        points_per_second: Rows a second since the record before.
    """

    step: int
    steps: int
    loss: float
    groups: dict[str, float]
    rows: dict[str, int]
    rate: float
    cell_size: float
    seconds: float
    points_per_second: float
