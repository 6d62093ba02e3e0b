"""Training curves."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from nbm.errors import InvalidArgument
from nbm.viz.drawing import figure, save_figure

__all__ = ["plot_history"]

_LINES = ("-", "--", ":", "-.", (0, (1, 4)))  # told apart without colours


def plot_history(records: Sequence[Any], path: str | os.PathLike[str]) -> None:
    """Draw loss, residuals by group, and the error where it is known, over the steps.

    Args:
        records: ``solution.history`` or those of a run folder.
        path: The picture; its ending gives the format.

    Raises:
        BackendUnavailable: matplotlib is not installed.
        InvalidArgument: no records, or the ending is not known.
    """
    if not records:
        raise InvalidArgument("records: there is none; a loaded model has no history", "records")
    made = figure(8, 4.5)
    axes = made.add_subplot()
    steps = [record.step for record in records]
    axes.semilogy(steps, [record.loss for record in records], color="black", linewidth=1.8, label="loss")
    for number, name in enumerate(records[0].groups):
        values = [np.sqrt(record.groups.get(name, np.nan)) for record in records]
        axes.semilogy(steps, values, linestyle=_LINES[number % len(_LINES)], label=f"RMS residual, {name}")
    errors = [getattr(record, "error", None) for record in records]
    if any(error is not None for error in errors):
        axes.semilogy(
            steps, [np.nan if e is None else e for e in errors], marker=".", markersize=4, label="RMS error of u"
        )
    axes.set(xlabel="step")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=9)
    save_figure(made, path)
