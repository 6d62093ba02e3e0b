"""Training: :func:`solve` for the common case, :class:`Trainer` for steps, callbacks and checkpoints."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.communicator import communicator_of
from nbm.errors import InvalidArgument
from nbm.optimizers import Adam, GaussNewton, Optimizer, Plateau, Siren
from nbm.sampling import Resolution, Sampling
from nbm.solution import Solution

if TYPE_CHECKING:
    from nbm.problem import Problem

__all__ = ["Record", "Trainer", "solve"]

# Along the longest edge. The cost of a row does not depend on its cell; cut cells need enough points in the thin layer
# of cells that the interface cuts (docs/how-to-choose.md).
_DEFAULT_CELLS = {"bochkov_gibou": 64, "direct_jump": 4096}
_MOST_GAUSS_NEWTON_PARAMETERS = 5000  # about as many as rows of its default sampling: benchmarks/NOTES.md


@dataclass(frozen=True, kw_only=True)
class Record:
    """One recorded step of training.

    Attributes:
        step: Number of the step, from 0.
        steps: How many there will be.
        loss: Weighted sum of the mean squares below.
        groups: Mean squared residual by group of rows: "regular", "irregular", "boundary", "value_jump", "flux_jump".
        rows: Number of rows in each group, over all ranks.
        rate: Learning rate (Adam), or damping (Gauss-Newton).
        cell_size: Longest edge of the cell.
        seconds: Since training began.
        points_per_second: Rows a second since the record before.
    """

    step: int
    steps: int
    loss: float
    groups: dict[str, float]
    rows: dict[str, int]
    rate: float
    cell_size: float
    seconds: float
    points_per_second: float


Callback = Callable[[Record], bool | None]


class Trainer:
    """Trains the two networks of a problem; the arguments are those of :func:`solve`.

    Example:
        >>> trainer = nbm.Trainer(problem, cell_size=2 / 64, optimizer=nbm.Adam(steps=1000))
        >>> trainer.step(500); trainer.save_checkpoint("half.safetensors"); trainer.run()
        >>> solution = trainer.solution()
    """

    def __init__(
        self,
        problem: Problem,
        *,
        network: Siren | None = None,
        cell_size: float | Sequence[float] | None = None,
        resolution: Resolution | None = None,
        optimizer: Optimizer | Literal["auto"] = "auto",
        sampling: Sampling | None = None,
        discretization: Literal["bochkov_gibou", "direct_jump"] = "bochkov_gibou",
        loss: Literal["balanced", "paper"] = "balanced",
        precision: Literal["float32", "float64"] | None = None,
        plateau: Plateau | None = None,
        device: str = "auto",
        threads: int = 0,
        seed: int = 0,
        record_every: int | None = None,
        callback: Callback | None = None,
        comm: Any = None,
        check_every: int = 100,
        overlap: bool = True,
    ) -> None:
        """Set up training; see :func:`solve`."""
        network = Siren() if network is None else network
        chosen = _choose_optimizer(optimizer, network)
        sampling = _default_sampling(chosen) if sampling is None else sampling
        resolution = Resolution() if resolution is None else resolution
        plateau = Plateau() if plateau is None else plateau

        options = _core.TrainingOptions()
        options.set_network(list(network.hidden), network.omega, network.gamma)
        options.set_discretization(discretization)
        options.set_resolution(_cell_size(cell_size, problem, discretization), resolution.levels, resolution.order)
        options.set_optimizer(chosen.native())
        if sampling.mode == "grid":
            options.set_grid(sampling.grid_nodes, sampling.batch)
        else:
            options.set_samples(sampling.regular, sampling.irregular, sampling.boundary, sampling.refresh)
        options.set_loss(loss)
        options.set_precision(precision or ("float32" if isinstance(chosen, Adam) else "float64"))
        options.set_plateau(plateau.window, plateau.tolerance)
        options.threads = _integer(threads, "threads", 0)
        options.seed = _integer(seed, "seed", 0)
        options.record_every = _integer(record_every or max(1, chosen.steps // 200), "record_every", 1)
        options.check_every = _integer(check_every, "check_every", 0)
        options.overlap = bool(overlap)

        self.problem = problem
        self.network = network
        self.optimizer = chosen
        self._callback = callback
        self._native = _core.Trainer(problem.native, options, device, communicator_of(comm))

    def run(self) -> str:
        """Train to the end and return why it ended: "completed", "converged", "plateau" or "callback".

        Raises:
            NonFiniteLoss: A residual is not finite; the parameters of the last good step are kept.
            KeyboardInterrupt: Ctrl-C, at the next recorded step; training can go on from there.
        """
        return self.step(self.steps - self.steps_done)

    def step(self, count: int = 1) -> str:
        """Train ``count`` steps, or fewer if training ends; returns "running" or why it ended."""
        callback = self._callback
        if callback is None:
            return self._native.step(_integer(count, "count", 0), None)
        return self._native.step(_integer(count, "count", 0), lambda entry: bool(callback(self._record(entry))))

    def solution(self) -> Solution:
        """Return the solution as trained so far."""
        return Solution(self._native.solution(), history=self.history, stop_reason=self.stop_reason)

    @property
    def steps_done(self) -> int:
        """Steps trained so far."""
        return self._native.steps_done

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        return self._native.steps_total

    @property
    def stop_reason(self) -> str:
        """ "running", or why training ended: "completed", "converged", "plateau" or "callback"."""
        return self._native.stop_reason

    @property
    def history(self) -> list[Record]:
        """What was recorded, one entry each ``record_every`` steps and the last."""
        return [self._record(entry) for entry in self._native.history()]

    @property
    def parameters(self) -> NDArray[np.float64]:
        """Parameters of both networks, minus first (docs/conventions.md).

        Set them before the first step to start from those of another training.
        """
        return self._native.parameters()

    @parameters.setter
    def parameters(self, values: Any) -> None:
        self._native.set_parameters(np.ascontiguousarray(values, dtype=np.float64))

    def save_checkpoint(self, path: str | os.PathLike[str]) -> None:
        """Write everything that going on with the same bits needs. ``FileError`` when that fails."""
        self._native.save_checkpoint(os.fspath(path))

    def load_checkpoint(self, path: str | os.PathLike[str]) -> None:
        """Go on from a checkpoint.

        Raises:
            FileError: The file is missing or damaged.
            InvalidArgument: It was written with other options.
        """
        self._native.load_checkpoint(os.fspath(Path(path)))

    def _record(self, entry: dict[str, Any]) -> Record:
        return Record(steps=self.steps, **entry)


def solve(
    problem: Problem,
    *,
    network: Siren | None = None,
    cell_size: float | Sequence[float] | None = None,
    resolution: Resolution | None = None,
    optimizer: Optimizer | Literal["auto"] = "auto",
    sampling: Sampling | None = None,
    discretization: Literal["bochkov_gibou", "direct_jump"] = "bochkov_gibou",
    loss: Literal["balanced", "paper"] = "balanced",
    precision: Literal["float32", "float64"] | None = None,
    plateau: Plateau | None = None,
    device: str = "auto",
    threads: int = 0,
    seed: int = 0,
    record_every: int | None = None,
    callback: Callback | None = None,
    comm: Any = None,
    check_every: int = 100,
    overlap: bool = True,
) -> Solution:
    """Solve an interface problem by training two sine networks (docs/method.md).

    Training may end far from the solution, from a bad seed for instance: ``solution.certify(problem)`` tells whether to
    trust it.

    Args:
        problem: What to solve.
        network: Shape of the networks; default five hidden layers of ten.
        cell_size: Edge of the implicit cell, a number or one for each axis; default the longest box edge over 64 for
            "bochkov_gibou" and over 4096 for "direct_jump". The error falls with its square, the cost does not depend
            on it.
        resolution: Coarser or finer levels during training; default this one cell size.
        optimizer: :class:`Adam`, :class:`GaussNewton`, or "auto": Gauss-Newton for networks of up to 5000 parameters.
        sampling: Points of a step; the default depends on the optimizer.
        discretization: "bochkov_gibou" cuts cells along the interface; "direct_jump" has rows for the jumps at points
            of the interface and is the more accurate where the solution is smooth on each side.
        loss: "balanced" weighs all groups of rows alike at the discretization error; "paper" weighs none.
        precision: Of the network's arithmetic; default float32 for Adam, float64 for Gauss-Newton.
        plateau: When to stop early; default never.
        device: "auto", "cpu", "cuda" or "cuda:<index>"; of "auto" and "cuda" the ranks of a node take its GPUs in turn.
        threads: CPU threads; 0: all cores of this process, shared among the ranks that may use them. The result does
            not depend on it.
        seed: Of the initial networks and all points. Equal seeds give equal bits.
        record_every: Steps between records; default a 200th of the steps.
        callback: Called with each :class:`Record`; returning True (on any rank) ends training (on all).
        comm: The ranks that train together, a communicator of mpi4py, by all of which solve is called with the same
            arguments; default this process alone. Each takes its share of the points, and all return the same
            solution (docs/parallel.md).
        check_every: Steps between comparisons of the ranks' parameters; 0: never.
        overlap: On many ranks, make the next points while a message is under way: the same result, sooner, with twice
            the memory for points.

    Raises:
        InvalidArgument: An option out of its range.
        InvalidField: A coefficient is not finite, or mu not positive, at some point.
        NonFiniteLoss: Training diverged.
        BackendUnavailable: The device is not there, or ``comm`` was given to an nbm without MPI.
        RankFailure: Another rank's callback raised. Errors of nbm on one rank are raised on all, led by "rank k: ".
        RanksDiverged: The ranks' parameters are no longer the same.
    """
    trainer = Trainer(
        problem,
        network=network,
        cell_size=cell_size,
        resolution=resolution,
        optimizer=optimizer,
        sampling=sampling,
        discretization=discretization,
        loss=loss,
        precision=precision,
        plateau=plateau,
        device=device,
        threads=threads,
        seed=seed,
        record_every=record_every,
        callback=callback,
        comm=comm,
        check_every=check_every,
        overlap=overlap,
    )
    trainer.run()
    return trainer.solution()


def _choose_optimizer(optimizer: Optimizer | Literal["auto"], network: Siren) -> Optimizer:
    if isinstance(optimizer, (Adam, GaussNewton)):
        return optimizer
    if optimizer != "auto":
        raise InvalidArgument(
            f"optimizer: expected Adam(...), GaussNewton(...) or 'auto', got {optimizer!r}", "optimizer"
        )
    return GaussNewton() if network.parameters <= _MOST_GAUSS_NEWTON_PARAMETERS else Adam()


def _default_sampling(optimizer: Optimizer) -> Sampling:
    if isinstance(optimizer, Adam):
        return Sampling(regular=8192, irregular=1024, boundary=1024, refresh=1)
    return Sampling(regular=3000, irregular=1500, boundary=1000, refresh=10)


def _cell_size(
    cell_size: float | Sequence[float] | None, problem: Problem, discretization: str
) -> tuple[float, float, float]:
    if cell_size is None:
        edges = [u - low for low, u in zip(problem.box.lower, problem.box.upper, strict=True)]
        cell_size = max(edges) / _DEFAULT_CELLS[discretization]
    try:
        sizes = np.broadcast_to(np.asarray(cell_size, dtype=np.float64), (3,))
    except (TypeError, ValueError) as error:
        message = f"cell_size: expected a number or three, got {cell_size!r}"
        raise InvalidArgument(message, "cell_size") from error
    return float(sizes[0]), float(sizes[1]), float(sizes[2])


def _integer(value: Any, name: str, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError as error:
        raise InvalidArgument(f"{name}: expected an integer, got {value!r}", name) from error
    if number < least:
        raise InvalidArgument(f"{name}: must be at least {least}, got {number}", name)
    return number
