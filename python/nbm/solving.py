"""One call for a problem: :func:`solve` decides how, says what it did, and how far to trust the result."""

from __future__ import annotations

import math
import sys
import time
import warnings
from typing import Any

from nbm import _core
from nbm.arguments import as_instance
from nbm.certificate import failed_estimate, make_certificate
from nbm.errors import Interrupted, InvalidArgument, NotTrustedWarning
from nbm.newton import newton
from nbm.problem import Problem
from nbm.solution import Solution
from nbm.solve_report import Attempt, SolveReport
from nbm.training import Trainer
from nbm.training_options import TrainingOptions, takes_options

__all__ = ["solve"]

# Sizes for a time limit in seconds, measured on two cores: most unknowns of the expansion, cells of the grid.
_SIZES = ((4.0, 1000, 48), (10.0, 2000, 64))
_DEFAULT_SIZE = (3000, 64)
_NEWTON_CELLS = 48  # of the grid on which problems with reactions are solved first


@takes_options(TrainingOptions)
def solve(problem: Problem, options: TrainingOptions) -> Solution:
    """Solve an interface problem.

    With no options that say how, this decides by itself (docs/method.md, section 15): it fits an expansion (sines and
    sources beyond the interface, on each connected piece), solves on a grid for what that leaves, tries the grid alone
    where that leaves much, and keeps what has the least estimated error. ``solution.summary()`` tells what was tried,
    ``solution.certificate`` how far to trust the result; a :class:`nbm.NotTrustedWarning` says where not.

    Problems with reactions (:class:`nbm.Medium`) are solved by Newton's method, a few such solves; times are then each
    one's.

    With any option that concerns networks or their training, sine networks are trained by these options, the others
    being at their defaults. Such training may end far from the solution, from a bad seed for instance:
    ``solution.certify(problem)`` tells. Every option but the problem is a field of :class:`nbm.TrainingOptions`.

    Args:
        problem: What to solve.

    Raises:
        InvalidArgument: An option of another type or out of its range.
        InvalidField: A coefficient is not finite, or mu not positive, at some point.
        NbmError: The grid solver failed and there is no expansion either: the problem is singular, or its coefficients
            are beyond double precision. An expansion that no grid could look at is returned, and not trusted.
        NonFiniteLoss: Training diverged.
        NotConverged: Newton's method, for a problem with reactions, did not converge.
        Interrupted: Ctrl-C; its ``solution`` is what was trained until then.
        BackendUnavailable: The device is not there, or ``comm`` was given to an nbm without MPI.
        RankFailure: Another rank's callback raised. Errors of nbm on one rank are raised on all, led by "rank k: ".
        RanksDiverged: The ranks' parameters are no longer the same.
    """
    as_instance(problem, "problem", Problem, "nbm.Problem(...) or nbm.manufactured(...)")
    if not options.asks_for_training:
        return _solve_by_estimate(problem, options) if problem.is_linear else _solve_by_newton(problem, options)
    if options.seconds is not None:
        raise InvalidArgument("seconds: training has no time limit; leave the options of training out", "seconds")
    trainer = Trainer(problem, **vars(options))
    try:
        trainer.run()
    except KeyboardInterrupt as error:
        message = f"interrupted after {trainer.steps_done} of {trainer.steps} steps"
        raise Interrupted(message, trainer.solution()) from error
    return trainer.solution()


def _solve_by_estimate(problem: Problem, options: TrainingOptions) -> Solution:
    most_unknowns, cells = _DEFAULT_SIZE
    if options.seconds is not None:
        for limit, unknowns, of_grid in reversed(_SIZES):
            if options.seconds < limit:
                most_unknowns, cells = unknowns, of_grid
    started = time.monotonic()
    progress = _print_attempt if options.progress else None
    basis = options.start.report.basis if options.start is not None and options.start.report is not None else None
    found: dict[str, Any] = _core.solve(
        problem.native, cells, most_unknowns, options.seed, options.threads, basis, progress
    )
    solution = Solution(found["solution"], level_set=problem.fields["level_set"])
    solution.threads = options.threads
    unknown = math.isinf(found["estimate"]["rms"])
    estimate = failed_estimate() if unknown else found["estimate"]
    reasons = (f"no estimate: {found['not_solved']}",) if unknown else ()
    certificate = make_certificate(solution, problem, estimate, reasons=reasons, interface=found["interface"])
    attempts = tuple(Attempt(what=w, estimated_rmse=e, seconds=s) for w, e, s in found["attempts"])
    solution.report = SolveReport(
        attempts=attempts,
        chosen=found["chosen"],
        seconds=time.monotonic() - started,
        certificate=certificate,
        basis=found["basis"],
    )
    solution.info = {**solution.info, "solved_by": attempts[found["chosen"]].what}
    if not certificate.trusted:
        warnings.warn(certificate.verdict, NotTrustedWarning, stacklevel=4)
    return solution if _core.resolve_device(options.device) == "cpu" else _on_device(solution, options.device)


def _solve_by_newton(problem: Problem, options: TrainingOptions) -> Solution:
    """Linear problems, one after the other; the report and the certificate are those of the last."""

    def solve_linear(linear: Problem) -> Solution:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotTrustedWarning)  # but of the last
            return _solve_by_estimate(linear, options)

    solution = newton(problem, _NEWTON_CELLS, solve_linear, options.threads)
    certificate = solution.certificate
    if certificate is not None and not certificate.trusted:
        warnings.warn(certificate.verdict, NotTrustedWarning, stacklevel=4)
    return solution


def _on_device(solution: Solution, device: str) -> Solution:
    """Return the solution with its calls on a GPU where that can be, on the CPU where "auto" leaves the choice."""
    from nbm.errors import BackendUnavailable

    try:
        moved = solution.to(device)
    except (BackendUnavailable, InvalidArgument):
        if device != "auto":
            raise
        return solution
    moved.report = solution.report
    return moved


def _print_attempt(attempt: tuple[str, float, float]) -> None:
    what, estimated_rmse, seconds = attempt
    print(f"{what}: estimated RMS error {estimated_rmse:.1e}, {seconds:.1f} s", file=sys.stderr, flush=True)
