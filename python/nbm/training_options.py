"""The options of training: the one list of arguments of :func:`nbm.solve` and :class:`nbm.Trainer`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar, overload

from nbm import _core
from nbm.arguments import as_choice, as_instance, as_integer, as_real, as_seed, as_sizes, as_threads
from nbm.errors import InvalidArgument
from nbm.observations import Observations, all_observations
from nbm.optimizers import Adam, GaussNewton, Optimizer, Plateau, Siren
from nbm.records import Record
from nbm.sampling import Resolution, Sampling

if TYPE_CHECKING:
    from nbm.problem import Problem
    from nbm.solution import Solution

__all__ = ["Callback", "TrainingOptions", "as_weights", "takes_options"]

# Along the longest edge. The cost of a row does not depend on its cell; cut cells need enough points in the thin layer
# of cells that the interface cuts (docs/how-to-choose.md).
_DEFAULT_CELLS = {"bochkov_gibou": 64, "direct_jump": 4096}
_MOST_GAUSS_NEWTON_PARAMETERS = 5000  # about as many as rows of its default sampling: benchmarks/NOTES.md
_MOST_CELLS = 2**30
# What concerns the machine or the choice of points, not the way of solving.
_NEUTRAL = ("device", "threads", "seed", "check_every", "overlap", "seconds", "progress", "start")

Callback = Callable[[Record], bool | None]
P = ParamSpec("P")
R = TypeVar("R")
Self = TypeVar("Self")


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """How to train; each field is a keyword of :func:`nbm.solve` and :class:`nbm.Trainer`.

    Attributes:
        network: Shape of the networks; default five hidden layers of ten.
        networks: "sides": two networks, one for each side of the interface. "pieces": one for each connected piece of a
            side, 64 at most: for pieces whose solutions have little to do with each other, a core and the surroundings
            of its shell, or grains. They are trained and evaluated on the CPU alone; with "auto" as the device that is
            where training goes.
        cells: Cells along the longest edge of the box, instead of their size.
        cell_size: Edge of the implicit cell, a number or one for each axis; default the longest box edge over 64 for
            "bochkov_gibou" and over 4096 for "direct_jump". The error falls with its square, the cost does not depend
            on it.
        resolution: Coarser or finer levels during training; default this one cell size.
        optimizer: :class:`nbm.Adam`, :class:`nbm.GaussNewton`, or by name with their defaults "adam", "gauss_newton";
            "auto": Gauss-Newton for networks of up to 5000 parameters that are trained.
        sampling: Points of a step; the default depends on the optimizer.
        discretization: "bochkov_gibou" cuts cells along the interface; "direct_jump" has rows for the jumps at points
            of the interface and is the more accurate where the solution is smooth on each side. "auto" is
            "bochkov_gibou", or "direct_jump" for a problem without interface, or where that has a resistance or surface
            reaction, with which rows of cut cells are wider and slower to make.
        loss: "balanced" weighs all groups of rows alike at the discretization error; "paper" weighs none.
        precision: Of the network's arithmetic; default float32 for Adam, float64 for Gauss-Newton.
        plateau: When to stop early; default never.
        value_scale: The networks learn v, where u = shift + scale v: the size of the changes of u. "auto" takes it from
            the data of the problem, so that other units of u give the same numbers. Losses are in units of v squared.
        value_shift: What u is about, one number or one for each side (minus, plus).
        device: "auto", "cpu", "cuda" or "cuda:<index>"; of "auto" and "cuda" the ranks of a node take its GPUs in turn.
        threads: CPU threads; 0: all cores of this process, shared among the ranks that may use them. The result does
            not depend on it.
        seed: Of the initial networks and all points. Equal seeds give equal bits.
        record_every: Steps between records; default a 200th of the steps.
        callback: Called with each :class:`nbm.Record`; returning True (on any rank) ends training (on all).
        comm: The ranks that train together, a communicator of mpi4py, by all of which this is called with the same
            arguments; default this process alone. Each takes its share of the points, and all return the same
            solution (docs/parallel.md).
        check_every: Steps between comparisons of the ranks' parameters; 0: never.
        overlap: On many ranks, make the next points while a message is under way: the same result, sooner, with twice
            the memory for points.
        seconds: About how long :func:`nbm.solve` may take where it decides by itself, on two cores; default as long as
            it needs, mostly below 20.
        progress: Whether it prints what it tries, as it does so, on standard error.
        observations: Known values of u or of its gradient, to be fitted beside the equation:
            :class:`nbm.Observations`, or several with different names.
        start: A solution of this or a similar problem. Networks start from its networks, which have to be of the same
            shape, instead of random ones; from networks that are first fitted to its values, beside the rows of the
            problem, where it has none (:func:`nbm.solve_on_grid`, expansions). Where :func:`nbm.solve` decides by
            itself, it takes the size of that solution's expansion and searches no other.
        weights: What multiplies the weight λ of a group of rows (docs/method.md, section 10), by its name: "regular",
            "irregular", "boundary", "value_jump", "flux_jump" and the names of the observations. 1 where a group is
            not named; 0 leaves its rows out.

    Raises:
        InvalidArgument: An option of another type or out of its range.
    """

    network: Siren | None = None
    networks: Literal["sides", "pieces"] = "sides"
    cells: int | None = None
    cell_size: float | Sequence[float] | None = None
    resolution: Resolution | None = None
    optimizer: Optimizer | Literal["auto", "adam", "gauss_newton"] = "auto"
    sampling: Sampling | None = None
    discretization: Literal["auto", "bochkov_gibou", "direct_jump"] = "auto"
    loss: Literal["balanced", "paper"] = "balanced"
    precision: Literal["float32", "float64"] | None = None
    plateau: Plateau | None = None
    value_scale: float | Literal["auto"] = 1.0
    value_shift: float | tuple[float, float] | Literal["auto"] = 0.0
    device: str = "auto"
    threads: int = 0
    seed: int = 0
    record_every: int | None = None
    callback: Callback | None = None
    comm: Any = None
    check_every: int = 100
    overlap: bool = True
    seconds: float | None = None
    progress: bool = False
    observations: Observations | Sequence[Observations] | None = None
    start: Solution | None = None
    weights: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        """Check the values."""
        classes = {"network": Siren, "resolution": Resolution, "sampling": Sampling, "plateau": Plateau}
        for name, kind in classes.items():
            if getattr(self, name) is not None:
                as_instance(getattr(self, name), name, kind, f"nbm.{kind.__name__}(...)")
        as_choice(self.networks, "networks", ("sides", "pieces"))
        self._check_cells()
        _optimizer(self.optimizer, Siren())
        as_choice(self.discretization, "discretization", ("auto", *_DEFAULT_CELLS))
        as_choice(self.loss, "loss", ("balanced", "paper"))
        if self.precision is not None:
            as_choice(self.precision, "precision", ("float32", "float64"))
        if self.value_scale != "auto" and not as_real(self.value_scale, "value_scale") > 0:
            raise InvalidArgument(f"value_scale: got {self.value_scale!r}, expected a positive number", "value_scale")
        _shifts(self.value_shift)
        as_instance(self.device, "device", str, "'auto', 'cpu', 'cuda' or 'cuda:<index>'")
        as_threads(self.threads)
        as_seed(self.seed)
        if self.record_every is not None:
            as_integer(self.record_every, "record_every", 1)
        if self.callback is not None and not callable(self.callback):
            raise InvalidArgument(f"callback: got {self.callback!r}, expected a function of a record", "callback")
        as_integer(self.check_every, "check_every", 0)
        if self.seconds is not None and not as_real(self.seconds, "seconds") > 0:
            raise InvalidArgument(f"seconds: got {self.seconds!r}, expected a positive number", "seconds")
        all_observations(self.observations)
        if self.start is not None:
            from nbm.solution import Solution  # which knows these options

            as_instance(self.start, "start", Solution, "the solution of a similar problem")
        as_weights(self.weights)

    def _check_cells(self) -> None:
        if self.cell_size is not None:
            as_sizes(self.cell_size)
        if self.cells is not None:
            as_integer(self.cells, "cells", 1, _MOST_CELLS)
            if self.cell_size is not None:
                raise InvalidArgument("cells: says the same as cell_size; give one of them", "cells")

    @property
    def asks_for_training(self) -> bool:
        """Whether any option says how to solve; else :func:`nbm.solve` decides by itself."""
        chosen = [field.name for field in fields(self) if getattr(self, field.name) != field.default]
        return any(name not in _NEUTRAL for name in chosen)

    def chosen_network(self) -> Siren:
        """Return the network, or the default."""
        return Siren() if self.network is None else self.network

    def chosen_optimizer(self) -> Optimizer:
        """Return the optimizer, chosen for the network where that was left open."""
        return _optimizer(self.optimizer, self.chosen_network())

    def chosen_discretization(self, problem: Problem) -> str:
        """Return the discretization for a problem."""
        if self.discretization != "auto":
            return self.discretization
        if problem.native.has_interface_law:  # whose rows of cut cells are wide
            return "direct_jump"
        return "bochkov_gibou" if _core.has_interface(problem.native, self.threads) else "direct_jump"

    def chosen_cell_size(self, problem: Problem) -> tuple[float, float, float]:
        """Return h along x, y, z, box units."""
        if self.cell_size is not None:
            return as_sizes(self.cell_size)
        cells = _DEFAULT_CELLS[self.chosen_discretization(problem)] if self.cells is None else self.cells
        return as_sizes(max(problem.box.edge) / cells)

    def chosen_device(self) -> str:
        """Return the device, which is the CPU where that was left open and no GPU can be used."""
        return "cpu" if self.networks == "pieces" and self.device == "auto" else self.device

    def native(self, problem: Problem) -> _core.TrainingOptions:
        """Return the options of the engine for a problem, with all choices made."""
        network, optimizer = self.chosen_network(), self.chosen_optimizer()
        sampling = _default_sampling(optimizer) if self.sampling is None else self.sampling
        resolution = Resolution() if self.resolution is None else self.resolution
        plateau = Plateau() if self.plateau is None else self.plateau
        options = _core.TrainingOptions()
        options.set_network(list(network.hidden), network.omega, network.gamma, network.trained)
        options.set_networks(self.networks)
        options.set_discretization(self.chosen_discretization(problem))
        options.set_resolution(self.chosen_cell_size(problem), resolution.levels, resolution.order)
        options.set_optimizer(optimizer.native())
        if sampling.mode == "grid":
            options.set_grid(sampling.grid_nodes, sampling.batch)
        else:
            options.set_samples(sampling.regular, sampling.irregular, sampling.boundary, sampling.refresh)
            options.set_shares(sampling.by_pieces, sampling.by_sources)
        options.set_loss(self.loss)
        options.set_precision(self.precision or ("float32" if isinstance(optimizer, Adam) else "float64"))
        options.set_plateau(plateau.window, plateau.tolerance)
        options.value_scale = None if isinstance(self.value_scale, str) else float(self.value_scale)
        options.value_shift = _shifts(self.value_shift)
        options.threads = self.threads
        options.seed = self.seed
        options.record_every = max(1, optimizer.steps // 200) if self.record_every is None else self.record_every
        options.check_every = self.check_every
        options.overlap = bool(self.overlap)
        for group in all_observations(self.observations):
            options.add_observations(group.native())
        options.set_weights(as_weights(self.weights))
        return options


def as_weights(weights: Mapping[str, float] | None) -> dict[str, float]:
    """Return weights of groups of rows by name."""
    try:
        return {str(name): float(weight) for name, weight in dict(weights or {}).items()}
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"weights: expected numbers by names of groups, got {weights!r}", "weights") from error


@overload
def takes_options(
    options: Callable[P, TrainingOptions],
) -> Callable[[Callable[[Problem, TrainingOptions], R]], Callable[Concatenate[Problem, P], R]]: ...


@overload
def takes_options(
    options: Callable[P, TrainingOptions], *, method: Literal[True]
) -> Callable[[Callable[[Self, Problem, TrainingOptions], R]], Callable[Concatenate[Self, Problem, P], R]]: ...


def takes_options(options: Callable[P, TrainingOptions], *, method: bool = False) -> Any:
    """Give a function of a problem and options the options' fields as keywords, for type checkers, editors and help.

    Args:
        options: :class:`TrainingOptions`.
        method: Whether the function is a method.
    """

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        first = list(inspect.signature(function).parameters.values())[:-1]
        keywords = list(inspect.signature(options).parameters.values())

        @functools.wraps(function)
        def call(*before: Any, **given: Any) -> R:
            positional, named = [*before], {"problem": given.pop("problem")} if "problem" in given else {}
            _refuse_unknown(given, keywords, function.__qualname__)
            return function(*positional, **named, options=options(**given))  # type: ignore[call-arg]

        call.__signature__ = inspect.Signature([*first, *keywords])  # type: ignore[attr-defined]
        call.__doc__ = _with_fields(inspect.getdoc(function) or "", inspect.getdoc(options) or "")
        return call

    return decorate


def _refuse_unknown(given: dict[str, Any], keywords: list[inspect.Parameter], function: str) -> None:
    known = {parameter.name for parameter in keywords}
    for name in given:
        if name not in known:
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}")


def _with_fields(text: str, options: str) -> str:
    """Insert what the options' docstring says of its fields at the end of the arguments of ``text``."""
    start, end = options.index("Attributes:\n") + len("Attributes:\n"), options.index("\n\nRaises:")
    return text.replace("\n\nRaises:", "\n" + options[start:end] + "\n\nRaises:", 1)


