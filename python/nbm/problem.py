"""The statement of an interface problem."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbm import _core
from nbm.arguments import as_instance
from nbm.box import Box
from nbm.errors import InvalidArgument, NoInterfaceWarning
from nbm.fields import FieldLike, GridField, as_field, depends_on_u, is_expression, update_digest
from nbm.walls import AXES, FACES, Dirichlet, Neumann, Periodic, Robin, WallCondition, as_walls, with_faces

if TYPE_CHECKING:
    import sympy as sp

__all__ = ["Box", "FieldLike", "GridField", "Medium", "Problem", "as_field"]

_PROBES = 4096
_MOST_SHOWN = 60  # characters of a field in repr


@dataclass(frozen=True, kw_only=True, eq=False)
class Medium:
    """One side of the interface: k u - div(mu grad u) = f, or R(u, x, y, z) in the place of k u.

    Each is a number, an expression of ``nbm.symbols``, a :class:`GridField`, or a function of points (n, 3), or of x, y
    and z, each (n,), whose values are (n,) or one number for all.

    Args:
        k: Reaction coefficient.
        mu: Diffusion coefficient, positive on this side; an expression may depend on ``nbm.symbols.u``.
        f: Source.
        boundary: u on the part of the box boundary that lies on this side; None: the problem's ``boundary``.
        reaction: R, an expression of ``nbm.symbols.u`` and the coordinates, instead of k: Newton's method solves such
            problems (docs/method.md, section 17).
        walls: Conditions on the parts of faces that lie on this side, instead of the problem's ``walls``.
    """

    k: FieldLike = 0.0
    mu: FieldLike = 1.0
    f: FieldLike = 0.0
    boundary: FieldLike | None = None
    reaction: sp.Expr | None = None
    walls: Mapping[str, WallCondition] | None = None


class Problem:
    """An elliptic problem with jumps across an interface (docs/method.md, section 1).

    k u - div(mu grad u) = f on each side of ``level_set`` = 0; minus is where it is negative. On it,
    u+ - u- = ``jump_u`` + ``resistance`` q and mu+ du+/dn - mu- du-/dn = ``jump_flux`` + ``surface_reaction`` m, with n
    from minus to plus, q and m the means of mu du/dn and of u on both sides; u = ``boundary`` on the box, but on
    ``walls`` that have another condition. Where no wall gives u and nothing else takes hold of it (k and
    ``surface_reaction`` are 0 and no wall has a transfer coefficient), sources and fluxes must balance, and u is the
    solution whose mean over the box is 0.

    Args:
        box: The domain.
        level_set: Field whose sign tells the side; None (or a positive number): no interface, all of the box is plus.
        minus: Coefficients where the level set is negative.
        plus: Coefficients elsewhere.
        jump_u: u+ - u- on the interface, but for what ``resistance`` makes.
        jump_flux: mu+ du+/dn - mu- du-/dn on the interface, but for what ``surface_reaction`` makes.
        resistance: Of the interface, not negative; units of u over those of mu du/dn: thermal contact (Kapitza)
            resistance, that of a membrane. Large values insulate.
        surface_reaction: What the interface takes from the flux for each unit of u, units of mu over length; as k in
            the volume, usually positive.
        boundary: u on the boundary of the box, for media that do not give their own.
        walls: Conditions of single faces: :class:`nbm.Dirichlet`, :class:`nbm.Neumann` or :class:`nbm.Robin` by "x-",
            "x+", "y-", "y+", "z-", "z+"; :class:`nbm.Periodic` by "x", "y", "z". On edges of a face that gives u with
            one that does not, u is given.

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
        resistance: FieldLike = 0.0,
        surface_reaction: FieldLike = 0.0,
        boundary: FieldLike = 0.0,
        walls: Mapping[str, WallCondition] | None = None,
    ) -> None:
        """State the problem; see the class."""
        self.box = box
        self.level_set = level_set
        self.minus = Medium() if minus is None else minus
        self.plus = Medium() if plus is None else plus
        self.jump_u = jump_u
        self.jump_flux = jump_flux
        self.resistance = resistance
        self.surface_reaction = surface_reaction
        self.boundary = boundary
        self.walls = as_walls(walls, "walls")
        as_instance(box, "box", Box, "nbm.Box(...)")
        as_instance(self.minus, "minus", Medium, "nbm.Medium(...)")
        as_instance(self.plus, "plus", Medium, "nbm.Medium(...)")
        self.fields: dict[str, _core.Field] = {}
        self._native = self._build()
        self._native.validate(_PROBES)
        if self._native.level_set.kind != "constant" and not _core.has_interface(self._native, 0):
            message = "level_set has the same sign wherever it was looked at; the problem is solved without interface"
            warnings.warn(message, NoInterfaceWarning, stacklevel=2)

    @property
    def native(self) -> _core.Problem:
        """The problem of the native engine; its functions live as long as this object.

        Raises:
            InvalidArgument: the problem is not linear.
        """
        if not self.is_linear:
            message = "problem: is not linear; nbm.solve and nbm.solve_on_grid solve it, for others take"
            raise InvalidArgument(f"{message} nbm.linearized(problem, solution)", "problem")
        return self._native

    @property
    def is_linear(self) -> bool:
        """Whether neither side has a reaction but k u, or a mu that depends on u."""
        return all(m.reaction is None and not depends_on_u(m.mu) for m in (self.minus, self.plus))

    def replace(self, **changes: Any) -> Problem:
        """Return the problem with other arguments of the constructor; no longer one with a known solution."""
        return _restore(Problem, {**Problem._statement(self), **changes})

    @property
    def periods(self) -> dict[str, Periodic]:
        """The conditions of periodic axes, by "x", "y", "z"."""
        return {axis: wall for axis, wall in self.walls.items() if isinstance(wall, Periodic)}

    @property
    def has_flux_walls(self) -> bool:
        """Whether any wall gives a flux."""
        return bool(self._flux_walls_of(self.plus, "plus"))

    def __repr__(self) -> str:
        parts = [f"{self.box!r}", f"level_set={_shown(self.level_set)}"]
        for side, medium in (("minus", self.minus), ("plus", self.plus)):
            values = ", ".join(
                f"{name}={_shown(getattr(medium, name))}"
                for name in ("k", "mu", "f", "boundary", "reaction")
                if getattr(medium, name) is not None
            )
            parts.append(f"{side}=Medium({values})")
        if self.walls:
            parts.append(f"walls={self.walls}")
        laws = [name for name in ("resistance", "surface_reaction") if not _is_zero(getattr(self, name))]
        names = ("jump_u", "jump_flux", *laws, "boundary")
        parts += [f"{name}={_shown(getattr(self, name))}" for name in names]
        return f"{type(self).__name__}({', '.join(parts)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self._statement())

    def _statement(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        jumps = ("jump_u", "jump_flux", "resistance", "surface_reaction")
        names = ("box", "level_set", "minus", "plus", *jumps, "boundary", "walls")
        return {name: getattr(self, name) for name in names}

    def digest(self) -> str:
        """Return the SHA-256 of what the problem says, in hexadecimal: equal for equal statements on any machine.

        Of a Python function only its presence is known: problems that differ in functions alone have the same digest.
        """
        digest = hashlib.sha256(f"nbm problem 1 {self.box.lower!r} {self.box.upper!r}".encode())
        for name in ("level_set", "jump_u", "jump_flux"):
            value = getattr(self, name)
            update_digest(digest, 1.0 if value is None else value, name)
        for name in ("resistance", "surface_reaction"):
            if not _is_zero(getattr(self, name)):  # problems without have the digests that they always had
                update_digest(digest, getattr(self, name), name)
        for side in ("minus", "plus"):
            medium = getattr(self, side)
            for name in ("k", "mu", "f"):
                update_digest(digest, getattr(medium, name), f"{side}.{name}")
            update_digest(digest, self._boundary_of(medium, side), f"{side}.boundary")
            if medium.reaction is not None:
                update_digest(digest, medium.reaction, f"{side}.reaction")
            for face, condition in sorted(self._flux_walls_of(medium, side).items()):
                for name, value in vars(condition).items():
                    update_digest(digest, value, f"{side}.walls.{face}.{name}")
        for axis, period in sorted(self.periods.items()):
            for name, value in vars(period).items():
                update_digest(digest, value, f"walls.{axis}.{name}")
        return digest.hexdigest()

    def name_of_boundary(self, side: str) -> str:
        """Return the name among ``fields`` of u on the walls of "minus" or "plus"."""
        medium = getattr(self, side)
        faces = self._walls_of(medium, side).values()
        own = medium.boundary is not None or any(isinstance(wall, Dirichlet) for wall in faces)
        return f"{side}.boundary" if own else "boundary"

    def _boundary_of(self, medium: Medium, side: str) -> FieldLike:
        boundary = self.boundary if medium.boundary is None else medium.boundary
        faces = {face: wall.u for face, wall in self._walls_of(medium, side).items() if isinstance(wall, Dirichlet)}
        return with_faces(boundary, faces, self.box, f"{side}.boundary")

    def _walls_of(self, medium: Medium, side: str) -> dict[str, WallCondition]:
        own = as_walls(medium.walls, f"{side}.walls")
        for face in own:
            if face[0] in self.walls:
                message = f"{side}.walls: {face} has two conditions, its own and that of the period {face[0]!r}"
                raise InvalidArgument(message, f"{side}.walls")
        return {**self.walls, **own}

    def _flux_walls_of(self, medium: Medium, side: str) -> dict[str, Neumann | Robin]:
        walls = self._walls_of(medium, side)
        return {face: wall for face, wall in walls.items() if isinstance(wall, (Neumann, Robin))}

    def _build(self) -> _core.Problem:
        native = _core.Problem(
            box=self.box.native,
            level_set=self._field(1.0 if self.level_set is None else self.level_set, "level_set"),
            minus=self._native_medium(self.minus, "minus"),
            plus=self._native_medium(self.plus, "plus"),
            jump_u=self._field(self.jump_u, "jump_u"),
            jump_flux=self._field(self.jump_flux, "jump_flux"),
            resistance=self._field(self.resistance, "resistance"),
            surface_reaction=self._field(self.surface_reaction, "surface_reaction"),
        )
        minus, plus = self._flux_walls_of(self.minus, "minus"), self._flux_walls_of(self.plus, "plus")
        for index, face in enumerate(FACES):
            if (face in minus) != (face in plus):
                side = "minus" if face in minus else "plus"
                message = (
                    f"{side}.walls: {face} has a flux on this side only, u on the other; give both sides one of them"
                )
                raise InvalidArgument(message, f"{side}.walls")
            if face in minus:
                native.set_wall(index, self._law(minus[face], "minus", face), self._law(plus[face], "plus", face))
        for axis, period in self.periods.items():
            jump, source = (self._field(getattr(period, n), f"walls.{axis}.{n}") for n in ("jump", "source"))
            native.set_period(AXES.index(axis), jump, source)
        return native

    def _law(self, condition: Neumann | Robin, side: str, face: str) -> _core.WallLaw:
        own = face in (getattr(self, side).walls or {})
        name = f"{side}.walls.{face}" if own else f"walls.{face}"
        if isinstance(condition, Neumann):
            zero = _core.Field.from_number(0.0)
            return _core.WallLaw(zero, zero, self._field(condition.flux, f"{name}.flux"))
        h, u = self._field(condition.h, f"{name}.h"), self._field(condition.u, f"{name}.u")
        return _core.WallLaw(h, u, _core.Field.from_number(0.0))

    def _native_medium(self, medium: Medium, side: str) -> _core.Medium:
        if medium.reaction is not None:
            if not is_expression(medium.reaction):
                kind = type(medium.reaction).__name__
                message = f"{side}.reaction: got {kind}, expected an expression of nbm.symbols"
                raise InvalidArgument(message, f"{side}.reaction")
            if not (isinstance(medium.k, (int, float)) and medium.k == 0):
                raise InvalidArgument(f"{side}: got k and a reaction, which stands in its place; give one", f"{side}.k")
        return _core.Medium(
            k=self._field(medium.k, f"{side}.k"),
            mu=self._field(1.0 if depends_on_u(medium.mu) else medium.mu, f"{side}.mu"),
            f=self._field(medium.f, f"{side}.f"),
            boundary=self._field(self._boundary_of(medium, side), self.name_of_boundary(side)),
        )

    def _field(self, value: FieldLike, name: str) -> _core.Field:
        if name not in self.fields:  # one boundary serves both sides; a second field would let go of the first
            self.fields[name] = as_field(value, name)
        return self.fields[name]


def _restore(kind: type[Problem], statement: dict[str, Any]) -> Problem:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoInterfaceWarning)  # given when it was stated
        return kind(**statement)


def _is_zero(value: Any) -> bool:
    return isinstance(value, (int, float)) and value == 0


def _shown(value: Any) -> str:
    """Return a field in a few words."""
    if callable(value) and not isinstance(value, GridField):
        return f"<function {getattr(value, '__name__', type(value).__name__)}>"
    text = str(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 3]}..."
