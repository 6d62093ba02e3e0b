"""What :func:`nbm.solve` tried, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from nbm.certificate import Certificate

__all__ = ["Attempt", "SolveReport"]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One way that was tried.

    Attributes:
        what: In words.
        estimated_rmse: Estimated RMS error of u.
        seconds: That it took.
    """

    what: str
    estimated_rmse: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class SolveReport:
    """What :func:`solve` did where it decided by itself; printing tells it in words.

    Attributes:
        attempts: In the order in which they were made.
        chosen: Which of them was taken: that of the least estimated error, or a finer grid with about the same.
        seconds: Of everything.
        certificate: Of the solution.
        basis: Size of the expansion, by which a similar problem is solved without a search (``start=``): numbers of
            sines and sources, largest wave number, distance of the sources; None where there is no expansion.
    """

    attempts: tuple[Attempt, ...]
    chosen: int
    seconds: float
    certificate: Certificate
    basis: tuple[int, int, float, float] | None = None

    def __str__(self) -> str:
        spread = self.certificate.range
        lines = [f"{'tried':<44}{'error / range of u':>22}{'seconds':>9}"]
        for number, attempt in enumerate(self.attempts):
            relative = attempt.estimated_rmse / spread if spread > 0 else attempt.estimated_rmse
            mark = " <" if number == self.chosen else ""
            lines.append(f"{attempt.what:<44}{relative:>22.1e}{attempt.seconds:>9.1f}{mark}")
        return "\n".join([*lines, f"in all {self.seconds:.1f} s; {self.certificate.verdict}"])
