"""Ctrl-C, forks, the end of the interpreter, and reference cycles: nothing hangs, aborts or stays."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest

import nbm

SLOWLY = {"network": nbm.Siren(hidden=(10,)), "cells": 16, "record_every": 10**9}


@pytest.mark.parametrize(
    "optimizer",
    [nbm.Adam(steps=10**8), nbm.GaussNewton(steps=10**6, starts=2, start_steps=10**5, stop_fraction=0)],
    ids=["adam", "gauss-newton"],
)
def test_ctrl_c_is_answered_at_once_and_keeps_the_state(optimizer):
    problem, seconds = nbm.problems.sphere(), []
    for _ in range(3):
        with pytest.raises(nbm.Interrupted) as caught:
            press_ctrl_c(lambda: nbm.solve(problem, optimizer=optimizer, **SLOWLY))
        seconds.append(time.monotonic() - PRESSED[-1])
        assert isinstance(caught.value, KeyboardInterrupt)
        assert np.isfinite(caught.value.solution([0.1, 0.2, 0.3]))
    # A poll each 0.1 s, and the task in between; on a busy machine now and then more.
    assert min(seconds) < 0.3
    assert max(seconds) < 2.0


PRESSED: list[float] = []


def press_ctrl_c(work):
    """Do some work that SIGINT meets after half a second."""

    def press():
        PRESSED.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.5, press)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background ignores it
    timer.start()
    try:
        work()
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("name", ["solve", "solve_on_grid", "evaluation"])
def test_ctrl_c_stops_what_else_takes_long(name):
    problem, points = nbm.problems.star(), np.zeros((20_000_000, 3))
    solution = nbm.Trainer(nbm.problems.sphere(), **SLOWLY).solution()
    works = {
        "solve": lambda: nbm.solve(problem),
        "solve_on_grid": lambda: nbm.solve_on_grid(problem, 160),
        "evaluation": lambda: solution(points),
    }
    seconds = []
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            press_ctrl_c(works[name])
        seconds.append(time.monotonic() - PRESSED[-1])
    assert min(seconds) < 0.3
    assert max(seconds) < 2.0


def test_a_training_interrupted_anywhere_goes_on_with_the_same_bits():
    options = {
        "network": nbm.Siren(hidden=(8,)),
        "cells": 16,
        "sampling": nbm.Sampling(regular=3000, irregular=500, boundary=300, refresh=3),
        "optimizer": nbm.GaussNewton(steps=60, starts=2, start_steps=20, stop_fraction=0),
    }
    whole, parts = (nbm.Trainer(nbm.problems.sphere(), **options) for _ in range(2))
    whole.run()
    for attempt in range(100):
        timer = threading.Timer(0.05 + 0.02 * attempt, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        try:
            parts.run()
            break
        except KeyboardInterrupt:
            continue
        finally:
            timer.cancel()
    np.testing.assert_array_equal(parts.parameters, whole.parameters)


def run_child(work) -> int:
    """The status of a forked child that does some work; a hang is ended by an alarm."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(120)
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of forking where there are threads
def test_a_trainer_goes_on_in_a_forked_child_and_ends_there():
    options = {**SLOWLY, "optimizer": nbm.Adam(steps=8), "threads": 3}
    trainer = nbm.Trainer(nbm.problems.sphere(), **options)
    trainer.step(4)
    whole = nbm.Trainer(nbm.problems.sphere(), **options)
    whole.run()
    held = [trainer]

    def train():
        held[0].run()
        assert np.array_equal(held[0].parameters, whole.parameters)
        held.clear()

    def end():
        held.clear()

    trainer = None
    assert run_child(train) == 0
    assert run_child(end) == 0
    held[0].run()  # the parent's threads are as they were
    np.testing.assert_array_equal(held[0].parameters, whole.parameters)


EXITING = """
import threading, time, numpy as np, nbm
problem = nbm.Problem(nbm.Box(), lambda p: p[:, 0] - 0.1, plus=nbm.Medium(f=lambda p: np.sin(p[:, 1])))
{setup}
def work():
    while True:
        {work}
threading.Thread(target=work, daemon=True).start()
time.sleep({seconds})
{end}
"""
WORK = {
    "training": (
        "trainer = nbm.Trainer(problem, cells=16, network=nbm.Siren(hidden=(8,)), optimizer=nbm.Adam(steps=10**9))",
        "trainer.step(10**6)",
    ),
    "evaluation": (
        "s = nbm.Trainer(problem, cells=16, optimizer=nbm.Adam(steps=1)).solution(); at = np.zeros((20000, 3))",
        "s(at)",
    ),
    "sampling": ("", "nbm.sampling.Sampler(problem)"),
}


@pytest.mark.parametrize("end", ["", "raise SystemExit(0)"], ids=["end of the file", "SystemExit"])
@pytest.mark.parametrize("kind", WORK)
def test_the_interpreter_ends_while_a_daemon_thread_calls_python(kind, end):
    setup, work = WORK[kind]
    program = EXITING.format(setup=setup, work=work, end=end, seconds=0.3)
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""


class Coefficient:
    """Knows the problem that knows it."""

    def __init__(self):
        self.problem = nbm.Problem(nbm.Box(), self.level_set, plus=nbm.Medium(f=self.f))

    def level_set(self, points):
        return points[:, 0] - 0.1

    def f(self, points):
        return points[:, 1]

    def stop(self, record):
        return record.step > 5


@pytest.mark.parametrize("used", [False, True], ids=["stated", "used"])
def test_a_method_as_coefficient_does_not_stay_for_ever(used):
    seen = []
    for _ in range(5):
        made = Coefficient()
        seen.append(weakref.ref(made))
        if used:
            made.trainer = nbm.Trainer(made.problem, callback=made.stop, **SLOWLY, optimizer=nbm.Adam(steps=2))
            made.trainer.run()
            made.solution = made.trainer.solution()
            made.sampler = nbm.sampling.Sampler(made.problem)
    del made
    gc.collect()
    assert [ref() for ref in seen] == [None] * 5


def test_a_callback_that_knows_its_trainer_does_not_stay():
    def make():
        known = []
        trainer = nbm.Trainer(
            nbm.problems.sphere(), callback=lambda record: bool(known) and False, **SLOWLY, optimizer=nbm.Adam(steps=2)
        )
        known.append(trainer)
        trainer.run()
        return weakref.ref(trainer)

    seen = make()
    gc.collect()
    assert seen() is None


def test_functions_live_as_long_as_what_uses_them():
    solution = nbm.Trainer(Coefficient().problem, **SLOWLY).solution()
    gc.collect()
    assert solution.level_set([0.3, 0, 0]) == pytest.approx(0.2)
    native = Coefficient().problem.native
    gc.collect()
    with pytest.raises(nbm.InvalidArgument, match="its function is gone"):
        native.level_set.evaluate(np.zeros((1, 3)))
