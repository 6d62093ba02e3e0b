"""nbm: elliptic PDEs with jumps across irregular interfaces in 3-D, solved by small sine networks."""

from __future__ import annotations

from nbm import _core
from nbm.error_norms import ErrorNorms
from nbm.errors import (
    BackendUnavailable,
    FileError,
    InvalidArgument,
    InvalidField,
    NbmError,
    NonFiniteLoss,
    ProblemFileError,
)
from nbm.solution import Solution, load

__version__: str = _core.build_info().version

__all__ = [
    "BackendUnavailable",
    "ErrorNorms",
    "FileError",
    "InvalidArgument",
    "InvalidField",
    "NbmError",
    "NonFiniteLoss",
    "ProblemFileError",
    "Solution",
    "load",
]
