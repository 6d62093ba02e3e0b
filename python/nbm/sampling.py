"""Where residuals are taken: points in regular cells, in irregular cells, on the boundary and on the interface.

Points are low-discrepancy, and each is a function of (seed, draw, its global number, cell size) alone: the shares of
several ranks, joined in rank order, are the set of one rank, with the same bits for any number of threads.
Training samples natively by the options :class:`Sampling` and :class:`Resolution`; the rest of this module is for
research and tests. Arrays are float64, points (n, 3) in box coordinates (docs/method.md, sections 4 and 10).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nbm import _core
from nbm.arguments import as_choice, as_instance, as_integer, as_real, as_seed, as_sizes, as_threads
from nbm.arrays import as_rows
from nbm.errors import InvalidArgument
from nbm.problem import Problem

__all__ = [
    "GridBatches",
    "Resolution",
    "Sampler",
    "Samples",
    "Sampling",
    "classify",
    "draw",
    "low_discrepancy",
    "on_interface",
]

Float64Array = NDArray[np.float64]
CellSize = float | Sequence[float]
_MODES = ("fresh", "grid")
_ORDERS = ("sequential", "cycle", "random")
_MOST_LEVELS = 32


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """The points of a training step.

    Attributes:
        mode: "fresh": random draws. "grid": the nodes of a uniform grid, shuffled each epoch and cut into batches, as
            in the published method; memory does not depend on the grid.
        regular: Points in regular cells, over all ranks (fresh).
        irregular: Points in irregular cells (fresh); none for a problem without interface.
        boundary: Points on the faces of the box (fresh).
        by_pieces: Share of the regular points that is divided equally between the sides, and on each side between its
            connected pieces by the root of their volume, so that small ones are not forgotten (fresh).
        by_sources: Share of them that goes where f or mu vary, or f / mu is large, far above their means; none of it
            does where that is nowhere (fresh).
        refresh: Steps for which a draw is kept (fresh).
        grid_nodes: Nodes along each axis (grid).
        batch: Nodes of a step (grid).

    Raises:
        InvalidArgument: another mode, a negative count, no points at all, shares below 0 or above 1 together, or a
            number below 1 for the others.
    """

    mode: Literal["fresh", "grid"] = "fresh"
    regular: int = 4096
    irregular: int = 2048
    boundary: int = 1024
    by_pieces: float = 0.0
    by_sources: float = 0.0
    refresh: int = 1
    grid_nodes: int = 64
    batch: int = 16384

    def __post_init__(self) -> None:
        """Check the values."""
        as_choice(self.mode, "mode", _MODES)
        least = {"regular": 0, "irregular": 0, "boundary": 0, "refresh": 1, "grid_nodes": 2, "batch": 1}
        for name, smallest in least.items():
            as_integer(getattr(self, name), name, smallest)
        _check_shares(self.by_pieces, self.by_sources)
        if self.mode == "fresh" and self.regular + self.irregular + self.boundary == 0:
            raise InvalidArgument("regular: a draw needs at least one point, got 0 of every kind", "regular")


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """How the cell size changes in training: h = cell_size / 2^level.

    Attributes:
        levels: Number of levels, 1 to 32; the first has the cell size that training is given.
        order: "sequential": one level after another, in equal parts of the steps. "cycle": another at each step, round
            and round. "random": one drawn for each step.

    Raises:
        InvalidArgument: a number of levels out of range, or another order.
    """

    levels: int = 1
    order: Literal["sequential", "cycle", "random"] = "sequential"

    def __post_init__(self) -> None:
        """Check the values."""
        as_integer(self.levels, "levels", 1, _MOST_LEVELS)
        as_choice(self.order, "order", _ORDERS)

    def schedule(self, steps: int, *, seed: int = 0) -> list[int]:
        """Return the level of each of ``steps`` steps. The seed matters to the random order only."""
        return _core.resolution_levels(self.levels, self.order, as_integer(steps, "steps", 0), as_seed(seed))


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Points of one draw, each (n, 3), box coordinates.

    Attributes:
        regular_minus: Centres of regular cells where the level set is negative.
        regular_plus: Centres of regular cells on the other side.
        irregular: Centres of irregular cells, on either side.
        boundary_minus: Points on the faces of the box where the level set is negative.
        boundary_plus: Points on the faces on the other side.
    """

    regular_minus: Float64Array
    regular_plus: Float64Array
    irregular: Float64Array
    boundary_minus: Float64Array
    boundary_plus: Float64Array

    @property
    def counts(self) -> dict[str, int]:
        """Number of points of each kind."""
        return {field.name: len(getattr(self, field.name)) for field in fields(self)}


