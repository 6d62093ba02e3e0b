"""Errors of nbm.

Each says in one sentence what was given, what was expected and what to do; its fields carry the data.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "BackendUnavailable",
    "FileError",
    "Interrupted",
    "InvalidArgument",
    "InvalidField",
    "NbmError",
    "NbmWarning",
    "NoInterfaceWarning",
    "NonFiniteLoss",
    "NotConverged",
    "NotTrustedWarning",
    "OutsideWarning",
    "ProblemFileError",
    "RankFailure",
    "RanksDiverged",
]


class NbmError(RuntimeError):
    """Base of every error that nbm raises. Errors can be pickled with their fields, as between processes."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args, vars(self).copy())


def _restore(kind: type[BaseException], arguments: tuple[Any, ...], fields: dict[str, Any]) -> BaseException:
    maker = OSError if issubclass(kind, OSError) else kind  # whose memory is laid out in its own way
    error: BaseException = maker.__new__(kind)
    error.args = arguments
    vars(error).update(fields)
    return error


class InvalidArgument(NbmError, ValueError):
    """An argument or option that cannot be used. ``name``: the argument."""

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


class InvalidField(NbmError, ValueError):
    """A coefficient with an unusable value. ``field``: its name, ``value``: what was found, ``point``: where."""

    def __init__(self, message: str, field: str, value: float, point: tuple[float, float, float]) -> None:
        super().__init__(message)
        self.field = field
        self.value = value
        self.point = point


class NonFiniteLoss(NbmError, ArithmeticError):
    """Training produced NaN or infinity. ``step``: when, ``group``: in the residuals of which rows."""

    def __init__(self, message: str, step: int, group: str) -> None:
        super().__init__(message)
        self.step = step
        self.group = group


class NotConverged(NbmError, ArithmeticError):
    """Newton's method did not converge. ``step``: after how many; ``point``: where its residual is largest."""

    def __init__(self, message: str, step: int, point: tuple[float, float, float]) -> None:
        super().__init__(message)
        self.step = step
        self.point = point


class BackendUnavailable(NbmError):
    """A feature that this build or machine lacks. ``backend``: its name."""

    def __init__(self, message: str, backend: str) -> None:
        super().__init__(message)
        self.backend = backend


class FileError(NbmError, OSError):
    """A file that is missing, damaged or of another version. ``path``: the file."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(message)
        self.path = path


class ProblemFileError(FileError):
    """A problem file that cannot be used. ``key``: where, dotted; ``line``: from 1, or None for the whole file."""

    def __init__(self, message: str, path: str, key: str, line: int | None) -> None:
        super().__init__(message, path)
        self.key = key
        self.line = line


class RankFailure(NbmError):
    """Another rank failed with an error that is not nbm's own, such as one of a callback. ``rank``: which.

    The message holds its text; the rank itself raises the original. nbm's own errors are raised with their type on
    every rank.
    """

    def __init__(self, message: str, rank: int) -> None:
        super().__init__(message)
        self.rank = rank


class RanksDiverged(NbmError):
    """The parameters of two ranks are no longer the same. ``step``: when, ``rank``: which differs from the first."""

    def __init__(self, message: str, step: int, rank: int) -> None:
        super().__init__(message)
        self.step = step
        self.rank = rank


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during :func:`nbm.solve`. ``solution``: the :class:`nbm.Solution` as trained until then."""

    def __init__(self, message: str, solution: Any) -> None:
        super().__init__(message)
        self.solution = solution

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args, vars(self).copy())


class NbmWarning(UserWarning):
    """Base of every warning that nbm gives."""


class NoInterfaceWarning(NbmWarning):
    """A level set has the same sign wherever it was looked at: the problem is solved as one without interface."""


class OutsideWarning(NbmWarning):
    """Points lie outside of the box, where a solution means nothing."""


class NotTrustedWarning(NbmWarning):
    """The certificate of a solution refuses it; the text says why."""
