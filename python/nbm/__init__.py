"""nbm: elliptic PDEs with jumps across irregular interfaces in 3-D, solved by small sine networks."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

from nbm import _core, rows
from nbm.box import Box
from nbm.certificate import Certificate
from nbm.conductivity import effective_conductivity
from nbm.error_norms import ErrorNorms
from nbm.errors import (
    BackendUnavailable,
    FileError,
    Interrupted,
    InvalidArgument,
    InvalidField,
    NbmError,
    NbmWarning,
    NoInterfaceWarning,
    NonFiniteLoss,
    NotConverged,
    NotTrustedWarning,
    OutsideWarning,
    ProblemFileError,
    RankFailure,
    RanksDiverged,
)
from nbm.evolution import Evolution, Step
from nbm.evolving import evolve
from nbm.fields import FieldLike, GridField
from nbm.front import stefan_speed
from nbm.gpu_arrays import GpuArray
from nbm.grid_solver import GridSolution, solve_on_grid
from nbm.manufactured import ManufacturedProblem, manufactured
from nbm.observations import Observations
from nbm.optimizers import Adam, GaussNewton, Plateau, Siren
from nbm.problem import Medium, Problem
from nbm.quantities import Extremum, Quantities, Quantity
from nbm.reaction import linearized
from nbm.records import Record
from nbm.sampling import Resolution, Sampling
from nbm.solution import Solution, load
from nbm.solve_report import SolveReport
from nbm.solving import solve
from nbm.training import Trainer
from nbm.training_options import TrainingOptions
from nbm.walls import Dirichlet, Neumann, Periodic, Robin

if TYPE_CHECKING:
    from nbm import expressions, geometry, problems, symbols, viz

__version__: str = _core.build_info().version


# Imported when they are first asked for: SymPy alone takes longer than everything else.
_LATE = ("expressions", "geometry", "problems", "symbols", "viz")


def __getattr__(name: str) -> Any:
    if name in _LATE:
        return importlib.import_module(f"nbm.{name}")
    raise AttributeError(f"module 'nbm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATE})


def problem_from_toml(path: str | os.PathLike[str]) -> Problem:
    """Return the problem that a TOML file states (docs/problem-files.md); its options of training are not looked at.

    Raises:
        FileError: the file cannot be read.
        ProblemFileError: it states no problem; says in which line.
        InvalidField: a coefficient that is not finite, or a mu that is not positive.
    """
    from nbm.toml_problem import read_problem  # only now: importing nbm needs no pydantic

    problem: Problem = read_problem(path).problem()
    return problem


__all__ = [
    "Adam",
    "BackendUnavailable",
    "Box",
    "Certificate",
    "Dirichlet",
    "ErrorNorms",
    "Evolution",
    "Extremum",
    "FieldLike",
    "FileError",
    "GaussNewton",
    "GpuArray",
    "GridField",
    "GridSolution",
    "Interrupted",
    "InvalidArgument",
    "InvalidField",
    "ManufacturedProblem",
    "Medium",
    "NbmError",
    "NbmWarning",
    "Neumann",
    "NoInterfaceWarning",
    "NonFiniteLoss",
    "NotConverged",
    "NotTrustedWarning",
    "Observations",
    "OutsideWarning",
    "Periodic",
    "Plateau",
    "Problem",
    "ProblemFileError",
    "Quantities",
    "Quantity",
    "RankFailure",
    "RanksDiverged",
    "Record",
    "Resolution",
    "Robin",
    "Sampling",
    "Siren",
    "Solution",
    "SolveReport",
    "Step",
    "Trainer",
    "TrainingOptions",
    "effective_conductivity",
    "evolve",
    "expressions",
    "geometry",
    "linearized",
    "load",
    "manufactured",
    "problem_from_toml",
    "problems",
    "rows",
    "solve",
    "solve_on_grid",
    "stefan_speed",
    "symbols",
    "viz",
]
