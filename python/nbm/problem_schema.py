"""What a TOML problem file may say: its sections, keys and types. What is left out keeps the library's defaults."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    ValidationInfo,
    field_validator,
    model_validator,
)

from nbm import expressions, symbols
from nbm.walls import AXES

__all__ = ["ProblemFile", "names_array"]


def _expression(value: Any, info: ValidationInfo) -> Any:
    if not _is_number(value) and not isinstance(value, str):
        raise ValueError(f"got {value!r}, expected a finite number or an expression in quotes")
    if isinstance(value, str) and not names_array(value):
        expressions.parse(value, info.context)
    return value


def _of_u(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str) or names_array(value):
        return _expression(value, info)
    expressions.parse(value, {**(info.context or {}), "u": symbols.u})
    return value


def _is_number(value: Any) -> bool:
    try:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an integer beyond double precision
        return False


def _value_scale(value: Any) -> Any:
    if value != "auto" and not (_is_number(value) and value > 0):
        raise ValueError(f'got {value!r}, expected "auto" or a positive number')
    return value


def _value_shift(value: Any) -> Any:
    pair = isinstance(value, list) and len(value) == len(("minus", "plus")) and all(map(_is_number, value))
    if value != "auto" and not pair and not _is_number(value):
        raise ValueError(f'got {value!r}, expected "auto", a number, or [minus, plus]')
    return value


def names_array(text: str) -> bool:
    """Whether a field is given by the name of a file with its values at the nodes of a grid over the box."""
    return text.endswith(".npy")


Expression = Annotated[str | float, BeforeValidator(_expression)]
ExpressionOfU = Annotated[str | float, BeforeValidator(_of_u)]
# Strict: a truth value or a number in quotes is no number.
Finite = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Vector = tuple[Finite, Finite, Finite]
Count = Annotated[int, Strict(), Field(ge=0, le=2**64 - 1)]  # a seed is the largest
PositiveCount = Annotated[int, Strict(), Field(ge=1, le=2**63 - 1)]
Nodes = Annotated[int, Strict(), Field(ge=2, le=2**31)]
Label = Annotated[int, Strict(), Field(ge=-(2**63), le=2**63 - 1)]
Positive = Annotated[float, Strict(), Field(gt=0, allow_inf_nan=False)]
Switch = Annotated[bool, Strict()]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def given(self) -> dict[str, Any]:
        """Return the keys that the file sets."""
        return self.model_dump(exclude_unset=True)


class BoxSection(_Section):
    """[box]: the domain."""

    lower: Vector = (-1.0, -1.0, -1.0)
    upper: Vector = (1.0, 1.0, 1.0)


class GeometrySection(_Section):
    """[geometry]: the interface from a file, instead of ``level_set``; options are those of the kind of file."""

    file: Annotated[str, Strict(), Field(min_length=1)]
    scale: Positive | None = None
    translate: Vector | None = None
    threshold: Finite | None = None
    label: Label | tuple[Label, ...] | None = None
    spacing: tuple[Positive, Positive, Positive] | None = None
    origin: Vector | None = None
    smoothing: Annotated[float, Strict(), Field(ge=0, allow_inf_nan=False)] | None = None
    surface: Literal["van_der_waals", "solvent_accessible", "solvent_excluded"] | None = None
    probe: Positive | None = None
    force_field: str | None = None
    offset: Finite = 0.0
    invert: Switch = False
    margin: Annotated[float, Strict(), Field(ge=0, allow_inf_nan=False)] | None = None
    cells: Annotated[int, Strict(), Field(ge=4, le=2**31)] = 96


class WallSection(_Section):
    """A face in [walls]: u on it, or the flux mu du/dn, n outward, or h and u of an exchange with surroundings.

    Of an axis: the jump of u over a period and the source on its walls, or nothing.
    """

    jump: Expression | None = None
    source: Expression | None = None
    flux: Expression | None = None
    h: Expression | None = None
    u: Expression | None = None

    @model_validator(mode="after")
    def _one_condition(self) -> WallSection:
        of_period = self.jump is not None or self.source is not None
        if (self.flux is not None) + (self.h is not None or self.u is not None) + of_period > 1:
            raise ValueError("give u, or flux, or h and u of the surroundings: a wall has one condition")
        return self


def _keys_of_faces(walls: dict[str, WallSection]) -> dict[str, WallSection]:
    for face, section in walls.items():
        periodic = section.model_fields_set <= {"jump", "source"}
        if face in AXES and not periodic:
            raise ValueError(f"{face}: a period has a jump and a source, or nothing; u, flux and h are those of a face")
        if face not in AXES and (periodic or not section.model_fields_set):
            raise ValueError(f"{face}: give u, or flux, or h and u of the surroundings")
    return walls


Face = Literal["x-", "x+", "y-", "y+", "z-", "z+"]
Wall = Literal[Face, "x", "y", "z"]
WallsSection = Annotated[dict[Wall, WallSection], AfterValidator(_keys_of_faces)]


class ProblemSection(_Section):
    """[problem]: the interface, the jumps across it, u on the boundary of the box."""

    level_set: Expression | None = None
    jump_u: Expression = 0.0
    jump_flux: Expression = 0.0
    resistance: Expression = 0.0
    surface_reaction: Expression = 0.0
    boundary: Expression = 0.0


class MediumSection(_Section):
    """[minus], [plus]: k u - div(mu grad u) = f on one side, u = boundary on the part of the box that lies there.

    ``reaction``, of u and the coordinates, stands instead of k u; mu may depend on u too.
    """

    k: Expression = 0.0
    mu: ExpressionOfU = 1.0
    f: Expression = 0.0
    boundary: Expression | None = None
    reaction: ExpressionOfU | None = None
    walls: WallsSection | None = None


class ManufacturedSection(_Section):
    """[manufactured]: a known solution from which sources, jumps and boundary values follow."""

    u_minus: Expression
    u_plus: Expression
    mu_minus: Expression = 1.0
    mu_plus: Expression = 1.0
    k_minus: Expression = 0.0
    k_plus: Expression = 0.0
    resistance: Expression = 0.0
    surface_reaction: Expression = 0.0
    level_set: Expression | None = None
    walls: dict[Face, Expression] | None = None


class NetworkSection(_Section):
    """[network]: the sine networks."""

    hidden: Annotated[tuple[PositiveCount, ...], Field(min_length=1)] = (10, 10, 10, 10, 10)
    omega: Positive = 2.0
    gamma: Positive = 1.5
    trained: Literal["all", "output"] = "all"


class TrainingSection(_Section):
    """[training]: how the residuals are made and weighed."""

    cells: PositiveCount | None = None
    cell_size: Positive | None = None
    networks: Literal["sides", "pieces"] | None = None
    levels: PositiveCount | None = None
    order: Literal["sequential", "cycle", "random"] | None = None
    discretization: Literal["auto", "bochkov_gibou", "direct_jump"] | None = None
    loss: Literal["balanced", "paper"] | None = None
    precision: Literal["float32", "float64"] | None = None
    value_scale: Annotated[Any, BeforeValidator(_value_scale)] = None
    value_shift: Annotated[Any, BeforeValidator(_value_shift)] = None
    seconds: Positive | None = None
    seed: Count | None = None
    threads: Count | None = None
    device: str | None = None
    record_every: PositiveCount | None = None
    weights: dict[str, Annotated[float, Field(ge=0)]] | None = None

    @model_validator(mode="after")
    def _one_size(self) -> TrainingSection:
        if self.cells is not None and self.cell_size is not None:
            raise ValueError("cells and cell_size say the same thing; give one of them")
        return self


class ObservationsSection(_Section):
    """[[observations]]: known values, in a CSV file beside the problem file."""

    file: str
    name: str | None = None
    sigma: Positive | None = None
    side: Literal["minus", "plus"] | None = None
    weight: Annotated[float, Field(ge=0)] | None = None
    per_draw: PositiveCount | None = None


class AdamSection(_Section):
    """[optimizer] with kind = "adam"."""

    kind: Literal["adam"]
    steps: PositiveCount | None = None
    learning_rate: Positive | None = None
    schedule: Literal["constant", "exponential", "cosine"] | None = None
    final_fraction: Positive | None = None
    beta1: Positive | None = None
    beta2: Positive | None = None
    epsilon: Positive | None = None
    clip_norm: Annotated[float, Strict(), Field(ge=0)] | None = None
    local_steps: PositiveCount | None = None


class GaussNewtonSection(_Section):
    """[optimizer] with kind = "gauss_newton"."""

    kind: Literal["gauss_newton"]
    steps: PositiveCount | None = None
    damping: Positive | None = None
    decrease: Positive | None = None
    increase: Positive | None = None
    trials: PositiveCount | None = None
    starts: PositiveCount | None = None
    start_steps: PositiveCount | None = None
    stop_fraction: Annotated[float, Strict(), Field(ge=0, lt=1)] | None = None
    system: Literal["auto", "normal", "rows"] | None = None


class AutomaticSection(_Section):
    """[optimizer] with kind = "auto": the library chooses."""

    kind: Literal["auto"] = "auto"


class SamplingSection(_Section):
    """[sampling]: the points of a step."""

    mode: Literal["fresh", "grid"] | None = None
    regular: Count | None = None
    irregular: Count | None = None
    boundary: Count | None = None
    by_pieces: Annotated[float, Strict(), Field(ge=0, le=1)] | None = None
    by_sources: Annotated[float, Strict(), Field(ge=0, le=1)] | None = None
    refresh: PositiveCount | None = None
    grid_nodes: PositiveCount | None = None
    batch: PositiveCount | None = None


class PlateauSection(_Section):
    """[plateau]: when to stop early."""

    window: Count | None = None
    tolerance: Annotated[float, Strict(), Field(ge=0, lt=1)] | None = None


class OutputSection(_Section):
    """[output]: what a run leaves beside the model."""

    vtk: Switch = True
    shape: tuple[Nodes, Nodes, Nodes] = (64, 64, 64)
    fields: tuple[Literal["u", "side", "level_set", "gradient"], ...] = ("u", "side", "level_set")
    picture: Switch = True
    axis: Literal["x", "y", "z"] | None = None
    position: Finite | None = None


class ProblemFile(_Section):
    """The whole file: [problem] with [minus] and [plus], or [manufactured]; everything else is optional."""

    parameters: dict[str, Finite] = {}
    box: BoxSection | None = None
    geometry: GeometrySection | None = None
    problem: ProblemSection | None = None
    minus: MediumSection | None = None
    plus: MediumSection | None = None
    walls: WallsSection = {}
    manufactured: ManufacturedSection | None = None
    network: NetworkSection = NetworkSection()
    training: TrainingSection = TrainingSection()
    optimizer: Annotated[AdamSection | GaussNewtonSection | AutomaticSection, Field(discriminator="kind")] = (
        AutomaticSection()
    )
    sampling: SamplingSection = SamplingSection()
    plateau: PlateauSection = PlateauSection()
    observations: tuple[ObservationsSection, ...] = ()
    output: OutputSection = OutputSection()

    @field_validator("parameters")
    @classmethod
    def _free_names(cls, parameters: dict[str, float]) -> dict[str, float]:
        for name in parameters:
            if not expressions.is_free_name(name):
                raise ValueError(f"{name}: is no free name; expected letters, digits and _, not x, E, sin ...")
        return parameters

    @model_validator(mode="after")
    def _one_problem(self) -> ProblemFile:
        stated = self.problem is not None or self.minus is not None or self.plus is not None
        if stated and self.manufactured is not None:
            raise ValueError("give [manufactured], or [problem] with [minus] and [plus], not both")
        if not stated and self.manufactured is None:
            raise ValueError("no problem is stated: give [problem] with [minus] and [plus], or [manufactured]")
        if self.walls and self.manufactured is not None:
            raise ValueError("the walls of [manufactured] are a key of it, with transfer coefficients by face")
        section = self.problem or self.manufactured
        if self.geometry is not None and section is not None and section.level_set is not None:
            raise ValueError("give level_set or [geometry], not both")
        return self
