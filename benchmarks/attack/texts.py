"""Hostile texts: expressions and problem files. Each is read or refused, soon, and never run as a program."""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import runs
from outcome import Outcome

import nbm
from nbm import expressions
from nbm.toml_problem import parse_problem

EXPRESSIONS, PROBLEMS = 400_000, 60_000
_MOST_SECONDS = 5.0
PIECES = """
1 0 2.5 1e-3 1e308 1e400 1_0 0x10 1j -1e-3 10**400 nan inf 9**9**9**9 x y z pi E sqrt exp log sin Min Max Piecewise
where atan2 abs and or not if else True False None + - * / // % ** ^ @ ( ) [ ] { } , . : ; = == < > <= >= != " ' # é ∞
lambda __import__ ('os') .system __class__ eval exec x.y x[0] f(x) x=1 *x **x yield await
"""
WORDS = [*PIECES.split(), "\\", "\n", "\t", "\x00", ""]


def attack(folder: Path, seed: int, share: float) -> Iterator[Outcome]:
    """Read hostile texts."""
    draw = random.Random(seed)
    yield _read(
        Outcome("hostile expressions", "pieces of formulas and of programs in random order"),
        expressions.parse,
        lambda: draw.choice(("", " ")).join(draw.choices(WORDS, k=draw.randrange(1, 24))),
        round(EXPRESSIONS * share),
    )

    def problem() -> str:
        text = runs.PROBLEM
        for _ in range(draw.randrange(1, 4)):
            at = draw.randrange(len(text))
            text = text[:at] + draw.choice(WORDS) * draw.choice((1, 1, 1, 200)) + text[at + draw.randrange(30) :]
        return text

    yield _read(
        Outcome("hostile problem files", "pieces of a good one replaced"),
        lambda text: parse_problem(text, folder / "problem.toml").trains(),
        problem,
        round(PROBLEMS * share),
    )


def _read(out: Outcome, read: Callable[[str], object], make: Callable[[], str], count: int) -> Outcome:
    for _ in range(max(1, count)):
        text, started = make(), time.monotonic()
        loss = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                read(text)
            kind = "read"
        except nbm.NbmError:
            kind = "refused"
        except Exception as error:
            kind, loss = "other errors", f"{type(error).__name__} by {text!r}"
        if time.monotonic() - started > _MOST_SECONDS:
            kind, loss = "too long", f"{time.monotonic() - started:.0f} s by {text!r}"
        out.add(kind, loss)
    return out
