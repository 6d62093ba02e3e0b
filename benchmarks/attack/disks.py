"""Disks that are full and folders that cannot be written to: an error that says so, and what was there stays."""

from __future__ import annotations

import contextlib
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import runs
from outcome import Outcome, ended, forked

import nbm

SIZES = 40
_KILOBYTES = 48  # of the small disk: a checkpoint and a half


def attack(folder: Path, seed: int, share: float) -> Iterator[Outcome]:
    """Fill disks."""
    file = runs.write_problem(folder)
    out = Outcome("a disk that is full", "files end at a chosen byte (RLIMIT_FSIZE); then there is room")
    runs.solve(file, folder / "whole")
    runs.certify_once(folder / "whole" / "model.safetensors")
    whole = runs.parameters_of(folder / "whole")
    for number in range(max(2, round(SIZES * share))):
        _limited(out, file, folder / "run", whole, 250 * number)
    yield out
    disk = folder / "disk"
    disk.mkdir()
    if _mount(disk, f"size={_KILOBYTES}k"):
        try:
            yield _small_disk(disk, max(2, round(SIZES * share)))
        finally:
            subprocess.run(["umount", disk], check=True)
    if _mount(disk, "size=1m,ro"):
        try:
            out = Outcome("a folder that cannot be written to", "a disk mounted read-only")
            _refused(out, lambda: runs.solve(file, disk / "run"))
            solution = nbm.load(folder / "whole" / "model.safetensors")
            _refused(out, lambda: solution.save(disk / "model.safetensors"))
            _refused(out, lambda: solution.to_vtk(disk / "u.vti", shape=(4, 4, 4)))
            yield out
        finally:
            subprocess.run(["umount", disk], check=True)


def _mount(disk: Path, options: str) -> bool:
    try:
        run = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], capture_output=True)
    except FileNotFoundError:
        return False
    return run.returncode == 0


def _limited(out: Outcome, file: Path, run: Path, whole: np.ndarray, limit: int) -> None:
    shutil.rmtree(run, ignore_errors=True)

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing fails, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        runs.solve(file, run)

    status = ended(forked(work))
    again = ended(forked(lambda: runs.solve(file, run, resume=status != "0")))
    if status == "0":
        out.add("fitted")
        return
    same = again == "0" and np.array_equal(runs.parameters_of(run), whole)
    loss = f"limit {limit}: {status}, then {again}" if status != "1" or not same else None
    out.add("an error, then resumed" if loss is None else "failed", loss)


def _small_disk(disk: Path, count: int) -> Outcome:
    """Save models into a full disk: the file that is there stays whole."""
    out = Outcome("a small disk that fills up", f"models over models on {_KILOBYTES} kB, the rest of it filled")
    trainer = nbm.Trainer(nbm.problems.sphere(), network=nbm.Siren(hidden=(8,)), optimizer=nbm.Adam(steps=1), cells=16)
    solution = trainer.solution()
    path = disk / "model.safetensors"
    solution.save(path)
    good = path.read_bytes()
    for number in range(count):
        ballast = disk / "ballast"
        room = (_KILOBYTES * 1024 - 2 * len(good)) + 200 * number
        with contextlib.suppress(OSError):
            ballast.write_bytes(bytes(max(0, room)))
        try:
            solution.save(path)
            kind = "saved"
        except nbm.FileError:
            kind = "refused"
        left = [file.name for file in disk.iterdir() if file.name not in ("model.safetensors", "ballast")]
        loss = None if path.read_bytes() == good and not left else f"the model is damaged, or {left} left"
        out.add(kind, loss)
        ballast.unlink(missing_ok=True)
    return out


def _refused(out: Outcome, work: Callable[[], object]) -> None:
    try:
        work()
    except nbm.FileError:
        out.add("refused")
    except Exception as error:
        out.add("other errors", f"{type(error).__name__}: {error}")
    else:
        out.add("accepted", "nothing was said")
