"""Runs that are killed, at random times and at chosen points, and gone on with: the same bits as one that was not."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import runs
from outcome import Outcome, ended, forked

import nbm
from nbm import solve_file as solving

RANDOM, AT_RECORDS, IN_FILES = 120, 60, 60
_MOST_PARTS = 12


def attack(folder: Path, seed: int, share: float) -> Iterator[Outcome]:
    """Kill runs."""
    file = runs.write_problem(folder)
    if ended(forked(lambda: runs.solve(file, folder / "first"))) != "0":
        raise RuntimeError("the run that is not killed failed")
    runs.certify_once(folder / "first" / "model.safetensors")
    started = time.monotonic()
    if ended(forked(lambda: runs.solve(file, folder / "whole"))) != "0":
        raise RuntimeError("the run that is not killed failed")
    seconds = time.monotonic() - started
    whole = runs.parameters_of(folder / "whole")
    draw = random.Random(seed)

    def killed_at_random() -> Callable[[int], None]:
        delays = [draw.uniform(0, seconds) for _ in range(2)]  # two kills, then to the end

        def kill(child: int) -> None:
            if delays:
                time.sleep(delays.pop())
                os.kill(child, signal.SIGKILL)

        return kill

    out = Outcome("SIGKILL at random times", "twice a run, then resumed to the end")
    for _ in range(max(1, round(RANDOM * share))):
        _try(out, file, folder / "run", whole, killed_at_random(), lambda: None)
    yield out

    out = Outcome("SIGKILL at chosen records", "before and after the checkpoint of each record")
    for number in range(max(1, round(AT_RECORDS * share))):
        _try(out, file, folder / "run", whole, lambda child: None, _kill_at_record(number // 2 + 1, number % 2 == 1))
    yield out

    out = Outcome("kill while a file is being written", "SIGXFSZ at a chosen byte")
    for number in range(max(1, round(IN_FILES * share))):
        limit = draw.choice([0, 1, 7, 64, 511, 4096]) if number % 3 == 0 else draw.randrange(0, 9000)
        _try(out, file, folder / "run", whole, lambda child: None, _kill_at_byte(limit))
    yield out


def _try(
    out: Outcome,
    file: Path,
    run: Path,
    whole: np.ndarray,
    kill: Callable[[int], None],
    prepare: Callable[[], None],
) -> None:
    shutil.rmtree(run, ignore_errors=True)
    for part in range(_MOST_PARTS):  # each but the last ends by a kill
        change = prepare if part == 0 else (lambda: None)

        def work(change: Callable[[], None] = change, resume: bool = part > 0) -> None:
            change()
            runs.solve(file, run, resume=resume)

        child = forked(work)
        kill(child)
        status = ended(child)
        if status == "0":
            same = np.array_equal(runs.parameters_of(run), whole)
            out.add(f"resumed after {part} kills" if part else "finished before", None if same else "other bits")
            return
        if not status.startswith("SIG"):
            out.add("failed", f"part {part + 1} ended with {status}")
            return
    out.add("not finished", f"not finished after {_MOST_PARTS} parts")


def _kill_at_record(number: int, after: bool) -> Callable[[], None]:
    """Kill the process at its ``number``-th checkpoint, before or after it is written."""

    def prepare() -> None:
        save, seen = nbm.Trainer.save_checkpoint, [0]

        def saved(trainer: nbm.Trainer, path: Path) -> None:
            seen[0] += 1
            if seen[0] == number and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            save(trainer, path)
            if seen[0] == number:
                os.kill(os.getpid(), signal.SIGKILL)

        nbm.Trainer.save_checkpoint = saved  # type: ignore[method-assign]
        solving._CHECKPOINT_SHARE = 0.0  # a checkpoint at each record

    return prepare


def _kill_at_byte(limit: int) -> Callable[[], None]:
    """Let the system kill the process where it writes a file beyond ``limit`` bytes."""

    def prepare() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    return prepare
