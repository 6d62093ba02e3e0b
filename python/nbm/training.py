"""Training of the networks: steps, callbacks and checkpoints."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.arguments import as_instance, as_integer
from nbm.communicator import communicator_of
from nbm.errors import InvalidArgument
from nbm.guided_start import guided_by
from nbm.optimizers import Optimizer, Siren
from nbm.problem import Problem
from nbm.records import Record
from nbm.solution import Solution
from nbm.training_options import TrainingOptions, as_weights, takes_options

__all__ = ["Trainer"]


class Trainer:
    """Trains the networks of a problem; the options are those of :class:`nbm.TrainingOptions`.

    Example:
        >>> trainer = nbm.Trainer(problem, cell_size=2 / 64, optimizer=nbm.Adam(steps=1000))
        >>> trainer.step(500); trainer.save_checkpoint("half.safetensors"); trainer.run()
        >>> solution = trainer.solution()

    Attributes:
        problem: What is solved.
        options: How, as given.
    """

    @takes_options(TrainingOptions, method=True)
    def __init__(self, problem: Problem, options: TrainingOptions) -> None:
        """Set up training; see :func:`nbm.solve`.

        With ``start`` without networks this trains already: networks that are to have its values.
        """
        self.problem = as_instance(problem, "problem", Problem, "nbm.Problem(...) or nbm.manufactured(...)")
        self.options = options
        communicator = communicator_of(options.comm)
        self._native = _core.Trainer(problem.native, options.native(problem), options.chosen_device(), communicator)
        if options.start is not None:
            self._start_from(options.start)

    def _start_from(self, start: Solution) -> None:
        theirs = start.parameters
        if not theirs.any():  # a grid or an expansion alone
            guide = Trainer(self.problem, **vars(guided_by(start, self.problem, self.options)))
            guide.run()
            theirs = guide.parameters
        if theirs.size != self.parameters.size:
            message = f"start: its networks have {theirs.size} parameters, expected the {self.parameters.size}"
            raise InvalidArgument(f"{message} of {self.network}", "start")
        self.parameters = theirs

    @property
    def network(self) -> Siren:
        """Shape of the networks."""
        return self.options.chosen_network()

    @property
    def optimizer(self) -> Optimizer:
        """What trains them."""
        return self.options.chosen_optimizer()

    def run(self) -> str:
        """Train to the end and return why it ended: "completed", "converged", "plateau" or "callback".

        Raises:
            NonFiniteLoss: A residual is not finite; the parameters of the last good step are kept.
            KeyboardInterrupt: Ctrl-C, within a fraction of a second; training can go on from the last whole step.
        """
        return self.step(self.steps - self.steps_done)

    def step(self, count: int = 1) -> str:
        """Train ``count`` steps, or fewer if training ends; returns "running" or why it ended."""
        call = None if self.options.callback is None else self._call_back
        return self._native.step(as_integer(count, "count", 0), call)

    def solution(self) -> Solution:
        """Return the solution as trained so far."""
        return Solution(
            self._native.solution(),
            level_set=self.problem.fields["level_set"],
            history=self.history,
            stop_reason=self.stop_reason,
        )

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
        """Parameters of all networks, minus first (docs/conventions.md); of u less its ramp where a period has a jump.

        Set them before the first step to start from those of another training.
        """
        return self._native.parameters()

    @parameters.setter
    def parameters(self, values: Any) -> None:
        self._native.set_parameters(np.ascontiguousarray(values, dtype=np.float64))

    @property
    def weights(self) -> dict[str, float]:
        """What multiplies the weight λ of each group of rows: the standard ones and the observations, by name."""
        return self._native.weights()

    def set_weights(self, weights: Mapping[str, float]) -> None:
        """Begin another stage of the training, with other weights; training that had come to rest can then go on.

        Args:
            weights: As those of :func:`nbm.solve`; a group that is not named has 1. On many ranks all call it alike.

        Raises:
            InvalidArgument: There is no such group, or a weight is negative.
        """
        self._native.set_weights(as_weights(weights))

    @property
    def value_units(self) -> tuple[float, float, float]:
        """Scale of u in training, and its shift on the minus and on the plus side (docs/method.md, section 10)."""
        return self._native.value_units

    def save_checkpoint(self, path: str | os.PathLike[str]) -> None:
        """Write everything that going on with the same bits needs. ``FileError`` when that fails."""
        self._native.save_checkpoint(os.fspath(path))

    def load_checkpoint(self, path: str | os.PathLike[str]) -> None:
        """Go on from a checkpoint.

        Raises:
            FileError: The file is missing or damaged.
            InvalidArgument: It was written with other options.
        """
        self._native.load_checkpoint(os.fspath(path))

    def __repr__(self) -> str:
        done = f"step {self.steps_done} of {self.steps}, {self.stop_reason}"
        return f"Trainer({done}, {self.network!r}, {type(self.optimizer).__name__}, {self.problem.box!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        if self.options.comm is not None:
            raise InvalidArgument("comm: a trainer of many ranks cannot be pickled; save a checkpoint", "comm")
        with TemporaryDirectory() as folder:
            file = Path(folder) / "checkpoint.safetensors"
            self.save_checkpoint(file)
            return _restore, (self.problem, self.options, file.read_bytes())

    def _record(self, entry: dict[str, Any]) -> Record:
        return Record(steps=self.steps, **entry)

    def _call_back(self, entry: dict[str, Any]) -> bool:
        assert self.options.callback is not None
        answer: Any = self.options.callback(self._record(entry))
        try:
            return bool(answer)
        except (TypeError, ValueError) as error:
            kind = type(answer).__name__
            message = f"callback: it returned a value of type {kind}, expected True to end training, or None"
            raise InvalidArgument(message, "callback") from error


def _restore(problem: Problem, options: TrainingOptions, checkpoint: bytes) -> Trainer:
    trainer = Trainer(problem, **vars(options))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "checkpoint.safetensors"
        file.write_bytes(checkpoint)
        trainer.load_checkpoint(file)
    return trainer
