"""The statement of an interface problem."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass

from nbm import _core
from nbm.box import Box
from nbm.errors import InvalidArgument, NoInterfaceWarning
from nbm.fields import FieldLike, GridField, as_field, update_digest

__all__ = ["Box", "FieldLike", "GridField", "Medium", "Problem", "as_field"]

_PROBES = 4096


@dataclass(frozen=True, kw_only=True, eq=False)
class Medium:
    """One side of the interface: k u - div(mu grad u) = f.

    Each is a number, an expression of ``nbm.symbols``, a :class:`GridField`, or a function of points (n, 3) to (n,).

    Args:
        k: Reaction coefficient.
        mu: Diffusion coefficient, positive on this side.
        f: Source.
        boundary: u on the part of the box boundary that lies on this side; None: the problem's ``boundary``.
    """

    k: FieldLike = 0.0
    mu: FieldLike = 1.0
    f: FieldLike = 0.0
    boundary: FieldLike | None = None


class Problem:
    """An elliptic problem with jumps across an interface (docs/method.md, section 1).

    k u - div(mu grad u) = f on each side of ``level_set`` = 0; minus is where it is negative. On it,
    u+ - u- = ``jump_u`` and mu+ du+/dn - mu- du-/dn = ``jump_flux``, n from minus to plus; u = ``boundary`` on the box.

    Args:
        box: The domain.
        level_set: Field whose sign tells the side; None (or a positive number): no interface, all of the box is plus.
        minus: Coefficients where the level set is negative.
        plus: Coefficients elsewhere.
        jump_u: u+ - u- on the interface.
        jump_flux: mu+ du+/dn - mu- du-/dn on the interface.
        boundary: u on the boundary of the box, for media that do not give their own.

    Raises:
        InvalidArgument: an argument of another type, an unknown symbol or function, or a grid smaller than the box.
        InvalidField: a field is not finite, or mu not positive, where the method would use it (``field``, ``point``).

    Warns:
        NoInterfaceWarning: the level set has one sign only at some thousand points of the box.
    """

    def __init__(
        self,
        box: Box,
        level_set: FieldLike | None = None,
        *,
        minus: Medium | None = None,
        plus: Medium | None = None,
        jump_u: FieldLike = 0.0,
        jump_flux: FieldLike = 0.0,
        boundary: FieldLike = 0.0,
    ) -> None:
        """State the problem; see the class."""
        self.box = box
        self.level_set = level_set
        self.minus = Medium() if minus is None else minus
        self.plus = Medium() if plus is None else plus
        self.jump_u = jump_u
        self.jump_flux = jump_flux
        self.boundary = boundary
        _require(box, Box, "box")
        _require(self.minus, Medium, "minus")
        _require(self.plus, Medium, "plus")
        self._native = self._build()
        self._native.validate(_PROBES)
        if self._native.level_set.kind != "constant" and not _core.has_interface(self._native, 0):
            message = "level_set has the same sign wherever it was looked at; the problem is solved without interface"
            warnings.warn(message, NoInterfaceWarning, stacklevel=2)

    @property
    def native(self) -> _core.Problem:
        """The problem of the native engine."""
        return self._native

    def digest(self) -> str:
        """Return the SHA-256 of what the problem says, in hexadecimal: equal for equal statements on any machine.

        Of a Python function only its presence is known: problems that differ in functions alone have the same digest.
        """
        digest = hashlib.sha256(f"nbm problem 1 {self.box.lower!r} {self.box.upper!r}".encode())
        for name in ("level_set", "jump_u", "jump_flux"):
            value = getattr(self, name)
            update_digest(digest, 1.0 if value is None else value, name)
        for side in ("minus", "plus"):
            medium = getattr(self, side)
            for name in ("k", "mu", "f"):
                update_digest(digest, getattr(medium, name), f"{side}.{name}")
            update_digest(digest, self._boundary_of(medium), f"{side}.boundary")
        return digest.hexdigest()

    def _boundary_of(self, medium: Medium) -> FieldLike:
        return self.boundary if medium.boundary is None else medium.boundary

    def _build(self) -> _core.Problem:
        return _core.Problem(
            box=self.box.native,
            level_set=as_field(1.0 if self.level_set is None else self.level_set, "level_set"),
            minus=self._native_medium(self.minus, "minus"),
            plus=self._native_medium(self.plus, "plus"),
            jump_u=as_field(self.jump_u, "jump_u"),
            jump_flux=as_field(self.jump_flux, "jump_flux"),
        )

    def _native_medium(self, medium: Medium, side: str) -> _core.Medium:
        boundary_name = "boundary" if medium.boundary is None else f"{side}.boundary"
        return _core.Medium(
            k=as_field(medium.k, f"{side}.k"),
            mu=as_field(medium.mu, f"{side}.mu"),
            f=as_field(medium.f, f"{side}.f"),
            boundary=as_field(self._boundary_of(medium), boundary_name),
        )


def _require(value: object, kind: type, name: str) -> None:
    if not isinstance(value, kind):
        raise InvalidArgument(f"{name}: got {type(value).__name__}, expected nbm.{kind.__name__}", name)
