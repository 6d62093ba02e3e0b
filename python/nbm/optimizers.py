"""Networks and optimizers: the options of training, each a frozen dataclass that checks itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nbm import _core
from nbm.arguments import as_choice, as_integer, as_real
from nbm.errors import InvalidArgument

__all__ = ["Adam", "GaussNewton", "Optimizer", "Plateau", "Siren"]

_MOST_WIDTH = 4096


@dataclass(frozen=True, init=False)
class Siren:
    """A sine network from points to numbers; a problem is solved by two of one shape (docs/method.md, section 2).

    Attributes:
        hidden: Widths of the hidden layers.
        omega: Frequency factor of the first layer; larger for solutions that oscillate.
        gamma: Hidden weights start uniform in ±gamma / sqrt(inputs).
        trained: "all" layers, or the "output" layer alone on hidden ones that stay as they were drawn. u is linear in
            its weights, so Gauss-Newton meets no local minima: for smooth u wide single layers, such as
            ``Siren(hidden=(400,), trained="output")`` (docs/method.md, section 10).

    Raises:
        InvalidArgument: no layers, a width outside 1..4096, a factor that is not positive, or another word for
            ``trained``.
    """

    hidden: tuple[int, ...]
    omega: float
    gamma: float
    trained: Literal["all", "output"]

    def __init__(
        self,
        *,
        hidden: Sequence[int] = (10, 10, 10, 10, 10),
        omega: float = 2.0,
        gamma: float = 1.5,
        trained: Literal["all", "output"] = "all",
    ) -> None:
        """Check the values."""
        widths: Any = hidden
        if isinstance(widths, (str, bytes, Mapping)) or not isinstance(widths, Iterable):
            raise InvalidArgument(f"hidden: got {widths!r}, expected a sequence of widths", "hidden")
        object.__setattr__(self, "hidden", tuple(as_integer(width, "hidden", 1, _MOST_WIDTH) for width in widths))
        object.__setattr__(self, "omega", as_real(omega, "omega"))
        object.__setattr__(self, "gamma", as_real(gamma, "gamma"))
        object.__setattr__(self, "trained", as_choice(trained, "trained", ("all", "output")))
        _core.siren_parameter_count(list(self.hidden), self.omega, self.gamma)

    @property
    def parameters(self) -> int:
        """Parameters of both networks."""
        return 2 * _core.siren_parameter_count(list(self.hidden), self.omega, self.gamma)

    @property
    def unknowns(self) -> int:
        """Those of them that training moves."""
        return self.parameters if self.trained == "all" else 2 * (self.hidden[-1] + 1)


@dataclass(frozen=True, kw_only=True)
class Adam:
    """Adam (Kingma & Ba 2015): robust, any number of parameters, some digits of accuracy.

    Attributes:
        steps: Number of steps.
        learning_rate: Of the first step.
        schedule: "constant", "exponential" or "cosine" decay to ``final_fraction`` of it at the last step.
        final_fraction: See ``schedule``; in (0, 1].
        beta1: Decay of the mean of the gradient.
        beta2: Decay of the mean of its square.
        epsilon: Added to the root of the latter.
        clip_norm: The gradient is scaled down to this Euclidean norm; 0: never.
        local_steps: On many ranks, the steps that each makes alone on its own points between two averages of networks
            and moments; 1: all steps are made together (docs/parallel.md).

    Raises:
        InvalidArgument: a value out of its range.
    """

    steps: int = 20000
    learning_rate: float = 1e-2
    schedule: Literal["constant", "exponential", "cosine"] = "exponential"
    final_fraction: float = 1e-2
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    clip_norm: float = 0.0
    local_steps: int = 1

    def __post_init__(self) -> None:
        """Check the values."""
        self.native().validate()

    def native(self) -> _core.AdamOptions:
        """Return the options of the engine."""
        options = _core.AdamOptions()
        names = ("steps", "learning_rate", "final_fraction", "beta1", "beta2", "epsilon", "clip_norm", "local_steps")
        _copy(self, options, names)
        options.set_schedule(as_choice(self.schedule, "schedule", ("constant", "exponential", "cosine")))
        return options


@dataclass(frozen=True, kw_only=True)
class GaussNewton:
    """Levenberg-Marquardt: the method for accuracy, for networks of up to some ten thousand parameters.

    Works in double precision (docs/method.md, section 10).

    Attributes:
        steps: Number of linearizations.
        damping: Of the first step, relative to the diagonal of the normal equations.
        decrease: The damping is divided by this after a step that lowered the loss.
        increase: It is multiplied by this after a trial that did not.
        trials: Most trials in a step.
        starts: Random starts; each trains ``start_steps`` steps, then the one of least loss goes on. A single one where
            the parameters are given.
        start_steps: See ``starts``; they count among the ``steps`` of the start that goes on.
        stop_fraction: Training ends when the RMS of the weighted residuals at new points is below this fraction of what
            the same networks leave on cells of half the size, which is the error of the discretization: further steps
            would not lower the error of the solution ("converged"). It ends as well when the loss at new points falls
            no more ("plateau"). 0: neither.
        system: What a step solves. "normal": the normal equations, one unknown a parameter; "rows": the equivalent
            system with one unknown a row, for networks with more parameters than a draw has rows, on one rank; "auto":
            the smaller.

    Raises:
        InvalidArgument: a value out of its range.
    """

    steps: int = 100
    damping: float = 1.0
    decrease: float = 10.0
    increase: float = 3.0
    trials: int = 12
    starts: int = 3
    start_steps: int = 30
    stop_fraction: float = 0.3
    system: Literal["auto", "normal", "rows"] = "auto"

    def __post_init__(self) -> None:
        """Check the values."""
        self.native().validate()

    def native(self) -> _core.GaussNewtonOptions:
        """Return the options of the engine."""
        options = _core.GaussNewtonOptions()
        names = ("steps", "damping", "decrease", "increase", "trials", "starts", "start_steps", "stop_fraction")
        _copy(self, options, names)
        options.set_system(as_choice(self.system, "system", ("auto", "normal", "rows")))
        return options


Optimizer = Adam | GaussNewton


@dataclass(frozen=True, kw_only=True)
class Plateau:
    """Ends training when the loss, averaged over ``window`` steps, hardly falls any more.

    That is by less than ``tolerance`` since the window before.

    Attributes:
        window: Steps to average over; 0: train to the end.
        tolerance: Relative; in [0, 1).
    """

    window: int = 0
    tolerance: float = 1e-3

    def __post_init__(self) -> None:
        """Check the values."""
        as_integer(self.window, "window", 0)
        if not 0.0 <= as_real(self.tolerance, "tolerance") < 1.0:
            raise InvalidArgument(f"tolerance: got {self.tolerance}, expected a number in [0, 1)", "tolerance")


def _copy(source: object, target: object, names: tuple[str, ...]) -> None:
    for name in names:
        value = getattr(source, name)
        as_number = as_integer if isinstance(getattr(type(source), name), int) else as_real  # by the default's type
        try:
            setattr(target, name, as_number(value, name))
        except TypeError as error:  # beyond the engine's type
            raise InvalidArgument(f"{name}: got {value!r}, which is too large", name) from error
