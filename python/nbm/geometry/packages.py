"""The packages of ``nbm[geometry]``, imported when a shape needs them; a sentence where one is missing."""

from __future__ import annotations

import importlib
from typing import Any

from nbm.errors import BackendUnavailable

__all__ = ["package", "scipy_module"]


def package(name: str, use: str, distribution: str | None = None, extra: str = "geometry") -> Any:
    """Import a package. ``BackendUnavailable`` with what it is for and how to get it where it is missing."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        shown = distribution or name
        raise BackendUnavailable(f"{use} needs {shown}, which is missing: pip install 'nbm[{extra}]'", shown) from error


def scipy_module(name: str) -> Any:
    """Import a module of SciPy."""
    return package(f"scipy.{name}", "geometry", "scipy")
