"""Objects made, used and dropped over and over: memory must not grow."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

from outcome import Outcome

import nbm

CYCLES = 250
_FEWEST = 120  # before that what a process grows by at its start is seen
_ALLOWED = 2000.0  # bytes a cycle; a trainer alone has a hundred times as much


def attack(folder: Path, seed: int, share: float) -> Iterator[Outcome]:
    """Make and drop."""
    kinds: dict[str, Callable[[], None]] = {
        "create, train, destroy": _train,
        "reference cycles": _cycle,
        "solve on a grid": _solve_on_grid,
    }
    for name, work in kinds.items():
        out = Outcome(name, "least resident memory of the process")
        cycles = max(_FEWEST, round(CYCLES * share))
        seen = []
        for _ in range(cycles):
            work()
            gc.collect()
            seen.append(resident())
            out.add("cycles")
        # Some MB are now and then given back late: the least of a quarter tells what stays; the first one warms up.
        quarter = cycles // 4
        growth = (min(seen[-quarter:]) - min(seen[quarter : 2 * quarter])) / (cycles - 2 * quarter)
        out.how += f"; {growth:.0f} bytes a cycle"
        if growth > _ALLOWED:
            out.lost.append(f"{name}: {growth:.0f} bytes a cycle")
        yield out


def _train() -> None:
    trainer = nbm.Trainer(
        nbm.problems.sphere(), network=nbm.Siren(hidden=(8,)), cells=16, optimizer=nbm.Adam(steps=2), threads=2
    )
    trainer.run()
    trainer.solution()([0.1, 0.2, 0.3])


def _solve_on_grid() -> None:
    nbm.solve_on_grid(nbm.problems.sphere(), 8)


class _Knows:
    """Knows the problem and the trainer that know it."""

    def __init__(self) -> None:
        self.ballast = bytearray(100_000)
        self.problem = nbm.Problem(nbm.Box(), self.level_set)
        self.trainer = nbm.Trainer(
            self.problem,
            network=nbm.Siren(hidden=(4,)),
            cells=16,
            optimizer=nbm.Adam(steps=1),
            callback=self.stop,
            threads=1,
        )

    def level_set(self, points: object) -> object:
        """The plane x = 0.1."""
        return points[:, 0] - 0.1  # type: ignore[index]

    def stop(self, record: nbm.Record) -> bool:
        """Never."""
        return False


def _cycle() -> None:
    _Knows().trainer.run()


def resident() -> int:
    """Return the resident memory of this process, bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096
