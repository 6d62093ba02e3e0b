"""Damaged models and checkpoints: each is refused, or says exactly what it said."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from outcome import Outcome

import nbm

MODELS, CHECKPOINTS, HEADERS = 30_000, 20_000, 20_000
POINTS = np.random.default_rng(1).uniform(-1, 1, (20, 3))


def attack(folder: Path, seed: int, share: float) -> Iterator[Outcome]:
    """Damage files and load them."""
    draw = random.Random(seed)
    problem = nbm.problems.sphere()
    options = {"network": nbm.Siren(hidden=(4,)), "cells": 16, "optimizer": nbm.Adam(steps=4), "threads": 1}
    trainer = nbm.Trainer(problem, **options)
    trainer.step(2)
    model, checkpoint = folder / "model.safetensors", folder / "checkpoint.safetensors"
    solution = trainer.solution()
    solution.save(model)
    trainer.save_checkpoint(checkpoint)
    values = solution(POINTS)

    def load_model(path: Path) -> bool:
        return np.array_equal(nbm.load(path)(POINTS), values)

    again = nbm.Trainer(problem, **options)
    again.step(1)

    def load_checkpoint(path: Path) -> bool:
        steps, before = again.steps_done, again.parameters
        try:
            again.load_checkpoint(path)
        except nbm.NbmError:
            if again.steps_done != steps or not np.array_equal(again.parameters, before):
                raise AssertionError("a file that was refused has changed the trainer") from None
            raise
        return again.steps_done == 2 and np.array_equal(again.parameters, trainer.parameters)

    yield _damaged("damaged models", model, load_model, round(MODELS * share), draw)
    yield _damaged("damaged checkpoints", checkpoint, load_checkpoint, round(CHECKPOINTS * share), draw)
    yield _without_digest(model, round(HEADERS * share), draw)


def _damaged(what: str, path: Path, load: Callable[[Path], bool], count: int, draw: random.Random) -> Outcome:
    out = Outcome(what, "bits flipped, bytes changed, cut off, doubled, exchanged")
    good, bad = path.read_bytes(), path.with_name("damaged.safetensors")
    for _ in range(max(1, count)):
        data = damage(good, draw)
        if data != good:
            bad.write_bytes(data)
            _load(out, bad, load)
    return out


def _load(out: Outcome, path: Path, load: Callable[[Path], bool]) -> None:
    try:
        same = load(path)
    except (nbm.FileError, nbm.InvalidArgument) as error:
        out.add("refused", None if "\n" not in str(error) else "an error of several lines")
    except Exception as error:
        out.add("other errors", f"{type(error).__name__}: {error}")
    else:
        # Blanks between the entries of the header say nothing, and may be any.
        out.add("loaded, the same", None) if same else out.add("loaded, other values", "a damaged file was believed")


def damage(data: bytes, draw: random.Random) -> bytes:
    """Return the data, damaged in one of the ways in which files are."""
    changed, at = bytearray(data), draw.randrange(len(data))
    kind = draw.randrange(6)
    if kind == 0:
        changed[at] ^= 1 << draw.randrange(8)
    elif kind == 1:
        for _ in range(draw.randrange(1, 20)):
            changed[draw.randrange(len(data))] = draw.randrange(256)
    elif kind == 2:
        del changed[at:]
    elif kind == 3:
        changed[at:at] = changed[at : at + draw.randrange(1, 64)]
    elif kind == 4:
        del changed[at : at + draw.randrange(1, 64)]
    else:
        other = draw.randrange(len(data))
        changed[at : at + 8], changed[other : other + 8] = changed[other : other + 8], changed[at : at + 8]
    return bytes(changed)


def _without_digest(path: Path, count: int, draw: random.Random) -> Outcome:
    """Files whose digest was taken out, as of old or made on purpose: nothing but finite answers, or an error."""
    out = Outcome("models without a digest", "the same in header and numbers; answers must be finite")
    data, bad = path.read_bytes(), path.with_name("damaged.safetensors")
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    del header["__metadata__"]["digest"]
    text = json.dumps(header).encode()
    good = struct.pack("<Q", len(text)) + text + data[8 + length :]

    def is_finite(file: Path) -> bool:
        return bool(np.isfinite(nbm.load(file)(POINTS, outside="extrapolate")).all())

    for _ in range(max(1, count)):
        bad.write_bytes(damage(good, draw))
        try:
            finite = is_finite(bad)
        except nbm.NbmError:  # also where the changed level set has no value at a point
            out.add("refused")
        except Exception as error:
            out.add("other errors", f"{type(error).__name__}: {error}")
        else:
            out.add("loaded", None if finite else "a model that answers NaN")
    return out
