"""What the pictures share: the libraries, colours that are readable in print, files."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nbm.errors import BackendUnavailable, FileError, InvalidArgument

__all__ = [
    "BAR",
    "DIVERGING",
    "GREY",
    "SEQUENTIAL",
    "figure",
    "plotter",
    "pyvista_module",
    "save_figure",
    "save_plotter",
]

# Perceptually uniform, and in the same order in grey: they survive a black-and-white printer.
SEQUENTIAL = "viridis"
DIVERGING = "coolwarm"  # for jumps and errors, about 0
GREY = "#c9ccd1"
BAR: dict[str, Any] = {
    "color": "black",
    "title_font_size": 26,
    "label_font_size": 22,
    "fmt": "%.3g",
    "n_labels": 4,
    "vertical": False,
    "height": 0.1,
    "width": 0.62,
    "position_x": 0.19,
    "position_y": 0.03,
}


def plotter(**options: Any) -> Any | None:
    """Return an off-screen plotter of PyVista, or None where it is not installed."""
    try:
        with quiet():
            made: Any = pyvista_module().Plotter(off_screen=True, **options)
    except ImportError:
        return None
    made.set_background("white")
    return made


def pyvista_module() -> Any:
    """Return PyVista. ``ImportError`` where it is not installed."""
    return importlib.import_module("pyvista")


@contextmanager
def quiet() -> Iterator[None]:
    """Keep VTK's remarks about screens that are not there off the standard error."""
    with pyvista_module().vtk_verbosity("off"):
        yield


def save_plotter(made: Any, path: str | os.PathLike[str]) -> None:
    """Write what a plotter shows. ``FileError`` if not, ``InvalidArgument`` for an ending that it does not know."""
    try:
        made.enable_anti_aliasing("ssaa")
        made.screenshot(str(path))
    except ValueError as error:
        raise InvalidArgument(f"path: {path}: {error}", "path") from error
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error}", str(path)) from error
    finally:
        made.close()


def figure(width: float, height: float) -> Any:
    """Return a figure of matplotlib of this size in inches, which no window shows.

    Raises:
        BackendUnavailable: matplotlib is missing.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        message = "pictures need matplotlib, which is not installed: pip install 'nbm[plot]'"
        raise BackendUnavailable(message, "matplotlib") from error
    made = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(made)
    return made


def save_figure(made: Any, path: str | os.PathLike[str], dpi: int = 150) -> None:
    """Write a figure; errors as for :func:`save_plotter`."""
    try:
        made.savefig(path, dpi=dpi)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror}", str(path)) from error
    except ValueError as error:  # an ending that matplotlib does not know
        raise InvalidArgument(f"path: {path}: {error}", "path") from error
