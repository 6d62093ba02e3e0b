"""Time: c du/dt + k u - div(mu grad u) = f, a step at a time, each of which is a problem of its own."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nbm.arguments import as_choice, as_instance, as_integer, as_real
from nbm.errors import InvalidArgument
from nbm.evolution import Evolution
from nbm.fields import FieldLike, as_field, is_expression
from nbm.front import FieldState, Front, Speed, as_speed
from nbm.grid_solver import solve_on_grid
from nbm.problem import Medium, Problem
from nbm.solution import Solution

__all__ = ["evolve"]

Float64Array = NDArray[np.float64]
Function = Callable[[Float64Array], Float64Array]
State = tuple[Function, Function]  # u on the minus and on the plus side, each also a little beyond
Pair = tuple[FieldLike, FieldLike]


def evolve(
    problem: Problem | Callable[[float], Problem],
    steps: int,
    dt: float,
    *,
    initial: FieldLike | Pair | Solution = 0.0,
    scheme: Literal["bdf2", "euler"] = "bdf2",
    capacity: FieldLike | Pair = 1.0,
    start: float = 0.0,
    solver: Callable[[Problem], Solution] = solve_on_grid,
    velocity: FieldLike | Speed | None = None,
    front_cells: int = 64,
    folder: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: Callable[[float, Solution], None] | None = None,
) -> Evolution:
    """Solve c du/dt + k u - div(mu grad u) = f from an initial state (docs/method.md, section 18).

    Jumps, walls and reactions are those of the problem, at the end of each step.

    Args:
        problem: What holds at all times, or a function of the time that returns it: sources, walls and the level set
            may so move. A level set should move by less than two cells of the solver in a step, because the side
            before is continued as far only.
        steps: How many; with ``resume`` those that were made already count.
        dt: Length of a step.
        initial: u at ``start``: a field, one for minus and one for plus, or a solution.
        scheme: "bdf2", of second order in dt, its first step by backward Euler; "euler", backward Euler, of first
            order, which damps whatever is rough in the initial state.
        capacity: c, a field, or one for minus and one for plus.
        start: Time of the initial state.
        solver: Of each step's problem: :func:`nbm.solve_on_grid`, :func:`nbm.solve`, or for example
            ``lambda p: nbm.solve_on_grid(p, 96)``.
        velocity: What moves the interface from where the problem at ``start`` has it: speed along the normal from minus
            to plus, so that minus grows where it is positive. A number, an expression or a grid; or a function (state,
            points on the interface, unit normals) -> (n,) of the state before, whose ``minus``, ``plus``,
            ``gradient_minus`` and ``gradient_plus`` are functions of points: :func:`nbm.stefan_speed`. The level set
            of the problem is then that of the start alone. Second order in dt (two steps of Adams and Bashforth). A
            front does not go over from one wall of a period to the other.
        front_cells: Along the longest edge, of the grid that holds the moving interface (needs the extra "geometry").
        folder: Where each step is written as soon as it is made.
        resume: Go on with what is in the folder; without anything there, begin.
        progress: Called with time and solution of each new step.

    Raises:
        InvalidArgument: an unusable argument, or the folder holds another series.
        FileError: the folder cannot be read or written.
        NbmError: what the solver raises.
    """
    at_time = _function_of_time(problem)
    count, length = as_integer(steps, "steps", 1), as_real(dt, "dt")
    if length <= 0:
        raise InvalidArgument(f"dt: got {dt!r}, expected a positive number", "dt")
    as_choice(scheme, "scheme", ("bdf2", "euler"))
    series = Evolution(scheme, length, as_real(start, "start"), at_time(start).digest())
    if folder is not None and Evolution.is_in(folder):
        series = _continued(series, folder, None if velocity is not None else at_time, resume)
    past = [_state(initial, "initial"), *(_state(step.solution, "initial") for step in series)]
    media = _pair(capacity, "capacity")
    front = None if velocity is None else _Moving(velocity, front_cells, at_time(start), initial, series)
    for number in range(len(series) + 1, count + 1):
        time = series.time_of(number)
        problem_then = at_time(time)
        if front is not None:
            problem_then = problem_then.replace(level_set=front.moved(length))
        stated = _step(problem_then, media, past[-2:], scheme, length)
        solution = solver(stated)
        if front is not None:
            front.states.append(solution)
        series.add(solution, stated)
        past = [*past[-1:], _state(solution, "initial")]
        if folder is not None:
            series.save_step(folder, number)
        if progress is not None:
            progress(time, solution)
    return series


class _Moving:
    """A front with the states that move it."""

    def __init__(
        self, velocity: FieldLike | Speed, cells: Any, problem: Problem, initial: Any, series: Evolution
    ) -> None:
        self.speed = as_speed(velocity)
        self.front = Front.of(problem, as_integer(cells, "front_cells", 8))
        step = 1e-4 * min(problem.box.edge)
        first = initial if isinstance(initial, Solution) else FieldState(_state(initial, "initial"), step)
        self.states: list[Any] = [first, *(step.solution for step in series)][-2:]
        if len(series) > 0:
            self.front.restore(series.last.level_set)

    def moved(self, dt: float) -> FieldLike:
        """Move the front for a step by the states so far, and return its level set."""
        *before, now = self.states[-2:]

        def speed(points: Float64Array, normals: Float64Array) -> Float64Array:
            v = np.asarray(self.speed(now, points, normals), dtype=np.float64)
            return 1.5 * v - 0.5 * np.asarray(self.speed(before[0], points, normals)) if before else v

        self.front.move(speed, dt)
        return self.front.level_set


def _step(problem: Problem, capacity: Pair, past: list[State], scheme: str, dt: float) -> Problem:
    """Return the problem at the end of a step: c/dt times a sum of the states before is a source, the rest is k."""
    two = scheme == "bdf2" and len(past) == 2
    shift, weights = (1.5 / dt, (-0.5 / dt, 2 / dt)) if two else (1 / dt, (1 / dt,))
    media = []
    for number, side in enumerate(("minus", "plus")):
        before = [state[number] for state in past[-len(weights) :]]
        media.append(_shifted(getattr(problem, side), capacity[number], shift, weights, before))
    return problem.replace(minus=media[0], plus=media[1])


def _shifted(
    medium: Medium, capacity: FieldLike, shift: float, weights: tuple[float, ...], before: list[Function]
) -> Medium:
    c, source = as_field(capacity, "capacity"), as_field(medium.f, "f")

    def f(points: Float64Array) -> Float64Array:
        old = sum(weight * state(points) for weight, state in zip(weights, before, strict=True))
        return source.evaluate(points) + c.evaluate(points) * old

    if medium.reaction is None:
        return dataclasses.replace(medium, f=f, k=_sum(medium.k, capacity, shift))
    if not _is_symbolic(capacity):
        raise InvalidArgument("capacity: beside a reaction it must be a number or an expression", "capacity")
    from nbm.symbols import u  # only now: importing nbm needs no SymPy

    scaled: Any = capacity
    return dataclasses.replace(medium, f=f, reaction=medium.reaction + shift * scaled * u)


def _sum(k: FieldLike, capacity: FieldLike, shift: float) -> FieldLike:
    """Return k + shift capacity, as an expression where both are such."""
    both: Any = (k, capacity)
    if _is_symbolic(k) and _is_symbolic(capacity):
        return both[0] + shift * both[1]
    first, second = as_field(k, "k"), as_field(capacity, "capacity")
    return lambda points: first.evaluate(points) + shift * second.evaluate(points)


def _is_symbolic(value: FieldLike) -> bool:
    return isinstance(value, (int, float)) or is_expression(value)


def _function_of_time(problem: Problem | Callable[[float], Problem]) -> Callable[[float], Problem]:
    if isinstance(problem, Problem):
        return lambda time: problem
    if not callable(problem):
        raise InvalidArgument(
            f"problem: got {type(problem).__name__}, expected nbm.Problem or a function of t", "problem"
        )
    expected = "a function of the time that returns an nbm.Problem"
    return lambda time: as_instance(problem(time), "problem", Problem, expected)


def _pair(value: Any, name: str) -> Pair:
    if isinstance(value, tuple):
        if len(value) != 2:
            raise InvalidArgument(f"{name}: got {len(value)} fields, expected one, or one for minus and plus", name)
        return value[0], value[1]
    return value, value


def _state(value: Any, name: str) -> State:
    if isinstance(value, Solution):
        return (
            lambda points: value.minus(points, outside="extrapolate"),
            lambda points: value.plus(points, outside="extrapolate"),
        )
    minus, plus = (as_field(one, name) for one in _pair(value, name))
    return minus.evaluate, plus.evaluate


def _continued(
    new: Evolution, folder: str | os.PathLike[str], at_time: Callable[[float], Problem] | None, resume: bool
) -> Evolution:
    if not resume:
        raise InvalidArgument(f"folder: {folder} holds a series; give another, or resume=True", "folder")

    def level_set(time: float) -> Any:
        phi = None if at_time is None else at_time(time).level_set
        return phi if callable(phi) else None

    old = Evolution.load(folder, level_set=level_set)
    for name in ("scheme", "dt", "start", "digest"):
        if getattr(old, name) != getattr(new, name):
            what = "problem" if name == "digest" else name
            raise InvalidArgument(f"{what}: that of the series in {folder} is another", what)
    return old
