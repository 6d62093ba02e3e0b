"""Wrong calls of the C interface: each function of the header with null pointers and numbers that make no sense."""

from __future__ import annotations

import ctypes
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path

from outcome import Outcome, ended, forked

import nbm

CALLS = 4000
HEADER = Path(__file__).resolve().parents[2] / "cpp" / "include" / "nbm_c.h"
_STATUS_OK = 0
_INTEGERS = (0, -1, 1, 2**31 - 1, -(2**31), 7, 10**6)
_NUMBERS = (0.0, -1.0, 1e-300, 1e300, float("nan"), float("inf"), float("-inf"))


def attack(folder: Path, seed: int, share: float) -> Iterator[Outcome]:
    """Call wrongly; each function in a process of its own, so that a crash is seen."""
    out = Outcome("wrong C calls", "null pointers, numbers that make no sense")
    calls = max(1, round(CALLS * share))
    functions = [(name, arguments) for name, arguments in signatures() if hasattr(library(), name)]  # of MPI: elsewhere
    for name, arguments in functions:
        read, write = os.pipe()

        def work(name: str = name, arguments: list[str] = arguments, pipe: int = write) -> None:
            draw = random.Random(f"{seed} {name}")
            accepted = sum(call(name, arguments, draw) for _ in range(max(1, calls // len(functions))))
            os.write(pipe, str(accepted).encode())

        status = ended(forked(work))
        os.close(write)
        accepted = int(os.read(read, 100) or b"0")
        os.close(read)
        for number in range(max(1, calls // len(functions))):
            crashed = status != "0" and number == 0
            kind = "accepted" if number < accepted else "refused"
            out.add("crashed" if crashed else kind, f"{name}: {status}" if crashed else None)
    yield out


def signatures() -> list[tuple[str, list[str]]]:
    """Return name and types of the arguments of each function that returns a status."""
    text = re.sub(r"/\*.*?\*/", " ", HEADER.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(r"NBM_C_EXPORT nbm_status (nbm_\w+)\(([^;]*)\);", text)
    return [(name, [" ".join(part.split()) for part in inside.split(",")]) for name, inside in found]


def call(name: str, arguments: list[str], draw: random.Random) -> bool:
    """Call with every pointer null and random numbers; whether that was accepted."""
    function = getattr(library(), name)
    function.restype = ctypes.c_int
    values: list[object] = []
    for argument in arguments:
        if "*" in argument or "[" in argument or "_function " in argument:
            values.append(ctypes.c_void_p(None))
        elif "double" in argument:
            values.append(ctypes.c_double(draw.choice(_NUMBERS)))
        elif "64" in argument:
            values.append(ctypes.c_int64(draw.choice(_INTEGERS)))
        else:
            values.append(ctypes.c_int32(draw.choice(_INTEGERS)))
    return bool(function(*values) == _STATUS_OK)


def library() -> ctypes.CDLL:
    """Return the library that this process has loaded with nbm."""
    assert nbm._core is not None
    lines = Path("/proc/self/maps").read_text().splitlines()
    path = next(line.split()[-1] for line in lines if "libnbm.so" in line)
    return ctypes.CDLL(path)