def _optimizer(given: Any, network: Siren) -> Optimizer:
    if isinstance(given, (Adam, GaussNewton)):
        return given
    expected = 'Adam(...), GaussNewton(...), "auto", "adam" or "gauss_newton"'
    if not isinstance(given, str) or given not in ("auto", "adam", "gauss_newton"):
        raise InvalidArgument(f"optimizer: got {given!r}, expected {expected}", "optimizer")
    if given == "auto":
        given = "gauss_newton" if network.unknowns <= _MOST_GAUSS_NEWTON_PARAMETERS else "adam"
    return Adam() if given == "adam" else GaussNewton()


def _shifts(given: Any) -> list[float] | None:
    if isinstance(given, str) and given == "auto":
        return None
    if isinstance(given, (tuple, list)):
        if len(given) == len(("minus", "plus")):
            return [as_real(value, "value_shift") for value in given]
        message = f'value_shift: got {given!r}, expected "auto", a number, or one for each side (minus, plus)'
        raise InvalidArgument(message, "value_shift")
    return [as_real(given, "value_shift")] * 2


def _default_sampling(optimizer: Optimizer) -> Sampling:
    if isinstance(optimizer, Adam):
        return Sampling(regular=8192, irregular=1024, boundary=1024, refresh=1)
    return Sampling(regular=3000, irregular=1500, boundary=1000, refresh=10)