class Sampler:
    """Fresh draws for a problem; the interface is looked for once.

    Regular points are uniform over the box less half a cell at each face. Irregular points are uniform on the
    interface, moved along its normal by U(-1.2, 1.2) h, kept where the cell is irregular and x ± 2h lies in the box.
    Boundary points are uniform on the faces. More candidates are made than asked for, so that about the right number
    is kept.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        regular: int = 4096,
        irregular: int = 2048,
        boundary: int = 1024,
        by_pieces: float = 0.0,
        by_sources: float = 0.0,
        seed: int = 0,
        threads: int = 0,
    ) -> None:
        """Find the interface.

        Args:
            problem: The interface problem; only its box and level set matter, and f and mu if ``by_sources`` is not 0.
            regular: Points in regular cells of a draw, about.
            irregular: Points in irregular cells of a draw, about; none where the level set has one sign.
            boundary: Points on the faces of the box, exactly.
            by_pieces: Share of the regular points divided by sides and pieces; see :class:`Sampling`.
            by_sources: Share of them that goes where sources and mu vary or are large.
            seed: Other seeds give independent points; 0 to 2^64 - 1.
            threads: Threads to sample with; 0 means all cores.

        Raises:
            InvalidArgument: a count or thread number that is negative or too large, a seed out of range, shares below 0
                or above 1 together.
            InvalidField: a level set that is not finite.
        """
        self.problem = as_instance(problem, "problem", Problem, "nbm.Problem(...)")
        self.threads = as_threads(threads)
        counts = {"regular": regular, "irregular": irregular, "boundary": boundary}
        for name, count in counts.items():
            as_integer(count, name, 0)
        _check_shares(by_pieces, by_sources)
        self._native = _core.Sampler(
            problem.native,
            **counts,
            by_pieces=by_pieces,
            by_sources=by_sources,
            seed=as_seed(seed),
            threads=self.threads,
        )

    @property
    def has_interface(self) -> bool:
        """Whether the level set changes its sign."""
        return self._native.has_interface

    @property
    def interface_area(self) -> float:
        """Area of the interface in the box, to second order in the search grid (1/96 of the longest edge)."""
        return self._native.interface_area

    def draw(self, number: int, cell_size: CellSize, *, rank: int = 0, ranks: int = 1) -> Samples:
        """Return the share of ``rank`` out of ``ranks`` in draw ``number``.

        Args:
            number: Which draw, 0 or more; each is scrambled independently.
            cell_size: h in box units, a number or one per axis; below the edges of the box.
            rank: The share wanted, 0 to ranks - 1.
            ranks: Number of shares.

        Raises:
            InvalidArgument: an argument out of its range.
            InvalidField: a level set that is not finite.
        """
        share = _share(rank, ranks)
        return Samples(**self._native.draw(as_integer(number, "number", 0), as_sizes(cell_size), *share, self.threads))

    def on_interface(
        self, number: int, count: int, *, rank: int = 0, ranks: int = 1
    ) -> tuple[Float64Array, Float64Array]:
        """Return points on the interface, uniform by area, and their unit normals from minus to plus, both (n, 3).

        n is below ``count`` where points do not converge to the interface or leave the box. Points are on it up to
        1e-10 box edges; normals are central differences over 1e-5 box edges.
        """
        share = _share(rank, ranks)
        count = as_integer(count, "count", 0)
        return self._native.on_interface(as_integer(number, "number", 0), count, *share, self.threads)

    def acceptance(self, cell_size: CellSize) -> tuple[float, float]:
        """Return the shares of regular and of irregular candidates that are kept at a cell size."""
        return self._native.acceptance(as_sizes(cell_size), self.threads)


class GridBatches:
    """The nodes of a uniform grid of the box, shuffled anew each epoch and cut into batches.

    Nodes on the faces are boundary points. Irregular nodes are kept where x ± 2h lies in the box, regular ones where
    x ± h/2 does. Nothing is stored: an epoch of 512^3 nodes takes the memory of one batch.
    """

    def __init__(self, problem: Problem, *, nodes: int, batch: int = 16384, seed: int = 0, threads: int = 0) -> None:
        """Set up.

        Args:
            problem: The interface problem; only its box and level set matter, and f and mu if ``by_sources`` is not 0.
            nodes: Nodes along each axis, 2 to 2^20.
            batch: Nodes of a batch; the last of an epoch may have fewer.
            seed: Of the order of the nodes, 0 to 2^64 - 1.
            threads: Threads to sample with; 0 means all cores.

        Raises:
            InvalidArgument: an argument out of its range.
        """
        self.problem = as_instance(problem, "problem", Problem, "nbm.Problem(...)")
        self.threads = as_threads(threads)
        self._native = _core.GridBatches(
            problem.native, as_integer(nodes, "nodes", 2), as_seed(seed), as_integer(batch, "batch", 1)
        )

    @property
    def batches_per_epoch(self) -> int:
        """Batches that hold every node once."""
        return self._native.batches_per_epoch

    def draw(self, epoch: int, batch: int, cell_size: CellSize, *, rank: int = 0, ranks: int = 1) -> Samples:
        """Return the share of ``rank`` in a batch; cell size and errors as for :meth:`Sampler.draw`."""
        numbers = (as_integer(epoch, "epoch", 0), as_integer(batch, "batch", 0))
        return Samples(**self._native.draw(*numbers, as_sizes(cell_size), *_share(rank, ranks), self.threads))


def draw(
    problem: Problem,
    *,
    cell_size: CellSize,
    regular: int = 4096,
    irregular: int = 2048,
    boundary: int = 1024,
    seed: int = 0,
    draw: int = 0,
    threads: int = 0,
) -> Samples:
    """Return one draw; arguments and errors as for :class:`Sampler`, which is faster for several."""
    counts = {"regular": regular, "irregular": irregular, "boundary": boundary}
    return Sampler(problem, **counts, seed=seed, threads=threads).draw(draw, cell_size)


def on_interface(
    problem: Problem, count: int, *, seed: int = 0, draw: int = 0, threads: int = 0
) -> tuple[Float64Array, Float64Array]:
    """Return points on the interface and unit normals, as :meth:`Sampler.on_interface`."""
    return Sampler(problem, seed=seed, threads=threads).on_interface(draw, count)


def classify(problem: Problem, points: Any, cell_size: CellSize) -> NDArray[np.uint8]:
    """Return the kind of the cell of size h around each point (n, 3): 0 regular in minus, 1 in plus, 2 irregular.

    Raises:
        InvalidArgument: points of another shape, or a cell size that is not positive.
        InvalidField: a level set that is not finite.
    """
    return _core.classify(problem.native, as_rows(points), as_sizes(cell_size))


def low_discrepancy(count: int, dims: int = 3, *, first: int = 0, seed: int = 0, draw: int = 0) -> Float64Array:
    """Return points ``first`` to ``first + count`` of a scrambled Sobol sequence in (0, 1)^dims, as (count, dims).

    Args:
        count: How many; best a power of 2 from a multiple of it.
        dims: 1 to 6.
        first: Number of the first point.
        seed: 0 to 2^64 - 1.
        draw: Another draw is another, independent scrambling.

    Raises:
        InvalidArgument: an argument out of its range.
    """
    as_integer(dims, "dims", 1, _core.LOW_DISCREPANCY_DIMS)
    numbers = (as_integer(first, "first", 0), as_integer(count, "count", 0))
    columns = [_core.low_discrepancy(*numbers, d, as_seed(seed), as_integer(draw, "draw", 0)) for d in range(dims)]
    return np.stack(columns, axis=1)


def _check_shares(by_pieces: float, by_sources: float) -> None:
    for name, share in (("by_pieces", by_pieces), ("by_sources", by_sources)):
        if not 0 <= as_real(share, name) <= 1:
            raise InvalidArgument(f"{name}: got {share!r}, expected a share from 0 to 1", name)
    if by_pieces + by_sources > 1:
        total = by_pieces + by_sources
        raise InvalidArgument(f"by_sources: with by_pieces it makes {total}, expected 1 at most", "by_sources")


def _share(rank: Any, ranks: Any) -> tuple[int, int]:
    size = as_integer(ranks, "ranks", 1, 2**31 - 1)
    return (as_integer(rank, "rank", 0, size - 1), size)
