"""A short training from a problem file, for attacks on run folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import nbm
from nbm.solve_file import solve_file
from nbm.toml_problem import parse_problem

__all__ = ["PROBLEM", "certify_once", "parameters_of", "solve", "write_problem"]

PROBLEM = """\
[manufactured]
u_minus = "x"
u_plus = "1"
level_set = "x**2 + y**2 + z**2 - 0.5"
[network]
hidden = [8]
[training]
cells = 16
seed = 5
threads = 2
record_every = 5
[optimizer]
kind = "adam"
steps = 300
[sampling]
regular = 200
irregular = 50
boundary = 50
refresh = 3
[output]
vtk = false
picture = false
"""


def write_problem(folder: Path) -> Path:
    """Write the problem file."""
    file = folder / "problem.toml"
    file.write_text(PROBLEM, encoding="utf-8")
    return file


def certify_once(model: Path) -> None:
    """Let all runs have the certificate of this model: it takes longer than a run, and is not what is attacked."""
    solution = nbm.load(model)
    certificate = solution.certify(parse_problem(PROBLEM, model).problem())
    nbm.Solution.certify = lambda *_, **__: certificate  # type: ignore[method-assign]


def solve(file: Path, out: Path, resume: bool = False) -> None:
    """Solve as ``nbm solve`` does; a folder without a checkpoint begins again."""
    solve_file(file, out=out, resume=resume and (out / "checkpoint.safetensors").exists())


def parameters_of(out: Path) -> np.ndarray:
    """Return the parameters of the finished model."""
    return np.asarray(nbm.load(out / "model.safetensors").parameters)
