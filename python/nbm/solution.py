"""The trained solution: values, gradients and jumps at points, model files, VTK files, pictures."""

from __future__ import annotations

import base64
import html
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.arrays import as_points, as_values
from nbm.certificate import Certificate, certify
from nbm.device_solution import DeviceSolution
from nbm.error_norms import ErrorNorms, error_norms, low_discrepancy_points, points_near_interface
from nbm.errors import BackendUnavailable, InvalidArgument
from nbm.evaluation import Evaluation
from nbm.fields import as_field
from nbm.grid_samples import write_grid
from nbm.manufactured import ManufacturedProblem
from nbm.problem import Problem
from nbm.rows import cell_counts
from nbm.solve_report import SolveReport

if TYPE_CHECKING:
    from nbm.quantities import Near, Quantities, Quantity, Side, Where
    from nbm.viz.surface import Surface

__all__ = ["Solution", "load"]

Float64Array = NDArray[np.float64]


class Solution(Evaluation):
    """u on a box with an interface: one network where the level set is negative, another elsewhere, and a correction.

    Made by :func:`nbm.solve` and :func:`nbm.load`. Evaluation is thread-safe and in double precision by default.
    Points are (..., 3), box coordinates, one point (3,); NumPy arrays, nested lists, or whatever speaks DLPack from CPU
    memory. Other shapes and types: ``InvalidArgument``. Outside of the box the networks extrapolate and mean nothing:
    ``outside`` says what to do there. Results are NumPy arrays in float64. After :meth:`to` a GPU, points may also be
    arrays there (CuPy, PyTorch, JAX, Numba), and results are then :class:`nbm.GpuArray` of the points' type
    (docs/gpu.md).

    Attributes:
        history: What training recorded, or None for a loaded solution.
        stop_reason: Why training ended, or None for a loaded solution.
        report: What :func:`nbm.solve` tried and chose where it decided by itself, else None.
    """

    report: SolveReport | None = None

    @property
    def certificate(self) -> Certificate | None:
        """The certificate that came with the solution where :func:`nbm.solve` decided by itself."""
        return None if self.report is None else self.report.certificate

    def to(self, device: str) -> Solution:
        """Return this solution with its calls running on ``device``, where its weights and level set then stay.

        Args:
            device: "cpu", "cuda", "cuda:<index>" or "auto".

        Raises:
            BackendUnavailable: The GPU is not there.
            InvalidArgument: The level set is a Python function or a very long expression, which no GPU evaluates.
        """
        name = _core.resolve_device(device)
        if name == self.device:
            return self
        other = self._of(self._native)
        if name != "cpu":
            other._evaluator = DeviceSolution(self._native, name)
        return other

    def correct(
        self, problem: Problem, cells: int | Sequence[int] = 64, *, tolerance: float = 1e-8, threads: int = 0
    ) -> Solution:
        """Return this solution with its error, as a grid sees it, added to the networks.

        e = u - (networks) solves the same problem with the residuals of the networks as data; it is solved for on a
        grid as :func:`nbm.solve_on_grid` does and stays in the solution as two one-sided grids (docs/method.md,
        section 9). Where residuals are smooth, as those of trained networks are, the errors of network and grid
        multiply. A correction that is already there is replaced.

        Args:
            problem: The problem that was solved.
            cells: Cells per axis, a number or one per axis, 3 to 640.
            tolerance: Residual of the system relative to its right side.
            threads: Threads to work with; 0 means all cores.

        Raises:
            InvalidArgument: a problem on another box, or an unusable number of cells or tolerance.
            InvalidField: a coefficient that is not finite, or a mu that is not positive.
            NbmError: the iteration did not reach the tolerance.
        """
        corrected = _core.correct(problem.native, self._native, cell_counts(cells), tolerance, threads)
        other = self._of(corrected)
        return other if self.device == "cpu" else other.to(self.device)

    @property
    def networks(self) -> Solution:
        """The networks alone, without a correction."""
        other = self._of(self._native.networks())
        return other if self.device == "cpu" else other.to(self.device)

    @property
    def correction(self) -> Float64Array | None:
        """What is added to the networks at the nodes of its grid, (2, nx, ny, nz): minus, plus. None: nothing is."""
        return cast("Float64Array | None", self._native.correction)

    def _of(self, native: _core.Solution) -> Solution:
        """Return another solution on the CPU with the same past."""
        other = Solution(native, level_set=self._level_set, history=self.history, stop_reason=self.stop_reason)
        other.threads = self.threads
        return other

    def __repr__(self) -> str:
        native = self._native
        end = f", {self.stop_reason} after {self.history[-1].step + 1} steps" if self.history else ""
        parameters = f"{self.parameters.size} parameters"
        return f"{type(self).__name__}({self.box!r}, {parameters}, level set: {native.level_set.kind}{end})"

    def _repr_html_(self) -> str:
        """What it is, the verdict and a slice, for notebooks."""
        text = f"<code>{html.escape(repr(self))}</code><pre>{html.escape(self.summary())}</pre>"
        try:
            with TemporaryDirectory() as folder:
                picture = Path(folder) / "slice.png"
                self.plot_slice(picture, resolution=200)
                data = base64.b64encode(picture.read_bytes()).decode("ascii")
        except BackendUnavailable:
            return text
        return f'{text}<img alt="u on a plane through the box" width="400" src="data:image/png;base64,{data}">'

    def __reduce__(self) -> tuple[Any, ...]:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "model.safetensors"
            self.save(file)
            data = file.read_bytes()
        function = getattr(self._level_set, "function", None)
        level_set = None if function is None else function.call
        state = {name: value for name, value in vars(self).items() if name not in _REMADE}
        return _restore, (type(self), data, level_set, state, self.threads, self.device)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a model file (safetensors), which :func:`nbm.load` and the C++ library read. ``FileError`` if not."""
        self._native.save(os.fspath(path))

    def error(
        self,
        exact: Callable[[Float64Array], Any] | ManufacturedProblem,
        *,
        points: Any = None,
        near: float | None = None,
    ) -> ErrorNorms:
        """Compare u with a known solution.

        Args:
            exact: A function of points (n, 3) to values (n,), or a problem of :func:`nbm.manufactured`.
            points: Where to compare, (n, 3). Default: 50 000 evenly spread points over the box, none of which training
                used, and 5000 more within ``near`` of the interface if there is one.
            near: Distance from the interface, box units. Default: 1/64 of the box's longest edge.
        """
        at = self._test_points(near) if points is None else as_points(points)
        if not isinstance(exact, ManufacturedProblem) and not callable(exact):
            kind = type(exact).__name__
            raise InvalidArgument(
                f"exact: got {kind}, expected a function of points or a manufactured problem", "exact"
            )
        values = exact.exact(at) if isinstance(exact, ManufacturedProblem) else exact(at)
        return error_norms(self(at), as_values(values, len(at), "exact"), at)

    def certify(
        self,
        problem: Problem,
        *,
        cells: int | None = None,
        points: int = 20_000,
        seed: int = 0,
        tolerance: float | None = None,
    ) -> Certificate:
        """Tell whether this solution of ``problem`` can be trusted, without knowing the exact one.

        The classical solver looks for what is missing on two grids (docs/how-to-choose.md, "Can I trust it?"), which
        takes a few seconds; :func:`nbm.solve` has done it already where it decided by itself (:attr:`certificate`).

        Args:
            problem: The problem that was solved.
            cells: Of the finer grid along the longest edge, 32 to 512; default 64, or those of the correction.
            points: Points at which boundary and jumps are looked at, a fifth of them each.
            seed: Of these points.
            tolerance: Estimated RMS error over the range of u up to which to trust; default 0.02.

        Raises:
            InvalidArgument: an unusable argument, or a problem on another box.
        """
        return certify(self, problem, cells=cells, points=points, seed=seed, tolerance=tolerance)

    def quantities(self, problem: Problem, *, cells: int = 32) -> Quantities:
        """Return what computes fluxes, integrals, energy, extrema and forces, each with an estimate of its error.

        Its methods share their points and a few seconds of grid solves for the errors: ask one object for all numbers.

        Args:
            problem: The problem that was solved.
            cells: Of the quadrature along the longest edge of the box, 8 to 512. Interface and sources should be
                resolved by half as many.

        Raises:
            InvalidArgument: an unusable number of cells, or a problem on another box.

        Example:
            >>> numbers = solution.quantities(problem)
            >>> print(numbers.flux("interface", side="minus"), numbers.mean("minus"), numbers.maximum().place)
        """
        from nbm.quantities import Quantities

        return Quantities(self, problem, cells)

    def flux(
        self,
        problem: Problem,
        through: Where = "interface",
        *,
        side: Side = None,
        near: Near = None,
        cells: int = 32,
    ) -> Quantity:
        """Return the integral of mu du/dn over a surface: :meth:`quantities`, then :meth:`Quantities.flux`."""
        return self.quantities(problem, cells=cells).flux(through, side=side, near=near)

    def summary(self) -> str:
        """Return in words how this solution came about, and how far to trust it where that is known."""
        if self.report is not None:
            return str(self.report)
        how = "loaded" if self.stop_reason is None else f"trained networks, {self.stop_reason}"
        return f"{how}; certify(problem) tells how far to trust it"

    def _test_points(self, near: float | None) -> Float64Array:
        lower, upper = self._bounds()
        distance = float((upper - lower).max()) / 64 if near is None else near
        spread = low_discrepancy_points(lower, upper, 50_000)
        return np.concatenate([spread, points_near_interface(self.level_set, lower, upper, distance, 5000)])

    def _bounds(self) -> tuple[Float64Array, Float64Array]:
        return np.asarray(self.box.lower, dtype=np.float64), np.asarray(self.box.upper, dtype=np.float64)

    def to_vtk(
        self,
        path: str | os.PathLike[str],
        *,
        shape: tuple[int, int, int] = (64, 64, 64),
        fields: Sequence[str] = ("u", "side", "level_set"),
        problem: Problem | None = None,
    ) -> None:
        """Write values on a uniform grid over the box as VTK image data (.vti).

        Args:
            path: The file, ending in ``.vti``.
            shape: Nodes along x, y, z, at least 2 each; first and last lie on the box.
            fields: Any of "u", "u_minus", "u_plus" (either network everywhere), "side" (0 minus, 1 plus), "level_set",
                "gradient" (a vector), and with a problem "residual" (of the equation, in units of u), "error" (where
                the exact solution is known) and "estimate" (of the error, by a grid solve: seconds).
            problem: That was solved.
        """
        write_grid(self, path, shape, fields, problem)

    def surface(self, *, problem: Problem | None = None, cells: int = 96) -> Surface:
        """Return the interface as triangles with u, its jump, normal derivatives and curvature on them.

        Args:
            problem: For the fluxes and how far the jumps are from those asked for.
            cells: Of the grid that finds it, along the longest edge of the box.

        Raises:
            BackendUnavailable: libigl is not installed.
        """
        from nbm.viz.surface import surface_of

        return surface_of(self, problem=problem, cells=cells)

    def plot_field(
        self,
        path: str | os.PathLike[str],
        *,
        problem: Problem | None = None,
        colour: str | None = None,
        axis: str | None = None,
        position: float | None = None,
        cells: int = 80,
    ) -> None:
        """Draw the interface with field lines of the gradient of u, and u as a height over a plane with its jump.

        By PyVista without a screen; where it is not installed by matplotlib, without the lines.

        Args:
            path: The picture; its ending gives the format.
            problem: Needed to colour by a flux.
            colour: Of the interface: a field of :meth:`surface`, such as "jump_u", "curvature", "jump_flux". Default:
                the jump of u, or u on the plus side where it hardly jumps.
            axis: "x", "y" or "z", normal to the plane. Default: that on whose middle plane u differs most.
            position: Of the plane on that axis. Default: the middle of the box, or a quarter of an edge beside it where
                u hardly differs on middle planes.
            cells: Of the grid that is drawn, along the longest edge of the box.

        Raises:
            BackendUnavailable: libigl, or both PyVista and matplotlib, are not installed.
            InvalidArgument: no such field, axis or ending, or a plane outside of the box.
        """
        from nbm.viz.volume import plot_field

        plot_field(self, path, problem=problem, colour=colour, axis=axis, position=position, cells=cells)

    def plot_slice(
        self,
        path: str | os.PathLike[str],
        *,
        axis: str | None = None,
        position: float | None = None,
        resolution: int = 400,
    ) -> None:
        """Draw u on a plane, with the interface, into a picture file. Needs matplotlib.

        Args:
            path: The picture; its ending gives the format (.png, .pdf, .svg).
            axis: "x", "y" or "z", normal to the plane. Default: as for :meth:`plot_field`.
            position: Coordinate of the plane on that axis, box units. Default: as for :meth:`plot_field`.
            resolution: Samples along the longer edge.

        Raises:
            BackendUnavailable: matplotlib is not installed.
            InvalidArgument: no such axis, or a plane outside of the box.
        """
        from nbm.viz.slices import plot_slice

        plot_slice(self, Path(path), axis, position, resolution)


# What a solution has by its file, not by its past.
_REMADE = ("_native", "_level_set", "_host", "_evaluator")


def _restore(
    kind: type[Solution], data: bytes, level_set: Any, state: dict[str, Any], threads: int, device: str
) -> Solution:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "model.safetensors"
        file.write_bytes(data)
        loaded = load(file, level_set=level_set)
    solution = kind.__new__(kind)
    vars(solution).update({**vars(loaded), **state})
    solution.threads = threads
    return solution if device == "cpu" else solution.to(device)


def load(path: str | os.PathLike[str], *, level_set: Any = None) -> Solution:
    """Read a model file that :meth:`Solution.save` or the C++ library wrote.

    Args:
        path: The file (safetensors).
        level_set: The level set instead of the stored one: a number, an expression, a grid or a function. Needed where
            it was a Python or C++ function, which no file can hold.

    Raises:
        FileError: the file is missing, damaged, of a newer format, or needs ``level_set``.
    """
    field = None if level_set is None else as_field(level_set, "level_set")
    return Solution(_core.load_solution(os.fspath(path), field), level_set=field)
